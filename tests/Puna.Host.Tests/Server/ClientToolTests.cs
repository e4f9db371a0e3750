using System.ClientModel;
using System.ClientModel.Primitives;
using System.Text.Json;
using Anthropic;
using Anthropic.Models.Messages;
using OllamaSharp;
using OllamaSharp.Models;
using OllamaSharp.Models.Chat;
using OpenAI;
using OpenAI.Responses;
using OllamaMessage = OllamaSharp.Models.Chat.Message;
using OllamaTool = OllamaSharp.Models.Chat.Tool;

#pragma warning disable OPENAI001 // the client calls its responses experimental

namespace Puna.Host.Tests.Server;

/// <summary>Tool calls and their results over the clients of Ollama and Anthropic, and over responses.</summary>
public sealed class ClientToolTests(DemoServerFixture fixture) : IClassFixture<DemoServerFixture>
{
    private const string Question = "What is the weather in Berlin?";
    private const string Name = "get_weather";
    private const string Description = "Current weather of a place";

    private TinyServer Server => fixture.Server;

    [Theory, InlineData(false), InlineData(true)]
    public async Task Ollamas_client_calls_and_answers(bool streamed)
    {
        OllamaApiClient client = new(Server.Http, "tiny");
        ChatRequest request = new()
        {
            Model = "tiny",
            Messages = [new OllamaMessage(ChatRole.User, Question)],
            Options = new OllamaSharp.Models.RequestOptions { Temperature = 0, NumPredict = 60 },
            Stream = streamed,
            Tools = [new OllamaTool
            {
                Function = new OllamaSharp.Models.Chat.Function
                {
                    Name = Name,
                    Description = Description,
                    Parameters = new Parameters { Properties = new Dictionary<string, Property> { ["city"] = new() { Type = "string" } }, Required = ["city"] },
                },
            }],
        };

        List<OllamaMessage.ToolCall> calls = [];
        string text = "";
        await foreach (ChatResponseStream? piece in client.ChatAsync(request, TestContext.Current.CancellationToken))
        {
            text += piece!.Message.Content;
            calls.AddRange(piece.Message.ToolCalls ?? []);
        }

        OllamaMessage.ToolCall call = Assert.Single(calls);
        Assert.Equal("", text);
        Assert.Equal(Name, call.Function!.Name);
        Assert.Equal("Berlin", call.Function.Arguments!["city"]!.ToString());

        request.Messages = [new OllamaMessage(ChatRole.User, Question), new OllamaMessage { Role = ChatRole.Assistant, ToolCalls = [call] }, new OllamaMessage { Role = ChatRole.Tool, Content = "It is raining.", ToolName = Name }];
        ChatDoneResponseStream? end = null;
        await foreach (ChatResponseStream? piece in client.ChatAsync(request, TestContext.Current.CancellationToken)) end = piece as ChatDoneResponseStream ?? end;
        Assert.True(end!.EvalCount > 0);
    }

    [Fact]
    public async Task Anthropics_client_calls_and_answers()
    {
        AnthropicClient client = new() { HttpClient = Server.Http, BaseUrl = "http://localhost", ApiKey = "unused", MaxRetries = 0 };
        MessageCreateParams request = MessageCreateParams.FromRawUnchecked(new Dictionary<string, JsonElement>(), new Dictionary<string, JsonElement>(), Fields(AnthropicRequest(Messages(Question))));

        Anthropic.Models.Messages.Message message = await client.Messages.Create(request, TestContext.Current.CancellationToken);

        Assert.Equal("tool_use", message.StopReason!.Raw());
        Assert.True(Assert.Single(message.Content).TryPickToolUse(out ToolUseBlock? use));
        Assert.Equal(Name, use.Name);
        Assert.Equal("Berlin", use.Input["city"].GetString());

        string answered = $$$"""
            {{{Messages(Question)}}}, {"role": "assistant", "content": [{"type": "tool_use", "id": "{{{use.ID}}}", "name": "{{{Name}}}", "input": {"city": "Berlin"}}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "{{{use.ID}}}", "content": [{"type": "text", "text": "It is raining."}]}]}
            """;
        JsonElement usage = (await Server.PostAsync("/v1/messages", AnthropicRequest(answered))).Ok.GetProperty("usage");
        Assert.True(usage.GetProperty("input_tokens").GetInt32() + usage.GetProperty("cache_read_input_tokens").GetInt32() > message.Usage.InputTokens + message.Usage.CacheReadInputTokens + 10);
    }

    [Fact]
    public async Task Anthropics_client_streams_a_call()
    {
        AnthropicClient client = new() { HttpClient = Server.Http, BaseUrl = "http://localhost", ApiKey = "unused", MaxRetries = 0 };
        MessageCreateParams request = MessageCreateParams.FromRawUnchecked(new Dictionary<string, JsonElement>(), new Dictionary<string, JsonElement>(), Fields(AnthropicRequest(Messages(Question))));
        string order = "", json = "";
        await foreach (RawMessageStreamEvent piece in client.Messages.CreateStreaming(request, TestContext.Current.CancellationToken))
        {
            if (piece.TryPickContentBlockStart(out RawContentBlockStartEvent? start)) order += start.ContentBlock.TryPickToolUse(out ToolUseBlock? use) ? $"[{use.Name}" : "[text";
            if (piece.TryPickContentBlockDelta(out RawContentBlockDeltaEvent? delta) && delta.Delta.TryPickInputJson(out InputJsonDelta? part)) json += part.PartialJson;
            if (piece.TryPickContentBlockStop(out _)) order += "]";
        }

        Assert.Equal($"[{Name}]", order);
        Assert.Equal("""{"city":"Berlin"}""", json);
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task A_response_calls_and_the_next_goes_on_with_the_result(bool streamed)
    {
        ResponsesClient client = new OpenAIClient(new ApiKeyCredential("unused"), new OpenAIClientOptions
        {
            Endpoint = new Uri("http://localhost/v1"),
            Transport = new HttpClientPipelineTransport(Server.Http),
            RetryPolicy = new ClientRetryPolicy(0),
        }).GetResponsesClient();
        ResponseTool tool = ResponseTool.CreateFunctionTool(Name, BinaryData.FromString("""{"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}"""), strictModeEnabled: false, Description);
        CreateResponseOptions options = new() { Model = "tiny", Temperature = 0, MaxOutputTokenCount = 60 };
        options.InputItems.Add(ResponseItem.CreateUserMessageItem(Question));
        options.Tools.Add(tool);

        ResponseResult first = streamed ? await StreamAsync() : await client.CreateResponseAsync(options, TestContext.Current.CancellationToken);
        FunctionCallResponseItem call = Assert.IsType<FunctionCallResponseItem>(Assert.Single(first.OutputItems));
        Assert.Equal(Name, call.FunctionName);
        Assert.Equal("Berlin", JsonElement.Parse(call.FunctionArguments.ToString()).GetProperty("city").GetString());
        Assert.Equal(ResponseStatus.Completed, first.Status);

        CreateResponseOptions next = new() { Model = "tiny", Temperature = 0, MaxOutputTokenCount = 5, PreviousResponseId = first.Id };
        next.InputItems.Add(ResponseItem.CreateFunctionCallOutputItem(call.CallId, "It is raining."));
        next.Tools.Add(tool);
        ResponseResult second = await client.CreateResponseAsync(next, TestContext.Current.CancellationToken);
        Assert.True(second.Usage.InputTokenCount > first.Usage.InputTokenCount + 10);

        async Task<ResponseResult> StreamAsync()
        {
            options.StreamingEnabled = true;
            string arguments = "";
            ResponseResult? end = null;
            await foreach (StreamingResponseUpdate update in await client.CreateResponseStreamingAsync(options, TestContext.Current.CancellationToken))
            {
                if (update is StreamingResponseFunctionCallArgumentsDeltaUpdate delta) arguments += delta.Delta;
                if (update is StreamingResponseCompletedUpdate completed) end = completed.Response;
            }

            Assert.Equal("""{"city":"Berlin"}""", arguments);
            return end!;
        }
    }

    private static string Messages(string question) => $$"""{"role": "user", "content": "{{question}}"}""";

    private static string AnthropicRequest(string messages) => $$$"""
        {"model": "tiny", "max_tokens": 60, "temperature": 0, "messages": [{{{messages}}}],
         "tools": [{"name": "{{{Name}}}", "description": "{{{Description}}}", "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}]}
        """;

    private static Dictionary<string, JsonElement> Fields(string json) => JsonElement.Parse(json).EnumerateObject().ToDictionary(p => p.Name, p => p.Value);
}
