using Puna.Safety.Streams;
using Puna.Server.Serving;

namespace Puna.Cli.Serving;

/// <summary>What an operator reads when the server is ready.</summary>
internal static class ServeBanner
{
    internal static void Write(TextWriter output, PunaModels models, ServeSettings settings, string url)
    {
        string root = url.TrimEnd('/');
        string key = settings.KeyFile is null ? "" : " -H \"Authorization: Bearer $PUNA_KEY\"";
        string insecure = settings.Certificate is null ? "" : " --cacert YOUR_CA.pem";
        ServedModel first = models.Default;
        output.WriteLine($"Serving {first.Id} ({ByteSize.Text(first.WeightBytes)}) at {root}");
        output.WriteLine($"  context {first.ContextLength} tokens, {first.MaxSequences} requests at once, {first.ThreadCount} threads");
        foreach (ServedModel other in models.All.Skip(1)) output.WriteLine($"  and on demand {other.Id} ({ByteSize.Text(other.WeightBytes)}), context {other.ContextLength} tokens");
        if (models.All.Any(m => !m.IsLoaded))
            output.WriteLine($"  models are loaded when a request names them{(settings.UnloadIdleAfter is { } idle ? $", and unloaded after {idle.TotalSeconds} s without one" : "")}{(settings.MemoryBudget is { } budget ? $"; all that are have {ByteSize.Text(budget)}" : "")}");
        output.WriteLine($"  chat page  {root}/");
        output.WriteLine($"  OpenAI     {root}/v1");
        output.WriteLine($"  Anthropic  {root}");
        output.WriteLine($"  Ollama     {root}");
        output.WriteLine($"  metrics    {root}/metrics");
        output.WriteLine(settings.KeyFile is null
            ? settings.Address.IsLoopback ? "  keys       none asked for: only programs of this machine can connect" : "  keys       none asked for: WHOEVER REACHES THIS ADDRESS CAN USE THE MODEL"
            : $"  keys       needed, those of {settings.KeyFile}");
        if (settings.KeyFile is not null && settings.Certificate is null && !settings.Address.IsLoopback)
            output.WriteLine("  WARNING: without --tls-cert keys and texts travel in the clear; put a proxy with TLS in front, or give a certificate.");
        if (settings.DataFolder is { } data) output.WriteLine($"  batches    kept in {data}");
        if (settings.Safety is { } safety)
        {
            using SafetySession session = safety.Begin();
            output.WriteLine(TerminalText.Printable($"  safety     policy '{session.Policy.Name}'{(session.Policy.DryRun ? ", which only records (dry run)" : "")}; answers are {StreamSettings.ModeNames[(int)session.Policy.Stream.Mode]}; {(safety.Audit is { } audit ? $"decisions are recorded in {audit.Folder}" : "decisions are not recorded")}"));
        }

        if (Exporting.Endpoint is { } endpoint) output.WriteLine($"  telemetry  sent to {endpoint}");
        output.WriteLine();
        output.WriteLine("Try:");
        output.WriteLine($"  curl{insecure} {root}/v1/chat/completions{key} -H \"Content-Type: application/json\" \\");
        output.WriteLine("    -d '{\"messages\": [{\"role\": \"user\", \"content\": \"Why is the sky blue?\"}], \"max_tokens\": 100}'");
        output.WriteLine();
        output.WriteLine("Ctrl-C ends it.");
        output.Flush();
    }
}
