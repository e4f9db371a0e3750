using System.Text.Json;
using Anthropic;
using Anthropic.Exceptions;
using Anthropic.Models.Messages;
using Anthropic.Models.Models;
using Puna.Tests;
using Puna.Tests.Models;

namespace Puna.Host.Tests.Server;

/// <summary>Anthropic's client against the server.</summary>
public sealed class AnthropicClientTests(TinyServerFixture fixture) : IClassFixture<TinyServerFixture>
{
    private AnthropicClient Client => new() { HttpClient = fixture.Server.Http, BaseUrl = "http://localhost", ApiKey = "unused", MaxRetries = 0 };

    [Fact]
    public async Task Answers_a_message()
    {
        Message message = await Client.Messages.Create(Greedy(Hello), TestContext.Current.CancellationToken);
        message.Validate();

        Assert.True(message.Content[0].TryPickText(out TextBlock? text));
        Assert.Equal(await OpenAITextAsync(), text.Text);
        Assert.Equal("tiny", message.Model.Raw());
        Assert.Equal("max_tokens", message.StopReason!.Raw());
        Assert.Equal(10, message.Usage.OutputTokens);
        Assert.Equal(await CountAsync(), message.Usage.InputTokens + message.Usage.CacheReadInputTokens);
    }

    [Fact]
    public async Task Streams_what_it_gets_whole()
    {
        string text = "", order = "";
        long start = 0, input = 0, output = 0;
        string? reason = null;
        await foreach (RawMessageStreamEvent piece in Client.Messages.CreateStreaming(Greedy(Hello), TestContext.Current.CancellationToken))
        {
            piece.Validate();
            if (piece.TryPickStart(out RawMessageStartEvent? started)) (order, start) = (order + "(", started.Message.Usage.InputTokens);
            if (piece.TryPickContentBlockStart(out _)) order += "[";
            if (piece.TryPickContentBlockDelta(out RawContentBlockDeltaEvent? delta) && delta.Delta.TryPickText(out TextDelta? words)) text += words.Text;
            if (piece.TryPickContentBlockStop(out _)) order += "]";
            if (piece.TryPickDelta(out RawMessageDeltaEvent? last)) (order, reason, input, output) = (order + "d", last.Delta.StopReason?.Raw(), last.Usage.InputTokens!.Value + last.Usage.CacheReadInputTokens!.Value, last.Usage.OutputTokens);
            if (piece.TryPickStop(out _)) order += ")";
        }

        Assert.Equal("([]d)", order);
        Assert.Equal(await OpenAITextAsync(), text);
        Assert.Equal("max_tokens", reason);
        Assert.Equal(10, output);
        Assert.Equal(await CountAsync(), start);
        Assert.Equal(start, input);
    }

    [Fact]
    public async Task Lists_models()
    {
        ModelListPage page = await Client.Models.List(new ModelListParams(), TestContext.Current.CancellationToken);
        ModelInfo one = await Client.Models.Retrieve("tiny", new ModelRetrieveParams(), TestContext.Current.CancellationToken);

        Assert.Equal("tiny", Assert.Single(page.Items).ID);
        Assert.False(page.HasNext());
        Assert.Equal(("tiny", fixture.Model.Name), (one.ID, one.DisplayName));
    }

    [Fact]
    public async Task Reads_errors()
    {
        AnthropicApiException error = await Assert.ThrowsAnyAsync<AnthropicApiException>(
            () => Client.Messages.Create(Greedy(new MessageCreateParams { Model = "nosuch", MaxTokens = 10, Messages = Hello.Messages }), TestContext.Current.CancellationToken));

        Assert.Equal(System.Net.HttpStatusCode.NotFound, error.StatusCode);
        Assert.Contains("There is no model 'nosuch' here", error.Message, StringComparison.Ordinal);
        Assert.Contains("not_found_error", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_reader_that_leaves_frees_the_model()
    {
        using PunaModel model = PunaModel.Load(fixture.Files.Llama4, TinyModelFolder.OneThread with { ContextLength = 1_000_000, RetainedSequences = 0 });
        await using TinyServer server = await TinyServer.StartAsync(model);
        AnthropicClient client = new() { HttpClient = server.Http, BaseUrl = "http://localhost", ApiKey = "unused", MaxRetries = 0 };

        await foreach (RawMessageStreamEvent _ in client.Messages.CreateStreaming(new MessageCreateParams { Model = "tiny", MaxTokens = 900_000, Messages = Hello.Messages }, TestContext.Current.CancellationToken)) break;

        await Eventually.HoldsAsync(() => model.Engine.Status is { Running: 0, KvBytesUsed: 0 }, () => $"{model.Engine.Status}");
    }

    private static MessageCreateParams Hello => new()
    {
        Model = "tiny",
        MaxTokens = 10,
        System = "be",
        Messages = [new UserMessageParam { Content = "hello" }],
    };

    /// <summary>The client has no property for the temperature.</summary>
    private static MessageCreateParams Greedy(MessageCreateParams request) => MessageCreateParams.FromRawUnchecked(
        request.RawHeaderData, request.RawQueryData, new Dictionary<string, JsonElement>(request.RawBodyData) { ["temperature"] = JsonElement.Parse("0") });

    private async Task<long> CountAsync() =>
        (await Client.Messages.CountTokens(new MessageCountTokensParams { Model = "tiny", System = "be", Messages = Hello.Messages }, TestContext.Current.CancellationToken)).InputTokens;

    private async Task<string> OpenAITextAsync()
    {
        TinyServer.Reply reply = await fixture.Server.PostAsync(
            "/v1/chat/completions", """{"messages": [{"role": "system", "content": "be"}, {"role": "user", "content": "hello"}], "temperature": 0, "max_tokens": 10}""");
        return reply.Ok.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString()!;
    }
}
