using System.ClientModel;
using System.ClientModel.Primitives;
using System.Text;
using System.Text.Json;
using OpenAI;
using OpenAI.Chat;

namespace Puna.Host.Tests.Server;

/// <summary>Tool calls over chat completions.</summary>
public sealed class ToolTests(DemoServerFixture fixture) : IClassFixture<DemoServerFixture>
{
    private const string Path = "/v1/chat/completions";

    private const string Weather = """
        "tools": [{"type": "function", "function": {"name": "get_weather", "description": "Current weather of a place",
          "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}}]
        """;

    private const string Ask = $$"""{"messages": [{"role": "user", "content": "What is the weather in Berlin?"}], "temperature": 0, "max_tokens": 60, {{Weather}}""";

    private TinyServer Server => fixture.Server;

    [Fact]
    public async Task A_call_comes_in_openais_shape()
    {
        JsonElement choice = (await Server.PostAsync(Path, Ask + "}")).Ok.GetProperty("choices")[0];

        JsonElement call = Assert.Single(choice.GetProperty("message").GetProperty("tool_calls").EnumerateArray());
        Assert.Equal("function", call.GetProperty("type").GetString());
        Assert.StartsWith("call_", call.GetProperty("id").GetString(), StringComparison.Ordinal);
        Assert.Equal("get_weather", call.GetProperty("function").GetProperty("name").GetString());
        Assert.Equal("""{"city":"Berlin"}""", call.GetProperty("function").GetProperty("arguments").GetString());
        Assert.Equal("tool_calls", choice.GetProperty("finish_reason").GetString());
        Assert.Equal(JsonValueKind.Null, choice.GetProperty("message").GetProperty("content").ValueKind);
    }

    [Fact]
    public async Task A_stream_carries_the_call_and_none_of_its_text()
    {
        JsonElement[] choices = [.. (await Server.PostAsync(Path, Ask + """, "stream": true}""")).Chunks.Select(c => c.GetProperty("choices")[0])];

        JsonElement[] calls = [.. choices.SelectMany(c => c.GetProperty("delta").TryGetProperty("tool_calls", out JsonElement found) ? found.EnumerateArray().ToArray() : [])];
        JsonElement call = Assert.Single(calls);
        Assert.Equal(0, call.GetProperty("index").GetInt32());
        Assert.Equal("""{"city":"Berlin"}""", call.GetProperty("function").GetProperty("arguments").GetString());
        Assert.Equal("assistant", choices[0].GetProperty("delta").GetProperty("role").GetString());
        Assert.All(choices, c => Assert.False(c.GetProperty("delta").TryGetProperty("content", out _)));
        Assert.Equal("tool_calls", choices[^1].GetProperty("finish_reason").GetString());
    }

    [Fact]
    public async Task Results_go_back_and_are_answered()
    {
        string conversation = $$$"""
            {"messages": [{"role": "user", "content": "What is the weather in Berlin?"},
              {"role": "assistant", "content": null, "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "get_weather", "arguments": "{\"city\": \"Berlin\"}"}}]},
              {"role": "tool", "tool_call_id": "c1", "content": "rain"}], "max_tokens": 5, "temperature": 0, {{{Weather}}}}
            """;

        int alone = (await Server.PostAsync(Path, Ask + "}")).Ok.GetProperty("usage").GetProperty("prompt_tokens").GetInt32();
        int after = (await Server.PostAsync(Path, conversation)).Ok.GetProperty("usage").GetProperty("prompt_tokens").GetInt32();

        Assert.True(after > alone + 10, $"{after} tokens with the call and its result, {alone} without");
    }

    [Theory]
    [InlineData("\"required\"")]
    [InlineData("{\"type\": \"function\", \"function\": {\"name\": \"get_wind\"}}")]
    public async Task A_call_that_must_come_comes(string choice)
    {
        string request = $$$"""
            {"messages": [{"role": "user", "content": "Tell me a joke."}], "temperature": 1.5, "seed": 3, "tool_choice": {{{choice}}},
             "tools": [{"type": "function", "function": {"name": "get_wind", "parameters": {"type": "object", "properties": {"day": {"enum": ["today", "tomorrow"]}}, "required": ["day"] } } } ] }
            """;

        JsonElement answer = (await Server.PostAsync(Path, request)).Ok.GetProperty("choices")[0];

        JsonElement call = Assert.Single(answer.GetProperty("message").GetProperty("tool_calls").EnumerateArray()).GetProperty("function");
        Assert.Equal("get_wind", call.GetProperty("name").GetString());
        Assert.Contains(call.GetProperty("arguments").GetString(), (string[])["{\"day\":\"today\"}", "{\"day\":\"tomorrow\"}"]);
        Assert.Equal("tool_calls", answer.GetProperty("finish_reason").GetString());
    }

    [Theory]
    [InlineData(", \"tool_choice\": \"none\"}")]
    [InlineData(", \"tool_choice\": \"none\", \"parallel_tool_calls\": false}")]
    public async Task No_call_comes_where_none_is_wanted(string rest)
    {
        JsonElement choice = (await Server.PostAsync(Path, Ask + rest)).Ok.GetProperty("choices")[0];

        Assert.False(choice.GetProperty("message").TryGetProperty("tool_calls", out _));
        Assert.NotEqual("", choice.GetProperty("message").GetProperty("content").GetString());
        Assert.NotEqual("tool_calls", choice.GetProperty("finish_reason").GetString());
    }

    /// <summary>The official client, round trip: call, result, answer.</summary>
    [Theory, InlineData(false), InlineData(true)]
    public async Task The_official_client_calls_and_answers(bool streamed)
    {
        ChatClient client = new OpenAIClient(new ApiKeyCredential("unused"), new OpenAIClientOptions
        {
            Endpoint = new Uri("http://localhost/v1"),
            Transport = new HttpClientPipelineTransport(Server.Http),
            RetryPolicy = new ClientRetryPolicy(0),
        }).GetChatClient("tiny");
        ChatCompletionOptions options = new()
        {
            Temperature = 0,
            MaxOutputTokenCount = 60,
            ToolChoice = ChatToolChoice.CreateAutoChoice(),
            AllowParallelToolCalls = true,
            Tools = { ChatTool.CreateFunctionTool("get_weather", "Current weather of a place", BinaryData.FromString("""{"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}""")) },
        };
        List<ChatMessage> messages = [new UserChatMessage("What is the weather in Berlin?")];

        ChatToolCall call = Assert.Single(streamed ? await StreamAsync() : await WholeAsync());
        Assert.Equal("get_weather", call.FunctionName);
        Assert.Equal("Berlin", JsonElement.Parse(call.FunctionArguments.ToString()).GetProperty("city").GetString());
        messages.Add(new AssistantChatMessage([call]));
        messages.Add(new ToolChatMessage(call.Id, "It is raining."));
        ChatCompletion answer = await client.CompleteChatAsync(messages, options, TestContext.Current.CancellationToken);

        Assert.True(answer.Content.Count + answer.ToolCalls.Count > 0);

        async Task<IReadOnlyList<ChatToolCall>> WholeAsync()
        {
            ChatCompletion completion = await client.CompleteChatAsync(messages, options, TestContext.Current.CancellationToken);
            Assert.Equal(ChatFinishReason.ToolCalls, completion.FinishReason);
            return completion.ToolCalls;
        }

        async Task<IReadOnlyList<ChatToolCall>> StreamAsync()
        {
            Dictionary<int, (string Id, string Name, StringBuilder Arguments)> calls = [];
            ChatFinishReason? reason = null;
            await foreach (StreamingChatCompletionUpdate update in client.CompleteChatStreamingAsync(messages, options, TestContext.Current.CancellationToken))
            {
                foreach (StreamingChatToolCallUpdate part in update.ToolCallUpdates)
                {
                    if (!calls.TryGetValue(part.Index, out var known)) calls[part.Index] = known = (part.ToolCallId, part.FunctionName, new StringBuilder());
                    known.Arguments.Append(part.FunctionArgumentsUpdate);
                }

                reason = update.FinishReason ?? reason;
            }

            Assert.Equal(ChatFinishReason.ToolCalls, reason);
            return [.. calls.Values.Select(c => ChatToolCall.CreateFunctionToolCall(c.Id, c.Name, BinaryData.FromString(c.Arguments.ToString())))];
        }
    }
}
