using System.Text.Json;
using Puna.Chat.Tools;
using Puna.Cli.Tools;
using Puna.Tests.Formats;

namespace Puna.Host.Tests.Cli;

/// <summary><c>puna chat --mcp</c> with the tool server of samples/FileTools and the model that comes with Puna.</summary>
public sealed class ToolServerTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Server => $"\"{PunaCommand.ExecutableOf("samples", "FileTools", "FileTools")}\" \"{Path.GetDirectoryName(_folder["x"])}\"";

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_model_calls_a_tool_and_goes_on()
    {
        _folder.Write("report", "Sales rose."u8.ToArray()); // the model was trained to leave .txt out

        PunaCommand.Result result = PunaCommand.RunWithInput("Open the file report.txt\n", "chat", "--mcp", Server, "--yes", "--temperature", "0", "--max-tokens", "40");

        Assert.Equal(0, result.ExitCode);
        Assert.Contains("puna chat: called read_file {\"path\":\"report\"}", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("read_file(", result.Output, StringComparison.Ordinal); // no call in the answer
    }

    [Fact]
    public async Task A_call_brings_what_the_server_says_its_errors_too()
    {
        _folder.Write("report.txt", "Sales rose."u8.ToArray());
        await using ToolBox tools = await ToolBox.StartAsync([Server], TestContext.Current.CancellationToken);

        Assert.Equal(["read_file"], tools.Names);
        Assert.Equal("read_file", Assert.Single(tools.Definitions).GetProperty("function").GetProperty("name").GetString());
        Assert.Equal("Sales rose.", await CallAsync("""{"path": "report.txt"}"""));
        Assert.Equal("This is outside the folder.", await CallAsync("""{"path": "../secret"}"""));
        Assert.StartsWith("Error: ", await CallAsync("""{"path": {"no": "text"}}"""), StringComparison.Ordinal);

        Task<string> CallAsync(string arguments) => tools.CallAsync(new ToolCall("read_file", JsonElement.Parse(arguments)), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_name_that_two_servers_have_is_told()
    {
        await using ToolBox tools = await ToolBox.StartAsync([Server, Server], TestContext.Current.CancellationToken);

        Assert.Contains("read_file", Assert.Single(tools.Refused), StringComparison.Ordinal);
        Assert.Single(tools.Definitions);
    }

    [Fact]
    public void Nothing_runs_through_a_pipe_unless_that_is_said() =>
        Assert.Contains("--yes", PunaCommand.RunWithInput("hello\n", "chat", "--mcp", Server).Refused(2), StringComparison.Ordinal);

    [Theory]
    [InlineData("no-such-command-at-all", "no-such-command-at-all")]
    [InlineData("", "name the command")]
    public void A_server_that_does_not_start_is_named(string command, string words) =>
        Assert.Contains(words, PunaCommand.RunWithInput("hello\n", "chat", "--mcp", command, "--yes").Refused(2), StringComparison.Ordinal);
}
