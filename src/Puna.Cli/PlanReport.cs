using Puna.Planning;
using Puna.Tensors;
using static System.FormattableString;
using static Puna.Cli.ByteSize;

namespace Puna.Cli;

/// <summary>A plan in words, and as JSON.</summary>
internal static class PlanReport
{
    internal static void WriteText(ModelPlan plan, TextWriter output)
    {
        output.WriteLine(Invariant($"{plan.Name}: {plan.Architecture}, {ByteSize.Parameters(plan.Parameters)}"));
        output.WriteLine();
        output.WriteLine($"{"Weights",-36}{"in the file",14}{"read per token",17}");
        foreach (PlanPart part in plan.Parts) output.WriteLine($"  {part.Name,-34}{Text(part.Bytes),14}{Text(part.BytesPerToken),17}");
        output.WriteLine($"  {"all",-34}{Text(plan.WeightBytes),14}{Text(plan.WeightBytesPerToken),17}");
        output.WriteLine();

        output.WriteLine(Invariant($"Memory for a conversation of {plan.ContextLength:N0} tokens"));
        Line("weights", plan.WeightBytes, "mapped from the file; kept in memory while there is room");
        Line($"KV cache as {plan.KvType.Name()}", plan.KvBytes, KvNote(plan));
        Line("working buffers", plan.BufferBytes, "activations of 512 prompt tokens at once");
        Line("program", ModelPlan.ProgramBytes, "the .NET runtime and this program, roughly");
        Line("needed", plan.NeededBytes, Invariant($"of {Text(plan.AvailableBytes)} available: {(plan.Fits ? $"fits, {Text(plan.AvailableBytes - plan.NeededBytes)} to spare" : $"does not fit, {Text(plan.NeededBytes - plan.AvailableBytes)} short")}"));
        if (plan.ContextLength > plan.ModelContextLength)
            output.WriteLine(Invariant($"  The model was made for {plan.ModelContextLength:N0} tokens; beyond them its answers are not to be trusted."));
        output.WriteLine();
        WriteSpeed(plan, output);
        if (plan.Fits) return;

        output.WriteLine();
        output.WriteLine("What to change");
        foreach (PlanAlternative alternative in plan.Alternatives)
            output.WriteLine($"  - {alternative.Advice}: {Text(alternative.NeededBytes)}, {(alternative.Fits ? "fits" : "still does not fit")}");
        output.WriteLine("  - or run it as it is: weights that find no room are read from the disk again for every token that uses them, at the disk's speed");

        void Line(string name, long bytes, string note) => output.WriteLine($"  {name,-34}{Text(bytes),14}  {note}");
    }

    internal static void WriteJson(ModelPlan plan) => JsonLine.Write(w =>
    {
        w.WriteString("model", plan.Name);
        w.WriteString("architecture", plan.Architecture);
        w.WriteNumber("parameters", plan.Parameters);
        w.WriteStartArray("parts");
        foreach (PlanPart part in plan.Parts)
        {
            w.WriteStartObject();
            w.WriteString("name", part.Name);
            w.WriteNumber("parameters", part.Parameters);
            w.WriteNumber("bytes", part.Bytes);
            w.WriteNumber("bytes_per_token", part.BytesPerToken);
            w.WriteEndObject();
        }

        w.WriteEndArray();
        w.WriteNumber("weight_bytes", plan.WeightBytes);
        w.WriteNumber("weight_bytes_per_token", plan.WeightBytesPerToken);
        w.WriteNumber("context", plan.ContextLength);
        w.WriteString("kv_type", plan.KvType.Name());
        w.WriteNumber("kv_bytes", plan.KvBytes);
        w.WriteNumber("kv_bytes_without_chunking", plan.KvBytesWithoutChunking);
        w.WriteNumber("kv_bytes_per_token", plan.KvBytesPerToken);
        w.WriteNumber("buffer_bytes", plan.BufferBytes);
        w.WriteNumber("needed_bytes", plan.NeededBytes);
        w.WriteNumber("available_bytes", plan.AvailableBytes);
        w.WriteBoolean("fits", plan.Fits);
        WriteRate("bytes_per_s", plan.BytesPerSecond);
        WriteRate("decode_tps", plan.DecodeRate);
        WriteRate("decode_tps_at_context", plan.DecodeRateAtContext);
        w.WriteStartArray("alternatives");
        foreach (PlanAlternative alternative in plan.Alternatives)
        {
            w.WriteStartObject();
            w.WriteString("advice", alternative.Advice);
            w.WriteNumber("needed_bytes", alternative.NeededBytes);
            w.WriteBoolean("fits", alternative.Fits);
            w.WriteEndObject();
        }

        w.WriteEndArray();

        void WriteRate(string name, double? value)
        {
            if (value is { } number) w.WriteNumber(name, Math.Round(number, 3));
            else w.WriteNull(name);
        }
    });

    private static string KvNote(ModelPlan plan) => plan.LocalLayers == 0
        ? "keys and values of all tokens in all layers"
        : Invariant($"{Text(plan.KvBytesWithoutChunking)} if all {plan.Layers} layers kept all tokens; {plan.LocalLayers} keep only the last chunk of {plan.ChunkSize:N0}");

    private static void WriteSpeed(ModelPlan plan, TextWriter output)
    {
        if (plan.BytesPerSecond is not { } rate) return;

        output.WriteLine(Invariant($"Speed: memory is read at {rate / 1e9:F1} GB/s (measured just now). Every token reads {Text(plan.WeightBytesPerToken)} of weights, and up to {Text(plan.KvBytesPerToken)} of KV cache,"));
        output.WriteLine(plan.DecodeRate is { } start
            ? Invariant($"so generation cannot exceed {start:F2} tokens/s at the beginning and {plan.DecodeRateAtContext:F2} tokens/s at {plan.ContextLength:N0} tokens.")
            : Invariant($"which would allow {rate / plan.WeightBytesPerToken:F2} tokens/s at the beginning if all of it stayed in memory."));
    }
}
