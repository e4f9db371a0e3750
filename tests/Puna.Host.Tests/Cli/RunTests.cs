using System.Text.Json;
using Puna.Tests.Formats;
using Puna.Tests.Models;

namespace Puna.Host.Tests.Cli;

public sealed class RunTests(TinyModelFolder models) : IClassFixture<TinyModelFolder>, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Json_has_the_fields_of_the_contract()
    {
        JsonElement json = PunaCommand.Run("run", models.Llama4, "--prompt", "hello", "--max-tokens", "5", "--temperature", "0", "--json").Json();

        Assert.Equal(json.GetProperty("completion_tokens").GetInt32(), json.GetProperty("ids").Integers().Length);
        Assert.InRange(json.GetProperty("completion_tokens").GetInt32(), 0, 5);
        Assert.True(json.GetProperty("prompt_tokens").GetInt32() > 2); // the template's tokens come on top
        Assert.Contains(json.GetProperty("finish_reason").GetString(), (string[])["stop", "length"]);
        Assert.Equal(JsonValueKind.String, json.GetProperty("text").ValueKind);
        Assert.Equal(JsonValueKind.Object, json.GetProperty("timings").ValueKind);
    }

    [Fact]
    public void Streamed_text_is_the_text_of_the_object()
    {
        string[] command = ["run", models.Llama, "--prompt", "hello", "--max-tokens", "12", "--seed", "7"];

        Assert.Equal(PunaCommand.Run([.. command, "--json"]).Json().GetProperty("text").GetString() + "\n", PunaCommand.Run(command).Done());
    }

    [Theory]
    [InlineData("--schema", """{"enum": ["yes", "no"]}""", "^\"(yes|no)\"$")]
    [InlineData("--grammar", "root ::= [ab]{3} \"!\"", "^[ab]{3}!$")]
    public void A_form_holds_the_answer(string option, string form, string pattern)
    {
        string file = _folder.Write("form", System.Text.Encoding.UTF8.GetBytes(form));

        Assert.Matches(pattern, PunaCommand.Run("run", models.Llama, "--prompt", "hello", "--temperature", "2", "--seed", "3", option, file).Done().TrimEnd());
    }

    [Fact]
    public void A_form_that_cannot_be_enforced_is_refused_with_its_place()
    {
        string file = _folder.Write("schema.json", [.. """{"properties": {"a": {"type": "strin"}}}"""u8]);

        Assert.Contains("/properties/a/type", PunaCommand.Run("run", models.Llama, "--prompt", "hello", "--schema", file).Refused(2), StringComparison.Ordinal);
        Assert.Contains("give one of them", PunaCommand.Run("run", models.Llama, "--prompt", "hello", "--schema", file, "--regex", "a").Refused(2), StringComparison.Ordinal);
    }

    [Fact]
    public void A_raw_prompt_has_no_template()
    {
        int[] ids = PunaCommand.Run("tokenize", models.Llama, "--text", "hello", "--json").Json().GetProperty("ids").Integers();
        JsonElement json = PunaCommand.Run("run", models.Llama, "--prompt", "hello", "--raw", "--max-tokens", "1", "--json").Json();

        Assert.Equal(ids.Length, json.GetProperty("prompt_tokens").GetInt32());
    }

    [Fact]
    public void Instructions_and_a_prompt_from_standard_input_reach_the_model()
    {
        int plain = Prompt(PunaCommand.Run("run", models.Llama, "--prompt", "hello you", "--max-tokens", "1", "--json"));

        Assert.Equal(plain, Prompt(PunaCommand.RunWithInput("hello you", "run", models.Llama, "--prompt", "-", "--max-tokens", "1", "--json")));
        Assert.True(Prompt(PunaCommand.Run("run", models.Llama, "--prompt", "hello you", "--system", "be in", "--max-tokens", "1", "--json")) > plain);

        static int Prompt(PunaCommand.Result result) => result.Json().GetProperty("prompt_tokens").GetInt32();
    }

    [Fact]
    public void Without_a_template_the_way_out_is_told()
    {
        string model = models.Path("bare.gguf", TinyModel.Llama with { ChatTemplate = "{{ raise_exception('no chats here') }}" });
        string template = _folder.Write("own.jinja", [.. "{{ messages[0]['content'] }}"u8]);

        Assert.Contains("no chats here", PunaCommand.Run("run", model, "--prompt", "a", "--max-tokens", "1").Refused(2), StringComparison.Ordinal);
        PunaCommand.Run("run", model, "--prompt", "a", "--max-tokens", "1", "--chat-template", template).Done();
    }

    [Fact]
    public void A_prompt_longer_than_the_context_is_refused() =>
        Assert.Contains("context holds 8", PunaCommand.Run("run", models.Llama, "--prompt", "the and the and the", "--context", "8").Refused(2), StringComparison.Ordinal);

    public void Dispose() => _folder.Dispose();
}
