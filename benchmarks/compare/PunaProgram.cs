using System.Globalization;
using System.Text.Json;

namespace Puna.Compare;

/// <summary><c>puna bench</c> as a process, as a user runs it.</summary>
internal sealed class PunaProgram(string path)
{
    /// <summary>The program that was built beside this one.</summary>
    public static string DefaultPath =>
        Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "..", "..", "..", "src", "Puna.Cli", "bin", Configuration, "net10.0", "puna"));

#if DEBUG
    private const string Configuration = "Debug";
#else
    private const string Configuration = "Release";
#endif

    /// <summary>Measures one turn.</summary>
    public Turn Run(string model, int threads, int depth, int batch, Workload work)
    {
        string output = ChildProcess.Run(path, "bench", model, "-t", Text(threads), "-d", Text(depth), "--batch", Text(batch), "-p", Text(work.PromptTokens), "-n", Text(work.GenerateTokens),
            "-r", Text(work.Repetitions), "--json");
        return Parse(output);
    }

    /// <summary>Reads the object that both engines print.</summary>
    internal static Turn Parse(string output)
    {
        using JsonDocument json = JsonDocument.Parse(output);
        JsonElement root = json.RootElement;
        return new Turn(root.GetProperty("load_s").GetDouble(), Numbers("prefill_tps"), Numbers("decode_tps"), root.GetProperty("peak_rss_mb").GetDouble());

        double[] Numbers(string name) => [.. root.GetProperty(name).EnumerateArray().Select(n => n.GetDouble())];
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
