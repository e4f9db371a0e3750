using System.Diagnostics;
using Puna.Tests.Models;

namespace Puna.Tests.Library;

/// <summary>What the README shows is the sample, and the sample runs.</summary>
public sealed class QuickStartTests
{
    [Fact]
    public void The_first_code_of_the_README_is_the_sample()
    {
        string readme = File.ReadAllText(RepositoryFiles.Find("README.md"));
        const string Fence = "```csharp\n";
        int start = readme.IndexOf(Fence, StringComparison.Ordinal) + Fence.Length;
        int end = readme.IndexOf("```", start, StringComparison.Ordinal);

        Assert.True(start >= Fence.Length && end > start, "README.md has no C# code.");
        Assert.Equal(File.ReadAllText(RepositoryFiles.Find("samples", "QuickStart", "Program.cs")), readme[start..end]);
    }

    [Fact]
    public async Task The_sample_runs()
    {
        using TinyModelFolder files = new();
        ProcessStartInfo start = new(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "QuickStart.dll"));
        start.ArgumentList.Add(files.Llama4);
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();

        Assert.Equal("", await error);
        Assert.Equal(0, process.ExitCode);
        Assert.EndsWith(Environment.NewLine, await output, StringComparison.Ordinal);
    }
}
