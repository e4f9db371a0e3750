using System.Text.Json;
using Microsoft.Extensions.AI;
using Puna.Engine;
using Puna.Engine.Sampling;
using Puna.Prompting;

namespace Puna.Tests.Library;

public sealed class ChatOptionsTests(TinyChatFixture fixture) : IClassFixture<TinyChatFixture>
{
    private static readonly AITool Tool = AIFunctionFactory.Create(() => 1, "roll");

    [Fact]
    public void Without_options_the_recommended_sampling_is_used()
    {
        Assert.Equal(SamplingDefaults.Options, Read(null).Sampling);
        Assert.Equal(SamplingDefaults.Options, Read(new ChatOptions()).Sampling);
        Assert.Equal((0.6f, 0.9f), (SamplingDefaults.Options.Temperature, SamplingDefaults.Options.TopP));
    }

    [Fact]
    public void Sampling_members_and_limits_are_honoured()
    {
        GenerationRequest request = Read(new ChatOptions
        {
            Temperature = 0.25f,
            TopP = 0.5f,
            TopK = 7,
            FrequencyPenalty = 0.125f,
            PresencePenalty = -0.5f,
            Seed = -1,
            MaxOutputTokens = 11,
            StopSequences = ["one", "two"],
        });

        SamplingOptions expected = SamplingDefaults.Options with { Temperature = 0.25f, TopP = 0.5f, TopK = 7, FrequencyPenalty = 0.125f, PresencePenalty = -0.5f, Seed = ulong.MaxValue };
        Assert.Equal(expected, request.Sampling);
        Assert.Equal(11, request.MaxTokens);
        Assert.Equal(["one", "two"], request.Stop);
    }

    [Fact]
    public void A_value_out_of_range_is_named()
    {
        Assert.Equal("Temperature", Assert.Throws<SamplingOptionException>(() => Read(new ChatOptions { Temperature = -1 })).Option);
        Assert.Equal("MinP", Assert.Throws<SamplingOptionException>(() => Read(With("min_p", 2))).Option);
    }

    [Fact]
    public void Additional_sampling_is_honoured_whatever_the_type_of_its_numbers()
    {
        ChatOptions options = new()
        {
            AdditionalProperties = new AdditionalPropertiesDictionary
            {
                ["min_p"] = 0.25,
                ["typical_p"] = 0.5f,
                ["repetition_penalty"] = 1.5m,
                ["repeat_last_n"] = 16L,
                ["min_keep"] = Json("2"),
                ["dry_multiplier"] = Json("0.5"),
                ["dry_base"] = 2,
                ["dry_allowed_length"] = 3,
                ["dry_penalty_last_n"] = 100,
                ["dry_sequence_breakers"] = new[] { "x", "hello" },
                ["xtc_probability"] = 0.5,
                ["xtc_threshold"] = 0.25,
                ["logit_bias"] = Json("""{"5": -100, "6": 1.5}"""),
                ["logprobs"] = true,
                ["top_logprobs"] = 4,
                ["unused"] = null,
            },
        };

        SamplingOptions sampling = Read(options).Sampling;

        int[] breakers = [fixture.Model.Tokenizer.Encode("x", addBos: false)[0], fixture.Model.Tokenizer.Encode("hello", addBos: false)[0]];
        Assert.Equal((0.25f, 0.5f, 1.5f, 16, 2), (sampling.MinP, sampling.TypicalP, sampling.RepetitionPenalty, sampling.RepeatLastN, sampling.MinKeep));
        Assert.Equal((0.5f, 2f, 3, 100), (sampling.Dry!.Multiplier, sampling.Dry.Base, sampling.Dry.AllowedLength, sampling.Dry.LastN));
        Assert.Equal(breakers, sampling.Dry.SequenceBreakers);
        Assert.Equal((0.5f, 0.25f, true, 4), (sampling.XtcProbability, sampling.XtcThreshold, sampling.Logprobs, sampling.TopLogprobs));
        Assert.Equal(new Dictionary<int, float> { [5] = -100, [6] = 1.5f }, sampling.LogitBias);
    }

    public static TheoryData<string, object> BadProperties => new()
    {
        { "min_q", 1 }, { "dry_speed", 1 }, { "min_p", "0.1" }, { "repeat_last_n", 1.5 }, { "logprobs", 1 }, { "logit_bias", 3 }, { "dry_sequence_breakers", "x" },
        { "dry_sequence_breakers", new[] { "not one token" } },
    };

    [Theory, MemberData(nameof(BadProperties), DisableDiscoveryEnumeration = true)]
    public void An_unknown_name_or_type_is_refused_by_name(string name, object value)
    {
        UnsupportedChatFeatureException error = Assert.Throws<UnsupportedChatFeatureException>(() => Read(With(name, value)));

        Assert.Equal($"ChatOptions.AdditionalProperties[\"{name}\"]", error.Member);
    }

    [Fact]
    public void A_raw_request_is_the_base_that_options_override()
    {
        GenerationRequest raw = new() { Prompt = [], Sampling = new SamplingOptions { Temperature = 2, MinP = 0.5f }, MaxTokens = 3, Stop = ["raw"], IgnoreEndOfGeneration = true };

        GenerationRequest request = Read(new ChatOptions { RawRepresentationFactory = client => client == fixture.Client ? raw : null, Temperature = 1, MaxOutputTokens = 5 });

        Assert.Equal((1f, 0.5f, 1f), (request.Sampling.Temperature, request.Sampling.MinP, request.Sampling.TopP));
        Assert.Equal(5, request.MaxTokens);
        Assert.Equal(["raw"], request.Stop);
        Assert.True(request.IgnoreEndOfGeneration);
        Assert.Equal(SamplingDefaults.Options, Read(new ChatOptions { RawRepresentationFactory = _ => null }).Sampling);
    }

    /// <summary>Requests that cannot be honoured, by the member that is refused.</summary>
    public static TheoryData<string, ChatOptions> Refused => new()
    {
        { "ConversationId", new ChatOptions { ConversationId = "c" } },
        { "Reasoning", new ChatOptions { Reasoning = new ReasoningOptions { Effort = ReasoningEffort.High } } },
        { "Reasoning", new ChatOptions { Reasoning = new ReasoningOptions { Output = ReasoningOutput.Full } } },
        { "ModelId", new ChatOptions { ModelId = "another" } },
        { "ToolMode", new ChatOptions { ToolMode = ChatToolMode.RequireAny } },
        { "ToolMode", new ChatOptions { Tools = [Tool], ToolMode = ChatToolMode.RequireSpecific("other") } },
        { "Tools[1].parameters", new ChatOptions { Tools = [Tool, AIFunctionFactory.CreateDeclaration("f", null, Json("""{"properties": {"a": {"format": "no-such-format"}}}"""))], ToolMode = ChatToolMode.RequireAny } },
        { "Tools[1]", new ChatOptions { Tools = [Tool, new HostedWebSearchTool()] } },
        { "Tools[1].name", new ChatOptions { Tools = [Tool, Tool] } },
        { "Tools[0].name", new ChatOptions { Tools = [AIFunctionFactory.CreateDeclaration("two words", null, Json("{}"))] } },
        { "Tools[0].parameters.required", new ChatOptions { Tools = [AIFunctionFactory.CreateDeclaration("f", null, Json("""{"required": 1}"""))] } },
        { "RawRepresentationFactory", new ChatOptions { RawRepresentationFactory = _ => new object() } },
        { "RawRepresentationFactory", new ChatOptions { RawRepresentationFactory = _ => new GenerationRequest { Prompt = [1] } } },
#pragma warning disable MEAI001 // experimental
        { "ContinuationToken", new ChatOptions { ContinuationToken = ResponseContinuationToken.FromBytes(new byte[] { 1 }) } },
#pragma warning restore MEAI001
    };

    [Theory, MemberData(nameof(Refused), DisableDiscoveryEnumeration = true)]
    public void What_cannot_be_honoured_is_refused_by_name(string member, ChatOptions options)
    {
        UnsupportedChatFeatureException error = Assert.Throws<UnsupportedChatFeatureException>(() =>
        {
            _ = Read(options);
            _ = ChatTools.Read(options);
        });

        Assert.Equal($"ChatOptions.{member}", error.Member);
        Assert.IsAssignableFrom<NotSupportedException>(error);
    }

    [Fact]
    public void What_asks_for_nothing_is_accepted()
    {
        Assert.Equal(SamplingDefaults.Options, Read(new ChatOptions
        {
            ResponseFormat = ChatResponseFormat.Text,
            ModelId = fixture.Model.Name,
            Tools = [Tool],
            ToolMode = ChatToolMode.None,
            AllowMultipleToolCalls = true,
            Reasoning = new ReasoningOptions { Effort = ReasoningEffort.None },
#pragma warning disable MEAI001 // experimental
            AllowBackgroundResponses = true,
#pragma warning restore MEAI001
        }).Sampling);
        Assert.NotNull(Read(new ChatOptions { ModelId = "llama4", ToolMode = ChatToolMode.Auto })); // the file's name
        Assert.Null(ChatTools.Read(new ChatOptions { ToolMode = ChatToolMode.Auto }));
        Assert.Null(ChatTools.Read(new ChatOptions { Tools = [Tool], ToolMode = ChatToolMode.None }));
        Assert.False(ChatTools.Read(new ChatOptions { Tools = [Tool], AllowMultipleToolCalls = false })!.AllowsSeveral);
        Assert.True(ChatTools.Read(new ChatOptions { Tools = [Tool] })!.AllowsSeveral);
    }

    /// <summary>Members that the tests above show to be honoured or refused; a new one of the package has to be added to both.</summary>
    [Fact]
    public void Every_member_of_the_package_is_accounted_for()
    {
        string[] handled =
        [
            "AdditionalProperties", "AllowBackgroundResponses", "AllowMultipleToolCalls", "ContinuationToken", "ConversationId", "FrequencyPenalty", "Instructions",
            "MaxOutputTokens", "ModelId", "PresencePenalty", "RawRepresentationFactory", "Reasoning", "ResponseFormat", "Seed", "StopSequences", "Temperature",
            "ToolMode", "Tools", "TopK", "TopP",
        ];

        Assert.Equal(handled, typeof(ChatOptions).GetProperties().Select(p => p.Name).Order(StringComparer.Ordinal));
        Assert.Equal(["Effort", "Output"], typeof(ReasoningOptions).GetProperties().Select(p => p.Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Instructions_lead_as_a_system_message()
    {
        List<Puna.Chat.Templates.TemplateMessage> read = ChatMessageReader.Read([new ChatMessage(ChatRole.User, "hello")], "Be brief.");

        Assert.Equal([("system", "Be brief."), ("user", "hello")], read.Select(m => (m.Role, m.Content!)));
    }

    [Fact]
    public void Instructions_come_before_the_words_of_a_system_message_that_is_there()
    {
        List<Puna.Chat.Templates.TemplateMessage> read = ChatMessageReader.Read(
            [new ChatMessage(ChatRole.System, "You know birds."), new ChatMessage(ChatRole.User, "hello")], "Be brief.");

        Assert.Equal([("system", "Be brief.\n\nYou know birds."), ("user", "hello")], read.Select(m => (m.Role, m.Content!)));
    }

    [Fact]
    public void Texts_of_a_message_are_one_text()
    {
        ChatMessage[] messages = [new(ChatRole.User, [new TextContent("a"), new TextContent("b")]), new(ChatRole.Assistant, "c"), new(ChatRole.Tool, "d")];

        Assert.Equal([("user", "ab"), ("assistant", "c"), ("tool", "d")], ChatMessageReader.Read(messages, null).Select(m => (m.Role, m.Content!)));
    }

    [Fact]
    public async Task A_stop_sequence_ends_the_answer_and_is_named()
    {
        // Only "h" and "i" are possible.
        int h = fixture.Model.Tokenizer.Encode("h", addBos: false)[0], i = fixture.Model.Tokenizer.Encode("i", addBos: false)[0];
        ChatOptions options = TinyChatFixture.Short(100);
        options.AdditionalProperties = new AdditionalPropertiesDictionary { ["logit_bias"] = new Dictionary<int, float> { [h] = float.PositiveInfinity, [i] = float.PositiveInfinity } };
        options.StopSequences = ["hi"];

        ChatResponse response = await fixture.Client.GetResponseAsync("hello", options);

        Assert.Equal(ChatFinishReason.Stop, response.FinishReason);
        Assert.Equal("hi", response.AdditionalProperties![ResponseProperties.StopSequence]);
        Assert.DoesNotContain("hi", response.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Logprobs_come_with_the_answer_one_step_a_token()
    {
        ChatOptions options = TinyChatFixture.Short(9);
        options.AdditionalProperties = new AdditionalPropertiesDictionary { ["logprobs"] = true, ["top_logprobs"] = 2 };

        ChatResponse response = await fixture.Client.GetResponseAsync("hello", options);

        IReadOnlyList<GenerationStep> steps = Assert.IsAssignableFrom<IReadOnlyList<GenerationStep>>(response.AdditionalProperties![ResponseProperties.Logprobs]);
        Assert.Equal(9, steps.Count);
        Assert.All(steps, s => Assert.Equal(2, s.TopLogprobs.Count));
        Assert.All(steps, s => Assert.NotNull(s.Logprob));
    }

    private GenerationRequest Read(ChatOptions? options) => ChatOptionsReader.Read(options, fixture.Client);

    private static ChatOptions With(string name, object value) => new() { AdditionalProperties = new AdditionalPropertiesDictionary { [name] = value } };

    private static JsonElement Json(string text) => JsonDocument.Parse(text).RootElement;
}
