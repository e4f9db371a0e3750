using System.ComponentModel;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;
using Microsoft.SemanticKernel.Connectors.OpenAI;

namespace Puna.Host.Tests.Server;

/// <summary>Semantic Kernel, by its OpenAI connector against the server and by its adapter over the model in this process.</summary>
public sealed class SemanticKernelTests(DemoServerFixture fixture) : IClassFixture<DemoServerFixture>
{
    private const string Question = "What is the weather in Berlin?";

    [Fact]
    public async Task Chats_and_streams_over_http()
    {
        IChatCompletionService chat = OverHttp(null).GetRequiredService<IChatCompletionService>();
        OpenAIPromptExecutionSettings settings = new() { Temperature = 0, MaxTokens = 30 };
        ChatHistory history = new("Answer.");
        history.AddUserMessage("Who are you?");

        ChatMessageContent whole = await chat.GetChatMessageContentAsync(history, settings, cancellationToken: TestContext.Current.CancellationToken);
        string streamed = "";
        await foreach (StreamingChatMessageContent piece in chat.GetStreamingChatMessageContentsAsync(history, settings, cancellationToken: TestContext.Current.CancellationToken)) streamed += piece.Content;

        Assert.False(string.IsNullOrEmpty(whole.Content));
        Assert.Equal(whole.Content, streamed);
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task A_plugin_is_called_over_http(bool streamed)
    {
        WeatherPlugin weather = new();
        Kernel kernel = OverHttp(weather);

        await AskAsync(kernel, kernel.GetRequiredService<IChatCompletionService>(), streamed);

        Assert.NotEmpty(weather.Asked);
    }

    [Fact]
    public async Task A_plugin_is_called_in_process()
    {
        WeatherPlugin weather = new();
        Kernel kernel = new();
        kernel.Plugins.AddFromObject(weather, "weather");
        using Microsoft.Extensions.AI.IChatClient client = new Microsoft.Extensions.AI.ChatClientBuilder(fixture.Model.AsChatClient()).UseKernelFunctionInvocation().Build();

        await AskAsync(kernel, client.AsChatCompletionService(), streamed: false);

        Assert.NotEmpty(weather.Asked);
    }

    private static async Task AskAsync(Kernel kernel, IChatCompletionService chat, bool streamed)
    {
        OpenAIPromptExecutionSettings settings = new() { Temperature = 0, MaxTokens = 100, FunctionChoiceBehavior = FunctionChoiceBehavior.Required() };
        ChatHistory history = [];
        history.AddUserMessage(Question);
        if (streamed)
        {
            await foreach (StreamingChatMessageContent _ in chat.GetStreamingChatMessageContentsAsync(history, settings, kernel, TestContext.Current.CancellationToken)) { }
        }
        else
        {
            await chat.GetChatMessageContentAsync(history, settings, kernel, TestContext.Current.CancellationToken);
        }
    }

    private Kernel OverHttp(WeatherPlugin? plugin)
    {
        IKernelBuilder builder = Kernel.CreateBuilder().AddOpenAIChatCompletion("tiny", new Uri("http://localhost/v1"), "unused", httpClient: fixture.Server.TestServer.CreateClient());
        if (plugin is not null) builder.Plugins.AddFromObject(plugin, "weather");
        return builder.Build();
    }

    public sealed class WeatherPlugin
    {
        internal List<bool> Asked { get; } = [];

        [KernelFunction("get_weather"), Description("Current weather of a place")]
        public string GetWeather(bool tomorrow)
        {
            Asked.Add(tomorrow);
            return "rain";
        }
    }
}
