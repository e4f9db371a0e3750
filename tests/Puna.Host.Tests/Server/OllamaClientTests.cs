using System.Net;
using Microsoft.Extensions.AI;
using OllamaSharp;
using OllamaSharp.Models;
using OllamaSharp.Models.Chat;
using OllamaSharp.Models.Exceptions;
using Puna.Tests;
using Puna.Tests.Models;
using ChatRole = OllamaSharp.Models.Chat.ChatRole;

namespace Puna.Host.Tests.Server;

/// <summary>OllamaSharp against the server.</summary>
public sealed class OllamaClientTests(TinyServerFixture fixture) : IClassFixture<TinyServerFixture>
{
    private static readonly RequestOptions Greedy = new() { Temperature = 0, NumPredict = 10 };

    private OllamaApiClient Client => new(fixture.Server.Http, "tiny");

    [Fact]
    public async Task Chats_in_pieces_and_whole_alike()
    {
        ChatRequest request = new() { Model = "tiny", Messages = [new Message(ChatRole.System, "be"), new Message(ChatRole.User, "hello")], Options = Greedy };
        (string streamed, ChatDoneResponseStream end, int pieces) = await CollectAsync(Client.ChatAsync(request, TestContext.Current.CancellationToken));

        request.Stream = false;
        (string whole, ChatDoneResponseStream wholeEnd, int one) = await CollectAsync(Client.ChatAsync(request, TestContext.Current.CancellationToken));

        Assert.Equal(whole, streamed);
        Assert.NotEqual("", whole);
        Assert.Equal(1, one);
        Assert.True(pieces > 2, $"{pieces} pieces");
        Assert.Equal("length", end.DoneReason);
        Assert.Equal(10, end.EvalCount);
        Assert.Equal((end.EvalCount, end.PromptEvalCount), (wholeEnd.EvalCount, wholeEnd.PromptEvalCount));
        Assert.True(end.PromptEvalCount > 2);
        Assert.True(end.TotalDuration >= end.EvalDuration && end.EvalDuration > 0, $"{end.TotalDuration} ns in all, {end.EvalDuration} ns of them decoding");
        Assert.Equal(await OpenAITextAsync(), whole);
    }

    [Fact]
    public async Task Keeps_a_conversation()
    {
        OllamaSharp.Chat chat = new(Client, "be") { Options = Greedy };
        string first = "";
        await foreach (string piece in chat.SendAsync("hello", TestContext.Current.CancellationToken)) first += piece;
        await foreach (string _ in chat.SendAsync("and", TestContext.Current.CancellationToken)) { }

        Assert.Equal(5, chat.Messages.Count);
        Assert.Equal(first, chat.Messages[2].Content);
    }

    [Fact]
    public async Task Generates_with_a_system_message_and_raw()
    {
        GenerateRequest request = new() { Model = "tiny", Prompt = "hello", System = "be", Options = Greedy, Stream = false };
        GenerateDoneResponseStream? templated = await Client.GenerateAsync(request, TestContext.Current.CancellationToken).StreamToEndAsync();

        GenerateDoneResponseStream? raw = await Client.GenerateAsync(
            new GenerateRequest { Model = "tiny", Prompt = "hello", Raw = true, Options = Greedy, Logprobs = true, TopLogprobs = 2, Stream = false }, TestContext.Current.CancellationToken).StreamToEndAsync();

        Assert.Equal(await OpenAITextAsync(), templated!.Response);
        int expected = fixture.Model.Tokenizer.Encode("hello", fixture.Model.AddsBos).Length;
        Assert.Equal(expected, raw!.PromptEvalCount);
        Assert.True(templated.PromptEvalCount > expected);
        Assert.Equal(raw.EvalCount, raw.Logprobs!.Count());
        Assert.All(raw.Logprobs!, t => Assert.Equal(2, t.TopLogprobs!.Count()));
    }

    [Fact]
    public async Task Is_a_chat_client()
    {
        IChatClient client = Client;

        ChatResponse response = await client.GetResponseAsync(
            [new Microsoft.Extensions.AI.ChatMessage(Microsoft.Extensions.AI.ChatRole.System, "be"), new Microsoft.Extensions.AI.ChatMessage(Microsoft.Extensions.AI.ChatRole.User, "hello")],
            new ChatOptions { Temperature = 0, MaxOutputTokens = 10 }, TestContext.Current.CancellationToken);

        Assert.Equal(await OpenAITextAsync(), response.Text);
        Assert.Equal(10, response.Usage!.OutputTokenCount);
    }

    [Fact]
    public async Task Lists_and_shows_models()
    {
        Model listed = Assert.Single(await Client.ListLocalModelsAsync(TestContext.Current.CancellationToken));
        RunningModel running = Assert.Single(await Client.ListRunningModelsAsync(TestContext.Current.CancellationToken));
        ShowModelResponse shown = await Client.ShowModelAsync(new ShowModelRequest { Model = "tiny:latest" }, TestContext.Current.CancellationToken);

        Assert.Equal("tiny", listed.Name);
        Assert.Equal(fixture.Model.WeightBytes, listed.Size);
        Assert.Equal(64, listed.Digest.Length);
        Assert.Equal(("llama4", "gguf"), (listed.Details.Family, listed.Details.Format));
        Assert.Equal("tiny", running.Name);
        Assert.True(running.ExpiresAt > DateTime.UtcNow);
        Assert.Equal(fixture.Model.Engine.ContextLength, running.ContextLength);
        Assert.Equal("llama4", shown.Info.Architecture);
        Assert.Equal(fixture.Model.ParameterCount, shown.Info.ParameterCount);
        Assert.Equal(["completion", "tools", "embedding"], shown.Capabilities!);
        Assert.Matches(@"^\d+\.\d+\.\d+$", await Client.GetVersionAsync(TestContext.Current.CancellationToken));
        Assert.True(await Client.IsRunningAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Reads_errors()
    {
        ChatRequest wrong = new() { Model = "tiny", Messages = [new Message(ChatRole.User, "hello")], Options = new RequestOptions { Temperature = -1 } };
        OllamaException error = await Assert.ThrowsAsync<OllamaException>(() => CollectAsync(Client.ChatAsync(wrong, TestContext.Current.CancellationToken)));
        Assert.Contains("options.temperature is -1", error.Message, StringComparison.Ordinal);

        wrong = new ChatRequest { Model = "nosuch", Messages = [new Message(ChatRole.User, "hello")] };
        HttpRequestException missing = await Assert.ThrowsAsync<HttpRequestException>(() => CollectAsync(Client.ChatAsync(wrong, TestContext.Current.CancellationToken)));
        Assert.Equal(HttpStatusCode.NotFound, missing.StatusCode);
    }

    [Fact]
    public async Task A_reader_that_leaves_frees_the_model()
    {
        using PunaModel model = PunaModel.Load(fixture.Files.Llama4, TinyModelFolder.OneThread with { ContextLength = 1_000_000, RetainedSequences = 0 });
        await using TinyServer server = await TinyServer.StartAsync(model);
        OllamaApiClient client = new(server.Http, "tiny");
        ChatRequest endless = new() { Model = "tiny", Messages = [new Message(ChatRole.User, "hello")], Options = new RequestOptions { NumPredict = -1 } };

        await foreach (ChatResponseStream? _ in client.ChatAsync(endless, TestContext.Current.CancellationToken)) break;

        await Eventually.HoldsAsync(() => model.Engine.Status is { Running: 0, KvBytesUsed: 0 }, () => $"{model.Engine.Status}");
    }

    private async Task<string> OpenAITextAsync()
    {
        TinyServer.Reply reply = await fixture.Server.PostAsync(
            "/v1/chat/completions", """{"messages": [{"role": "system", "content": "be"}, {"role": "user", "content": "hello"}], "temperature": 0, "max_tokens": 10}""");
        return reply.Ok.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString()!;
    }

    private static async Task<(string Text, ChatDoneResponseStream End, int Pieces)> CollectAsync(IAsyncEnumerable<ChatResponseStream?> pieces)
    {
        string text = "";
        int count = 0;
        ChatDoneResponseStream? end = null;
        await foreach (ChatResponseStream? piece in pieces)
        {
            count++;
            text += piece!.Message.Content;
            end = piece as ChatDoneResponseStream ?? end;
        }

        return (text, end!, count);
    }
}
