using System.Text.Json;

namespace Puna.Host.Tests.Cli;

/// <summary>What holds of every result.</summary>
internal static class ResultAssertions
{
    /// <summary>Exit code 0; gives what is on standard output.</summary>
    internal static string Done(this PunaCommand.Result result)
    {
        Assert.True(result.ExitCode == 0, $"exit code {result.ExitCode}: {result.Error}");
        return result.Output;
    }

    /// <summary>One JSON object on one line and nothing else on standard output.</summary>
    internal static JsonElement Json(this PunaCommand.Result result)
    {
        string output = result.Done();
        Assert.EndsWith("\n", output, StringComparison.Ordinal);
        Assert.Equal(1, output.Count(c => c == '\n'));
        using JsonDocument document = JsonDocument.Parse(output);
        Assert.Equal(JsonValueKind.Object, document.RootElement.ValueKind);
        return document.RootElement.Clone();
    }

    /// <summary>The exit code, nothing on standard output, and one line on standard error that is no stack trace.</summary>
    internal static string Refused(this PunaCommand.Result result, int exitCode)
    {
        Assert.Equal((exitCode, ""), (result.ExitCode, result.Output));
        string line = Assert.Single(result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith("puna", line, StringComparison.Ordinal);
        Assert.DoesNotContain("Exception", line, StringComparison.Ordinal);
        Assert.DoesNotContain("(Parameter", line, StringComparison.Ordinal);
        return line;
    }

    internal static int[] Integers(this JsonElement element) => [.. element.EnumerateArray().Select(e => e.GetInt32())];
}
