using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Puna.Formats;
using Puna.Formats.Gguf;
using Puna.Formats.Safetensors;
using Puna.Tensors;

namespace Puna.Cli.Commands;

/// <summary><c>puna inspect</c>: what a model file holds, whether or not Puna can run it.</summary>
internal static class InspectCommand
{
    /// <summary>Longer arrays are shown by their length and first elements on a terminal.</summary>
    private const int ShownElements = 4;

    internal static Command Create()
    {
        Argument<string> model = ModelOptions.NewModelArgument();
        Option<bool> json = new("--json") { Description = "Print a JSON object" };
        Option<bool> check = new("--check") { Description = "Also read all weights and look for NaN and infinite scales" };
        Command command = new("inspect", "Show what a model file holds") { model, json, check };
        command.SetAction((parsed, cancellation) => ExitCode.Guard(() =>
        {
            using IModelFile file = ModelFile.Open(parsed.GetRequiredValue(model));
            if (parsed.GetValue(json)) WriteJson(file);
            else WriteText(file);
            if (!parsed.GetValue(check)) return;

            TensorDataCheck.Validate(file, cancellation);
            Console.Error.WriteLine("All scales are finite.");
        }));
        return command;
    }

    private static string Architecture(IModelFile file) => file switch
    {
        GgufFile gguf => gguf.Metadata.TryGetString("general.architecture", out string? name) ? name : "",
        _ => FromConfig(Directory.Exists(file.Path) ? file.Path : Path.GetDirectoryName(Path.GetFullPath(file.Path))!),
    };

    /// <summary>What the config beside safetensors says; nothing where there is none, since the tensors can be shown all the same.</summary>
    private static string FromConfig(string directory)
    {
        string config = Path.Combine(directory, "config.json");
        return File.Exists(config) && HuggingFaceConfig.Open(config).TryGetString("model_type", out string? type) ? type! : "";
    }

    private static void WriteJson(IModelFile file) => JsonLine.Write(w =>
    {
        w.WriteString("architecture", Architecture(file));
        w.WriteNumber("parameters", file.Tensors.Sum(t => t.Elements));
        w.WriteNumber("bytes", file.TensorBytes);
        w.WriteStartArray("tensors");
        foreach (Tensor tensor in file.Tensors)
        {
            w.WriteStartObject();
            w.WriteString("name", tensor.Name);
            w.WriteString("type", tensor.Type.Name());
            w.WriteStartArray("shape");
            foreach (long size in tensor.Shape) w.WriteNumberValue(size);
            w.WriteEndArray();
            w.WriteNumber("offset", file.Locate(tensor.Name).Offset);
            w.WriteEndObject();
        }

        w.WriteEndArray();
        w.WriteStartObject("metadata");
        if (file is GgufFile gguf)
        {
            foreach (GgufMetadataEntry entry in gguf.Metadata.Entries) WriteValue(w, gguf.Metadata, entry);
        }
        else if (file is SafetensorsModel safetensors)
        {
            foreach ((string key, string value) in safetensors.Metadata) w.WriteString(key, value);
        }

        w.WriteEndObject();
    });

    private static void WriteValue(Utf8JsonWriter w, GgufMetadata metadata, GgufMetadataEntry entry)
    {
        w.WritePropertyName(entry.Key);
        if (entry.IsArray) w.WriteStartArray();
        switch (entry.ElementType)
        {
            case GgufValueType.String when entry.IsArray:
                GgufStringArray strings = metadata.GetStringArray(entry.Key);
                for (int i = 0; i < strings.Count; i++) w.WriteStringValue(strings.GetString(i));
                break;
            case GgufValueType.String:
                w.WriteStringValue(metadata.GetString(entry.Key));
                break;
            case GgufValueType.Bool:
                foreach (bool value in entry.IsArray ? metadata.GetBoolArray(entry.Key) : [metadata.GetBool(entry.Key)]) w.WriteBooleanValue(value);
                break;
            case GgufValueType.Float32 or GgufValueType.Float64:
                foreach (double value in entry.IsArray ? metadata.GetFloat64Array(entry.Key) : [metadata.GetFloat64(entry.Key)])
                {
                    if (double.IsFinite(value)) w.WriteNumberValue(value);
                    else w.WriteStringValue(value.ToString(CultureInfo.InvariantCulture)); // JSON has no number for it
                }

                break;
            case GgufValueType.UInt64:
                foreach (ulong value in entry.IsArray ? metadata.GetUInt64Array(entry.Key) : [metadata.GetUInt64(entry.Key)]) w.WriteNumberValue(value);
                break;
            default:
                foreach (long value in entry.IsArray ? metadata.GetInt64Array(entry.Key) : [metadata.GetInt64(entry.Key)]) w.WriteNumberValue(value);
                break;
        }

        if (entry.IsArray) w.WriteEndArray();
    }

    private static void WriteText(IModelFile file)
    {
        WriteLine($"{file.Path}: {(Architecture(file) is { Length: > 0 } name ? name : "unknown architecture")}, {ByteSize.Parameters(file.Tensors.Sum(t => t.Elements))} in {file.Tensors.Count} tensors, {ByteSize.Text(file.TensorBytes)}");
        foreach (IGrouping<ElementType, Tensor> group in file.Tensors.GroupBy(t => t.Type).OrderByDescending(g => g.Sum(t => t.ByteLength)))
            WriteLine($"  {group.Key.Name(),-8} {group.Count(),5} tensors {ByteSize.Text(group.Sum(t => t.ByteLength)),12}");

        if (file is GgufFile gguf)
        {
            Console.WriteLine();
            foreach (GgufMetadataEntry entry in gguf.Metadata.Entries) WriteLine($"{entry.Key} = {Shown(gguf.Metadata, entry)}");
        }

        Console.WriteLine();
        foreach (Tensor tensor in file.Tensors) WriteLine($"{tensor.Name,-44} {tensor.Type.Name(),-8} [{string.Join(", ", tensor.Shape)}]");
    }

    // Names and values are the file's own words, and anything may stand in them.
    private static void WriteLine(string text) => Console.WriteLine(TerminalText.Printable(text));

    private static string Shown(GgufMetadata metadata, GgufMetadataEntry entry)
    {
        if (!entry.IsArray)
        {
            string value = entry.Type switch
            {
                GgufValueType.String => metadata.GetString(entry.Key).ReplaceLineEndings("\\n"),
                GgufValueType.Bool => metadata.GetBool(entry.Key) ? "true" : "false",
                GgufValueType.Float32 or GgufValueType.Float64 => metadata.GetFloat64(entry.Key).ToString("R", CultureInfo.InvariantCulture),
                GgufValueType.UInt64 => metadata.GetUInt64(entry.Key).ToString(CultureInfo.InvariantCulture),
                _ => metadata.GetInt64(entry.Key).ToString(CultureInfo.InvariantCulture),
            };
            return value.Length > 100 ? value[..100] + "…" : value;
        }

        if (entry.ElementType != GgufValueType.String) return entry.TypeName;

        GgufStringArray strings = metadata.GetStringArray(entry.Key);
        string first = string.Join(", ", Enumerable.Range(0, Math.Min(ShownElements, strings.Count)).Select(strings.GetString));
        return $"{entry.TypeName}: {first}{(strings.Count > ShownElements ? ", …" : "")}";
    }
}
