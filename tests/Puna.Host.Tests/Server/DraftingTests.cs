using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Puna.Host.Tests.Cli;
using Puna.Tests.Models;

namespace Puna.Host.Tests.Server;

/// <summary>Speculative decoding as clients and operators see it.</summary>
public sealed class DraftingTests(TinyServerFixture fixture) : IClassFixture<TinyServerFixture>
{
    private const string Body = """{"messages": [{"role": "user", "content": "hello you and the rest in it. hello you and the rest in it."}], "max_tokens": 100, "temperature": 0, "ignore_eos": true""";

    [Fact]
    public async Task Usage_and_metrics_tell_what_was_guessed()
    {
        using PunaModel model = PunaModel.Load(fixture.Files.Llama4, TinyModelFolder.OneThread with { DraftModel = fixture.Files.Llama4, DraftTokens = 4 });
        await using TinyServer server = await TinyServer.StartAsync(model);

        JsonElement expected = (await fixture.Server.PostAsync("/v1/chat/completions", Body + "}")).Ok, reply = (await server.PostAsync("/v1/chat/completions", Body + "}")).Ok;
        JsonElement streamed = (await server.PostAsync("/v1/chat/completions", Body + """, "stream": true, "stream_options": {"include_usage": true}}""")).Chunks[^1];
        JsonElement completion = (await server.PostAsync("/v1/completions", """{"prompt": "hello", "max_tokens": 100, "temperature": 0, "ignore_eos": true}""")).Ok;

        Assert.Equal(Content(expected), Content(reply));
        Assert.Equal((0, 0), Guessed(expected));
        (int accepted, int rejected) = Guessed(reply);
        Assert.InRange(accepted, 75, 80); // the model guesses for itself
        Assert.Equal((accepted, rejected), Guessed(streamed));
        Assert.InRange(Guessed(completion).Accepted, 75, 80);
        string metrics = (await server.GetAsync("/metrics")).Body;
        int all = 2 * accepted + Guessed(completion).Accepted;
        Assert.Equal(all, Counted(metrics, "accepted"));
        Assert.Equal(all + 2 * rejected + Guessed(completion).Rejected, Counted(metrics, "drafted"));
    }

    [Fact]
    public void The_command_answers_the_same_and_tells_what_was_guessed()
    {
        string[] run = ["run", fixture.Files.Llama4, "--prompt", "hello you and the rest in it. hello you and the rest in it.", "--max-tokens", "60", "--seed", "4", "--json"];
        JsonElement plain = PunaCommand.Run(run).Json(), lookup = PunaCommand.Run([.. run, "--draft", "lookup"]).Json(), itself = PunaCommand.Run([.. run, "--draft", fixture.Files.Llama4, "--draft-tokens", "3"]).Json();

        Assert.Equal(0, plain.GetProperty("accepted_prediction_tokens").GetInt32() + plain.GetProperty("rejected_prediction_tokens").GetInt32());
        Assert.True(itself.GetProperty("accepted_prediction_tokens").GetInt32() + itself.GetProperty("rejected_prediction_tokens").GetInt32() > 0);
        Assert.All((JsonElement[])[lookup, itself], drafted => Assert.Equal(plain.GetProperty("ids").Integers(), drafted.GetProperty("ids").Integers()));
    }

    [Fact]
    public void What_cannot_guess_is_refused()
    {
        Assert.Contains("must share the vocabulary", PunaCommand.Run("run", fixture.Files.Llama4, "--prompt", "hello", "--draft", fixture.Files.Llama).Refused(2), StringComparison.Ordinal);
        Assert.Contains("nothing is guessed without --draft", PunaCommand.Run("serve", fixture.Files.Llama4, "--draft-tokens", "5").Refused(2), StringComparison.Ordinal);
        Assert.Contains("1 to 64 are possible", PunaCommand.Run("serve", fixture.Files.Llama4, "--draft", "lookup", "--draft-tokens", "65").Refused(2), StringComparison.Ordinal);
    }

    private static string? Content(JsonElement reply) => reply.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString();

    private static (int Accepted, int Rejected) Guessed(JsonElement reply)
    {
        JsonElement details = reply.GetProperty("usage").GetProperty("completion_tokens_details");
        return (details.GetProperty("accepted_prediction_tokens").GetInt32(), details.GetProperty("rejected_prediction_tokens").GetInt32());
    }

    private static int Counted(string metrics, string type) =>
        Regex.Matches(metrics, $$"""^puna_tokens_total\{[^}]*gen_ai_token_type="{{type}}"[^}]*\} (\d+)""", RegexOptions.Multiline).Sum(m => int.Parse(m.Groups[1].Value, CultureInfo.InvariantCulture));
}
