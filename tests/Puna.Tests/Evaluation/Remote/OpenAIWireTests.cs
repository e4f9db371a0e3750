using System.Net;
using System.Text.Json.Nodes;
using Puna.Evaluation.Models;
using Puna.Evaluation.Remote;

namespace Puna.Tests.Evaluation.Remote;

public sealed class OpenAIWireTests
{
    private static readonly RemoteOptions Options = new()
    {
        BaseUrl = new Uri("http://localhost/v1"),
        Api = RemoteApi.OpenAICompletions,
        Model = "m",
        Variant = ModelVariant.Base,
        Attempts = 1,
    };

    [Fact]
    public void Offsets_of_echoed_tokens_count_code_points()
    {
        ModelRequest request = new() { Prompt = "🦙🦙:", Continuations = [" a"] };
        JsonObject answer = (JsonObject)JsonNode.Parse("""{"choices":[{"text":"🦙🦙: a!","finish_reason":"length","logprobs":{"text_offset":[0,1,2,3,5],"token_logprobs":[null,-1,-2,-0.5,-4]}}]}""")!;

        Assert.Equal([-0.5], new OpenAICompletionsWire(Options).Read(request, 0, answer, out _).LogLikelihoods);
    }

    [Theory]
    [InlineData("{\"choices\":[]}")]
    [InlineData("{\"choices\":[{\"text\":\"a\",\"text\":\"b\",\"finish_reason\":\"stop\"}]}")]
    [InlineData("{\"choices\":[{\"text\":\"\\ud800\",\"finish_reason\":\"stop\"}]}")]
    [InlineData("{\"choices\":[{\"text\":\"a\",\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":1e99}}")]
    [InlineData("[]")]
    [InlineData("null")]
    public async Task A_malformed_answer_is_an_error_of_its_question(string body)
    {
        using RemoteModel model = new(Options, new Fixed(body));

        List<ModelAnswer> answers = [];
        await foreach ((_, ModelAnswer answer) in model.AnswerAsync([new ModelRequest { Prompt = "x" }], TestContext.Current.CancellationToken)) answers.Add(answer);

        Assert.Contains("promises", Assert.Single(answers).Error);
        Assert.Equal(1, model.Usage.Faults["malformed"]);
    }

    [Theory]
    [InlineData("http://user:secret@host/v1")]
    [InlineData("http://host/v1?key=secret")]
    public void Addresses_with_secrets_are_refused_without_repeating_them(string address) =>
        Assert.DoesNotContain("secret", Assert.Throws<ArgumentException>(() => new RemoteModel(Options with { BaseUrl = new Uri(address) })).Message);

    [Fact]
    public void Options_that_cannot_be_are_refused_by_name()
    {
        foreach ((string name, RemoteOptions bad) in ((string, RemoteOptions)[])
        [
            ("Concurrency", Options with { Concurrency = 0 }), ("Attempts", Options with { Attempts = 0 }), ("Timeout", Options with { Timeout = TimeSpan.Zero }), ("BackOff", Options with { BackOff = TimeSpan.FromTicks(-1) }),
            ("PricePerMillionIn", Options with { PricePerMillionIn = -1 }), ("PricePerMillionOut", Options with { PricePerMillionOut = -1 }),
        ])
        {
            Assert.Equal(name, Assert.Throws<ArgumentOutOfRangeException>(() => new RemoteModel(bad)).ParamName);
        }
    }

    private sealed class Fixed(string body) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent(body) });
    }
}
