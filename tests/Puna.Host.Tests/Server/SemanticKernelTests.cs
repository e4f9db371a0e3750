using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;
using Microsoft.SemanticKernel.Connectors.OpenAI;

namespace Puna.Host.Tests.Server;

/// <summary>Semantic Kernel, by its OpenAI connector against the server.</summary>
public sealed class SemanticKernelTests(DemoServerFixture fixture) : IClassFixture<DemoServerFixture>
{
    [Fact]
    public async Task Chats_and_streams_over_http()
    {
        IChatCompletionService chat = OverHttp().GetRequiredService<IChatCompletionService>();
        OpenAIPromptExecutionSettings settings = new() { Temperature = 0, MaxTokens = 30 };
        ChatHistory history = new("Answer.");
        history.AddUserMessage("Who are you?");

        ChatMessageContent whole = await chat.GetChatMessageContentAsync(history, settings, cancellationToken: TestContext.Current.CancellationToken);
        string streamed = "";
        await foreach (StreamingChatMessageContent piece in chat.GetStreamingChatMessageContentsAsync(history, settings, cancellationToken: TestContext.Current.CancellationToken)) streamed += piece.Content;

        Assert.False(string.IsNullOrEmpty(whole.Content));
        Assert.Equal(whole.Content, streamed);
    }

    private Kernel OverHttp() =>
        Kernel.CreateBuilder().AddOpenAIChatCompletion("tiny", new Uri("http://localhost/v1"), "unused", httpClient: fixture.Server.TestServer.CreateClient()).Build();
}
