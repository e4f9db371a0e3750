using System.Text.Json;
using Puna.Tests.Formats;
using Puna.Tests.Models;

namespace Puna.Host.Tests.Cli;

/// <summary>The conversation through a pipe; standard output holds the answers and nothing else.</summary>
public sealed class ChatTests(TinyModelFolder models) : IClassFixture<TinyModelFolder>, IDisposable
{
    private static readonly string[] Short = ["--temperature", "0", "--max-tokens", "6"];

    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void A_line_gets_the_answer_that_run_gives() => Assert.Equal(RunText("hello"), Chat("hello\n"));

    [Fact]
    public void The_last_line_needs_no_line_feed() => Assert.Equal(RunText("hello"), Chat("hello"));

    [Fact]
    public void Instructions_are_those_of_run() =>
        Assert.Equal(PunaCommand.Run(["run", models.Llama4, "--prompt", "hello", "--system", "be in", .. Short]).Done(), Chat("/system be in\nhello\n"));

    [Theory, InlineData("hello\\\nyou\n"), InlineData("\"\"\"\nhello\nyou\n\"\"\"\n")]
    public void Several_lines_make_one_message(string input) => Assert.Equal(RunText("hello\nyou"), Chat(input));

    [Fact]
    public void Settings_can_be_changed_between_turns()
    {
        string[] longer = ["run", models.Llama4, "--prompt", "hello", "--temperature", "0", "--max-tokens", "2"];

        Assert.Equal(PunaCommand.Run(longer).Done(), Chat("/set max-tokens 2\nhello\n"));
    }

    [Fact]
    public void A_saved_conversation_goes_on_where_it_was()
    {
        string file = _folder["talk.json"];
        string whole = Chat("hello\nand you\n"), first = Chat($"hello\n/save {file}\n"), second = Chat($"/load {file}\nand you\n");

        Assert.Equal(whole, first + second);
        using JsonDocument saved = JsonDocument.Parse(File.ReadAllBytes(file));
        Assert.Equal(("puna-conversation", 1), (saved.RootElement.GetProperty("format").GetString(), saved.RootElement.GetProperty("version").GetInt32()));
        Assert.Equal(["user", "assistant"], saved.RootElement.GetProperty("messages").EnumerateArray().Select(m => m.GetProperty("role").GetString()));
    }

    [Fact]
    public void Clear_forgets_the_conversation()
    {
        string answers = Chat("hello\n/clear\nhello\n");

        Assert.Equal(RunText("hello") + RunText("hello"), answers);
    }

    [Theory]
    [InlineData("""{"format":"other","version":1,"messages":[]}""", "no saved conversation")]
    [InlineData("""{"format":"puna-conversation","version":2,"messages":[]}""", "version is 2")]
    [InlineData("""{"format":"puna-conversation","version":1}""", "'messages' is missing")]
    [InlineData("""{"format":"puna-conversation","version":1,"messages":[{"role":"assistant","content":"a"}]}""", "messages[0] is of 'assistant'")]
    [InlineData("""{"format":"puna-conversation","version":1,"messages":[{"role":"user","content":"a"}]}""", "without an answer")]
    [InlineData("""{"format":"puna-conversation","version":1,"messages":[{"role":"user","content":3}]}""", "messages[0].content")]
    [InlineData("{\"format\":", "not readable as JSON")]
    public void A_damaged_conversation_is_refused(string json, string expected)
    {
        string file = _folder.Write("bad.json", System.Text.Encoding.UTF8.GetBytes(json));

        Assert.Contains(expected, PunaCommand.RunWithInput($"/load {file}\n", "chat", models.Llama4).Refused(2), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/nonsense\n", "there is no such command")]
    [InlineData("/set colour red\n", "there is no such setting")]
    [InlineData("/set temperature hot\n", "a number is needed")]
    [InlineData("/set top-p 7\n", "TopP is 7")]
    [InlineData("/save\n", "a file name is needed")]
    [InlineData("/load nosuch.json\n", "there is no such file")]
    [InlineData("/load /\n", "this is a folder")]
    public void A_bad_command_ends_a_script(string input, string expected) =>
        Assert.Contains(expected, PunaCommand.RunWithInput(input + "hello\n", "chat", models.Llama4).Refused(2), StringComparison.Ordinal);

    [Fact]
    public void Exit_and_an_empty_input_end_it()
    {
        Assert.Equal("", Chat(""));
        Assert.Equal("", Chat("/exit\nhello\n"));
        Assert.Contains("/save FILE", Chat("/help\n"), StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private string RunText(string prompt) => PunaCommand.Run(["run", models.Llama4, "--prompt", prompt, .. Short]).Done();

    private string Chat(string input)
    {
        PunaCommand.Result result = PunaCommand.RunWithInput(input, ["chat", models.Llama4, .. Short]);
        Assert.Equal("", result.Error);
        return result.Done();
    }
}
