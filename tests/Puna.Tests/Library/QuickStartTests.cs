using System.Diagnostics;
using Puna.Demo;
using Puna.Tests.Models;

namespace Puna.Tests.Library;

/// <summary>What documents show are the samples, and the samples run.</summary>
public sealed class QuickStartTests
{
    [Theory]
    [InlineData("README.md", "QuickStart")]
    [InlineData("docs/getting-started.md", "Tools")]
    public void The_first_code_of_the_document_is_the_sample(string document, string sample)
    {
        string readme = File.ReadAllText(RepositoryFiles.Find(document.Split('/')));
        const string Fence = "```csharp\n";
        int start = readme.IndexOf(Fence, StringComparison.Ordinal) + Fence.Length;
        int end = readme.IndexOf("```", start, StringComparison.Ordinal);

        Assert.True(start >= Fence.Length && end > start, $"{document} has no C# code.");
        Assert.Equal(File.ReadAllText(RepositoryFiles.Find("samples", sample, "Program.cs")), readme[start..end]);
    }

    [Fact]
    public async Task The_sample_runs()
    {
        using TinyModelFolder files = new();

        Assert.EndsWith(Environment.NewLine, await RunAsync("QuickStart", files.Llama4), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_tool_of_the_sample_is_asked() =>
        Assert.StartsWith($"(asked for the weather in Berlin){Environment.NewLine}", await RunAsync("Tools", DemoModel.Path), StringComparison.Ordinal);

    private static async Task<string> RunAsync(string sample, string model)
    {
        ProcessStartInfo start = new(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, $"{sample}.dll"));
        start.ArgumentList.Add(model);
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();

        Assert.Equal("", await error);
        Assert.Equal(0, process.ExitCode);
        return await output;
    }
}
