using System.Text.Json;
using Microsoft.Extensions.AI;
using Puna.Chat.Templates;
using Puna.Demo;
using Puna.Tests.Models;

namespace Puna.Tests.Library;

/// <summary>Tools end to end, with the model that comes with Puna, which was trained to call them.</summary>
public sealed class ToolCallingTests : IDisposable
{
    private static readonly ChatOptions Greedy = new() { Temperature = 0, MaxOutputTokens = 80 };

    private readonly PunaModel _model = PunaModel.Load(DemoModel.Path, TinyModelFolder.OneThread);
    private readonly List<string> _asked = [];

    private AITool Weather => AIFunctionFactory.Create((string city) =>
    {
        _asked.Add(city);
        return $"It is raining in {city}.";
    }, "get_weather", "Current weather of a place");

    public void Dispose() => _model.Dispose();

    [Fact]
    public async Task A_call_comes_as_content_and_is_told_as_the_reason_to_end()
    {
        ChatResponse response = await _model.AsChatClient().GetResponseAsync("What is the weather in Berlin?", With(Weather), TestContext.Current.CancellationToken);

        FunctionCallContent call = Assert.IsType<FunctionCallContent>(Assert.Single(Assert.Single(response.Messages).Contents));
        Assert.Equal("get_weather", call.Name);
        Assert.Equal("Berlin", Assert.IsType<JsonElement>(call.Arguments!["city"]).GetString());
        Assert.NotEqual("", call.CallId);
        Assert.Equal(ChatFinishReason.ToolCalls, response.FinishReason);
        Assert.Equal("", response.Text);
        Assert.True(response.Usage!.OutputTokenCount > 5);
    }

    [Fact]
    public async Task A_streamed_call_is_the_same_and_none_of_its_text_leaks()
    {
        List<ChatResponseUpdate> updates = await _model.AsChatClient()
            .GetStreamingResponseAsync("What is the weather in Berlin?", With(Weather), TestContext.Current.CancellationToken).ToListAsync(TestContext.Current.CancellationToken);

        Assert.Equal("", string.Concat(updates.Select(u => u.Text)));
        Assert.Equal("get_weather", Assert.Single(updates.SelectMany(u => u.Contents).OfType<FunctionCallContent>()).Name);
        Assert.Equal(ChatFinishReason.ToolCalls, updates[^1].FinishReason);
        Assert.Equal(ChatRole.Assistant, updates[0].Role);
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Function_invocation_carries_the_call_out_and_answers_with_its_result(bool streamed)
    {
        using IChatClient client = new ChatClientBuilder(_model.AsChatClient()).UseFunctionInvocation(configure: c => c.MaximumIterationsPerRequest = 2).Build();

        ChatResponse response = streamed
            ? await client.GetStreamingResponseAsync("What is the weather in Berlin?", With(Weather), TestContext.Current.CancellationToken).ToChatResponseAsync(TestContext.Current.CancellationToken)
            : await client.GetResponseAsync("What is the weather in Berlin?", With(Weather), TestContext.Current.CancellationToken);

        Assert.Equal("Berlin", _asked[0]);
        FunctionResultContent result = response.Messages.SelectMany(m => m.Contents).OfType<FunctionResultContent>().First();
        Assert.Equal("It is raining in Berlin.", result.Result?.ToString());
        Assert.Equal(response.Messages[0].Contents.OfType<FunctionCallContent>().Single().CallId, result.CallId);
        Assert.True(response.Messages.Count >= 3, "the model is to have read the result and gone on");
    }

    [Fact]
    public async Task A_model_told_not_to_call_answers_in_text()
    {
        ChatOptions options = With(Weather);
        options.ToolMode = ChatToolMode.None;

        ChatResponse response = await _model.AsChatClient().GetResponseAsync("What is the weather in Berlin?", options, TestContext.Current.CancellationToken);

        Assert.NotEqual("", response.Text);
        Assert.NotEqual(ChatFinishReason.ToolCalls, response.FinishReason);
        Assert.Equal(_model.EncodeChat([new TemplateMessage("user", "What is the weather in Berlin?")]).Length, response.Usage!.InputTokenCount); // no tool was shown
    }

    [Fact]
    public void Calls_and_results_of_the_past_are_written_by_the_files_template()
    {
        ChatMessage[] messages =
        [
            new(ChatRole.User, "Weather?"),
            new(ChatRole.Assistant, [new FunctionCallContent("1", "get_weather", new Dictionary<string, object?> { ["city"] = "Köln", ["days"] = 2 }), new FunctionCallContent("2", "roll")]),
            new(ChatRole.Tool, [new FunctionResultContent("1", "rain"), new FunctionResultContent("2", new[] { 3, 4 })]),
        ];

        string prompt = _model.Tokenizer.Decode(_model.AsChatClient().EncodePrompt(messages, With(Weather)), includeSpecial: true);

        Assert.Contains("""{"name": "get_weather", "description": "Current weather of a place", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}""", prompt, StringComparison.Ordinal);
        Assert.Contains("""[get_weather(city="Köln", days=2), roll()]<|eot|>""", prompt, StringComparison.Ordinal);
        Assert.EndsWith("<|header_start|>ipython<|header_end|>\n\nrain<|eot|><|header_start|>ipython<|header_end|>\n\n[3,4]<|eot|><|header_start|>assistant<|header_end|>\n\n", prompt, StringComparison.Ordinal);
    }

    private static ChatOptions With(params AITool[] tools)
    {
        ChatOptions options = Greedy.Clone();
        options.Tools = tools;
        return options;
    }
}
