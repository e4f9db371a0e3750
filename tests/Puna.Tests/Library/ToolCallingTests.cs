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

    /// <summary>Whatever is said, at whatever temperature: the tools' names, and arguments that their schemas allow.</summary>
    [Theory, InlineData(null), InlineData("book")]
    public async Task A_required_call_fits_its_tool(string? name)
    {
        JsonElement schema = JsonElement.Parse("""
            {"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object", "required": ["room", "guests"], "$defs": {"size": {"enum": ["small", "large"]}},
             "properties": {"room": {"$ref": "#/$defs/size"}, "guests": {"type": "array", "items": {"type": "integer", "minimum": 1, "maximum": 9}, "minItems": 1, "maxItems": 3}}}
            """);
        AITool[] tools = [AIFunctionFactory.CreateDeclaration("book", "Book a room", schema), AIFunctionFactory.CreateDeclaration("wait", null, JsonElement.Parse("{}"))];
        HashSet<string> called = [];
        for (int seed = 0; seed < 12; seed++)
        {
            ChatOptions options = new() { Tools = tools, ToolMode = name is null ? ChatToolMode.RequireAny : ChatToolMode.RequireSpecific(name), Temperature = 2, TopP = 1, Seed = seed, MaxOutputTokens = 400 };

            ChatResponse response = await _model.AsChatClient().GetResponseAsync("Tell me a joke.", options, TestContext.Current.CancellationToken);

            if (response.FinishReason == ChatFinishReason.Length) continue; // arguments of any length may be allowed
            Assert.Equal("", response.Text);
            Assert.Equal(ChatFinishReason.ToolCalls, response.FinishReason);
            FunctionCallContent call = Assert.IsType<FunctionCallContent>(Assert.Single(Assert.Single(response.Messages).Contents));
            called.Add(call.Name);
            if (call.Name != "book") continue;

            Assert.Equal(["guests", "room"], call.Arguments!.Keys.Order());
            Assert.Contains(Assert.IsType<JsonElement>(call.Arguments["room"]).GetString(), (string[])["small", "large"]);
            int[] guests = [.. Assert.IsType<JsonElement>(call.Arguments["guests"]).EnumerateArray().Select(g => g.GetInt32())];
            Assert.InRange(guests.Length, 1, 3);
            Assert.All(guests, g => Assert.InRange(g, 1, 9));
        }

        Assert.Contains("book", called);
        if (name is not null) Assert.Single(called);
    }

    /// <summary>The model names a city as a text; a strict schema that has another one makes no call of it.</summary>
    [Theory, InlineData(true, true), InlineData(false, false)]
    public async Task A_call_that_does_not_fit_a_strict_schema_stays_text(bool strict, bool staysText)
    {
        JsonElement schema = JsonElement.Parse("""{"type": "object", "properties": {"city": {"type": "string", "enum": ["Oslo"]}}, "required": ["city"]}""");
        ChatOptions options = With(new Declaration("get_weather", "Current weather of a place", schema, strict));

        ChatResponse response = await _model.AsChatClient().GetResponseAsync("What is the weather in Berlin?", options, TestContext.Current.CancellationToken);

        Assert.Equal(staysText ? 0 : 1, response.Messages[0].Contents.OfType<FunctionCallContent>().Count());
        Assert.Equal(staysText, response.Text.Contains("get_weather", StringComparison.Ordinal));
        Assert.Equal(staysText ? ChatFinishReason.Stop : ChatFinishReason.ToolCalls, response.FinishReason);
    }

    [Fact]
    public async Task A_call_that_fits_a_strict_schema_is_made()
    {
        JsonElement schema = JsonElement.Parse("""{"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"], "additionalProperties": false}""");

        ChatResponse response = await _model.AsChatClient().GetResponseAsync("What is the weather in Berlin?", With(new Declaration("get_weather", "Current weather of a place", schema, true)), TestContext.Current.CancellationToken);

        Assert.Equal("Berlin", Assert.Single(response.Messages[0].Contents.OfType<FunctionCallContent>()).Arguments!["city"]!.ToString());
    }

    /// <summary>Both are open to the model: a letter of the answer's key, made likely, decides.</summary>
    [Theory, InlineData(false), InlineData(true)]
    public async Task An_answer_of_a_schema_may_be_a_call_instead(bool answers)
    {
        JsonElement day = JsonElement.Parse("""{"type": "object", "properties": {"day": {"enum": ["today", "tomorrow"]}}, "required": ["day"]}""");
        JsonElement answer = JsonElement.Parse("""{"type": "object", "properties": {"zone": {"enum": ["north", "south"]}}, "required": ["zone"], "additionalProperties": false}""");
        int letter = Assert.Single(_model.Tokenizer.Encode(answers ? "z" : "n", addBos: false));
        ChatOptions options = new()
        {
            Tools = [AIFunctionFactory.CreateDeclaration("forecast", null, day)],
            ResponseFormat = ChatResponseFormat.ForJsonSchema(answer),
            Temperature = 0,
            AdditionalProperties = new AdditionalPropertiesDictionary { ["logit_bias"] = new Dictionary<int, float> { [letter] = 100 } },
        };

        ChatResponse response = await _model.AsChatClient().GetResponseAsync("Where?", options, TestContext.Current.CancellationToken);

        if (answers)
        {
            Assert.Equal(ChatFinishReason.Stop, response.FinishReason);
            Assert.Contains(JsonElement.Parse(response.Text).GetProperty("zone").GetString(), (string[])["north", "south"]);
        }
        else
        {
            Assert.Equal(ChatFinishReason.ToolCalls, response.FinishReason);
            Assert.Contains(Assert.Single(response.Messages[0].Contents.OfType<FunctionCallContent>()).Arguments!["day"]!.ToString(), (string[])["today", "tomorrow"]);
        }
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

    private sealed class Declaration(string name, string description, JsonElement schema, bool strict) : AIFunctionDeclaration
    {
        public override string Name => name;

        public override string Description => description;

        public override JsonElement JsonSchema => schema;

        public override IReadOnlyDictionary<string, object?> AdditionalProperties { get; } = new Dictionary<string, object?> { ["strict"] = strict };
    }
}
