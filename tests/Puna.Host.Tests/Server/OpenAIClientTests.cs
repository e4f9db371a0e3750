using System.ClientModel;
using System.ClientModel.Primitives;
using OpenAI;
using OpenAI.Chat;
using OpenAI.Models;
using Puna.Tests;

namespace Puna.Host.Tests.Server;

/// <summary>The official client against the server.</summary>
public sealed class OpenAIClientTests(TinyServerFixture fixture) : IClassFixture<TinyServerFixture>
{
    private OpenAIClient Client => new(new ApiKeyCredential("unused"), new OpenAIClientOptions
    {
        Endpoint = new Uri("http://localhost/v1"),
        Transport = new HttpClientPipelineTransport(fixture.Server.Http),
        RetryPolicy = new ClientRetryPolicy(0),
    });

    private static ChatCompletionOptions Greedy => new() { Temperature = 0, MaxOutputTokenCount = 10 };

    [Fact]
    public async Task Chats()
    {
        ChatCompletion completion = await Client.GetChatClient("tiny").CompleteChatAsync([new SystemChatMessage("be"), new UserChatMessage("hello")], Greedy, TestContext.Current.CancellationToken);

        Assert.NotEqual("", completion.Content[0].Text);
        Assert.Equal("tiny", completion.Model);
        Assert.Equal(completion.Usage.TotalTokenCount, completion.Usage.InputTokenCount + completion.Usage.OutputTokenCount);
        Assert.Contains(completion.FinishReason, (ChatFinishReason[])[ChatFinishReason.Stop, ChatFinishReason.Length]);
    }

    [Fact]
    public async Task Streams_what_it_gets_whole()
    {
        ChatClient chat = Client.GetChatClient("tiny");
        ChatCompletion whole = await chat.CompleteChatAsync([new UserChatMessage("hello")], Greedy, TestContext.Current.CancellationToken);
        string text = "";
        ChatTokenUsage? usage = null;

        await foreach (StreamingChatCompletionUpdate update in chat.CompleteChatStreamingAsync([new UserChatMessage("hello")], Greedy, TestContext.Current.CancellationToken))
        {
            foreach (ChatMessageContentPart part in update.ContentUpdate) text += part.Text;
            usage = update.Usage ?? usage;
        }

        Assert.Equal(whole.Content[0].Text, text);
        Assert.Equal(whole.Usage.OutputTokenCount, usage!.OutputTokenCount);
    }

    [Fact]
    public async Task Reads_logprobs()
    {
        ChatCompletionOptions options = Greedy;
        options.IncludeLogProbabilities = true;
        options.TopLogProbabilityCount = 3;

        ChatCompletion completion = await Client.GetChatClient("tiny").CompleteChatAsync([new UserChatMessage("hello")], options, TestContext.Current.CancellationToken);

        Assert.Equal(completion.Usage.OutputTokenCount, completion.ContentTokenLogProbabilities.Count);
        Assert.All(completion.ContentTokenLogProbabilities, t => Assert.Equal(3, t.TopLogProbabilities.Count));
    }

    [Fact]
    public async Task Reads_errors()
    {
        ClientResultException error = await Assert.ThrowsAsync<ClientResultException>(
            () => Client.GetChatClient("nosuch").CompleteChatAsync([new UserChatMessage("hello")], Greedy, TestContext.Current.CancellationToken));

        Assert.Equal(404, error.Status);
        Assert.Contains("model_not_found", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lists_models()
    {
        OpenAIModelCollection models = await Client.GetOpenAIModelClient().GetModelsAsync(TestContext.Current.CancellationToken);

        Assert.Equal("tiny", Assert.Single(models).Id);
        OpenAIModel one = await Client.GetOpenAIModelClient().GetModelAsync("tiny", TestContext.Current.CancellationToken);
        Assert.Equal("puna", one.OwnedBy);
    }

    [Fact]
    public async Task Cancels()
    {
        using CancellationTokenSource source = new();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (StreamingChatCompletionUpdate _ in Client.GetChatClient("tiny").CompleteChatStreamingAsync([new UserChatMessage("hello")], new ChatCompletionOptions(), source.Token)) await source.CancelAsync();
            source.Token.ThrowIfCancellationRequested();
        });

        await Eventually.HoldsAsync(() => fixture.Model.Engine.Status.Running == 0, () => $"{fixture.Model.Engine.Status}");
    }
}
