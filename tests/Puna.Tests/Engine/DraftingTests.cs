using Puna.Demo;
using Puna.Engine;
using Puna.Engine.Constraints;
using Puna.Engine.Sampling;
using Puna.Models;
using Puna.Models.Cache;
using Puna.Tensors;
using Puna.Tests.Models;

namespace Puna.Tests.Engine;

/// <summary>Speculative decoding changes how many steps an answer takes, and nothing else.</summary>
public sealed class DraftingTests(EngineFixture fixture) : IClassFixture<EngineFixture>, IDisposable
{
    private const string Schema = """{"type": "array", "items": {"type": "object", "properties": {"kind": {"enum": ["hello", "hell", "in"]}, "n": {"type": "integer", "minimum": 0, "maximum": 99}}, "required": ["kind", "n"], "additionalProperties": false}, "minItems": 3, "maxItems": 5}""";

    private static readonly string Text = string.Concat(Enumerable.Repeat("hello you and the rest in it. ", 6));

    private readonly TinyModelFolder _files = new();

    public enum Drafter
    {
        Lookup,
        Itself, // right wherever the likeliest token is chosen
        Other, // nearly always wrong
    }

    [Theory, InlineData(Drafter.Lookup, 16), InlineData(Drafter.Lookup, 4), InlineData(Drafter.Itself, 9), InlineData(Drafter.Other, 8)]
    public async Task Answers_are_the_same_with_and_without(Drafter drafter, int draftTokens)
    {
        GenerationRequest[] requests = await RequestsAsync();
        EngineFixture.Answer[] alone = new EngineFixture.Answer[requests.Length];
        for (int i = 0; i < requests.Length; i++) alone[i] = await fixture.AloneAsync(requests[i]);

        using PunaModel other = LoadOther();
        EngineOptions options = new() { ContextLength = 256, MaxSequences = 3, BatchTokens = 48, RetainedSequences = 0, PromptLookup = drafter == Drafter.Lookup, DraftTokens = draftTokens };
        using InferenceEngine engine = Start(options, drafter, other);
        EngineFixture.Answer[] drafted = await Task.WhenAll(requests.Select(r => EngineFixture.ReadAsync(engine.Submit(r))));

        for (int i = 0; i < requests.Length; i++) AssertSame(alone[i], drafted[i]);
        Assert.All(alone, a => Assert.Equal(0, a.Generation.AcceptedDraftTokens + a.Generation.RejectedDraftTokens));
        if (drafter != Drafter.Other) Assert.InRange(drafted.Sum(a => a.Generation.AcceptedDraftTokens), 30, int.MaxValue);
        Assert.InRange(drafted.Sum(a => a.Generation.RejectedDraftTokens), 1, int.MaxValue);
        await AllPagesComeBackAsync(engine);
    }

    [Fact]
    public async Task A_draft_model_that_is_the_model_is_always_right()
    {
        GenerationRequest request = fixture.Request(Text[..40], 100) with { Sampling = SamplingOptions.Greedy };
        using InferenceEngine engine = Start(new EngineOptions { DraftTokens = 4, RetainedSequences = 0 }, Drafter.Itself, null);

        Generation generation = (await EngineFixture.ReadAsync(engine.Submit(request))).Generation;

        // The first token comes from the prompt; then every step brings its own and four that were guessed.
        Assert.Equal(0, generation.RejectedDraftTokens);
        Assert.InRange(generation.AcceptedDraftTokens, 79, 80);
    }

    [Theory, InlineData(Drafter.Lookup), InlineData(Drafter.Itself)]
    public async Task Little_memory_changes_no_token(Drafter drafter)
    {
        GenerationRequest[] requests = [.. Enumerable.Range(0, 6).Select(i => fixture.Request(Text[..(60 + i * 9)], 90, (ulong)i) with { Sampling = i % 2 == 0 ? SamplingOptions.Greedy : new SamplingOptions { Seed = (ulong)i } })];
        KvPlan plan = new(fixture.Model.Config.KvGeometry, ElementType.F16);
        long limit = (drafter == Drafter.Lookup ? 2 : 4) * plan.BytesAt(160, batchRows: 64); // room for about two
        EngineOptions options = new() { MaxSequences = 6, BatchTokens = 64, RetainedSequences = 1, KvMemoryLimit = limit, PromptLookup = drafter == Drafter.Lookup, DraftTokens = 6 };
        EngineFixture.Answer[] alone = new EngineFixture.Answer[requests.Length];
        for (int i = 0; i < requests.Length; i++) alone[i] = await fixture.AloneAsync(requests[i]);
        using InferenceEngine engine = Start(options, drafter, null);

        EngineFixture.Answer[] drafted = await Task.WhenAll(requests.Select(r => EngineFixture.ReadAsync(engine.Submit(r))));

        for (int i = 0; i < requests.Length; i++) AssertSame(alone[i], drafted[i]);
        Assert.InRange(engine.Status.KvBytesAllocated, 1, limit);
    }

    [Theory, InlineData(20), InlineData(150)]
    public async Task What_was_guessed_wrong_is_not_in_the_cache_of_the_next_turn(int characters)
    {
        using InferenceEngine engine = Start(new EngineOptions { RetainedSequences = 1, PromptLookup = true }, Drafter.Lookup, null);
        EngineFixture.Answer first = await EngineFixture.ReadAsync(engine.Submit(fixture.Request(Text[..characters], 40) with { Sampling = SamplingOptions.Greedy }));
        GenerationRequest second = fixture.Request("", 40) with { Prompt = [.. first.Generation.Request.Prompt, .. first.Ids, .. fixture.Model.Tokenizer.Encode(" and you?", addBos: false)] };

        EngineFixture.Answer reused = await EngineFixture.ReadAsync(engine.Submit(second));

        Assert.Equal(first.Generation.PromptTokens + first.Ids.Length - 1, reused.Generation.CachedTokens);
        AssertSame(await fixture.AloneAsync(second), reused);
    }

    [Fact]
    public async Task Wrong_guesses_end()
    {
        using PunaModel other = LoadOther();
        using InferenceEngine engine = Start(new EngineOptions { ContextLength = 512, DraftTokens = 8, RetainedSequences = 0 }, Drafter.Other, other);

        Generation generation = (await EngineFixture.ReadAsync(engine.Submit(fixture.Request("hello", 400)))).Generation;

        Assert.InRange(generation.RejectedDraftTokens, 1, 60); // eight in every step would be 3,200
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task The_built_in_model_answers_the_same(bool itself)
    {
        string prompt = "Extract the fields.\n\nInvoice number: INV-2024-00817\nCustomer: Northern Harbour Shipping Company\nDate: 12 March 2024\nTotal: 1845.50";
        Constraint form = Constraint.FromJsonSchema("""{"type": "object", "properties": {"number": {"type": "string"}, "total": {"type": "number"}, "date": {"type": "string"}}, "required": ["number", "total", "date"], "additionalProperties": false}""");
        PunaModelOptions how = TinyModelFolder.OneThread with { ContextLength = 1024, RetainedSequences = 0 };
        using PunaModel plain = PunaModel.Load(DemoModel.Path, how);
        using PunaModel drafting = PunaModel.Load(DemoModel.Path, how with { PromptLookup = !itself, DraftModel = itself ? DemoModel.Path : null });
        int[] ids = plain.EncodeChat([new("user", prompt)]);

        int accepted = 0;
        foreach (SamplingOptions sampling in (SamplingOptions[])[SamplingOptions.Greedy with { Logprobs = true, TopLogprobs = 2 }, new() { Seed = 3, Temperature = 0.7f }])
        {
            foreach (Constraint? constraint in (Constraint?[])[null, form])
            {
                GenerationRequest request = new() { Prompt = ids, Sampling = sampling, Constraint = constraint, MaxTokens = 60 };
                EngineFixture.Answer answer = await EngineFixture.ReadAsync(drafting.Engine.Submit(request));
                AssertSame(await EngineFixture.ReadAsync(plain.Engine.Submit(request)), answer);
                accepted += answer.Generation.AcceptedDraftTokens;
            }
        }

        Assert.InRange(accepted, 10, int.MaxValue);
        Assert.Equal(itself ? 2 * plain.WeightBytes : plain.WeightBytes, drafting.WeightBytes);
    }

    [Fact]
    public void A_draft_model_with_another_vocabulary_is_refused_by_the_first_token_that_differs()
    {
        ModelException error = Assert.Throws<ModelException>(() => PunaModel.Load(_files.Llama4, TinyModelFolder.OneThread with { DraftModel = _files.Llama }));

        int first = TinyModel.Llama4.Vocabulary.OrdinaryTokens + 2; // both begin their special tokens with those that begin and end a text
        Assert.Equal(_files.Llama, error.Origin);
        Assert.Contains($"token {first} is '<|finetune_right_pad_id|>', but '<|header_start|>' in {_files.Llama4}. A draft model must share the vocabulary", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_ways_to_guess_or_a_length_out_of_range_are_refused()
    {
        Assert.Contains("both set", Assert.Throws<ArgumentException>(() => PunaModel.Load(_files.Llama4, new() { PromptLookup = true, DraftModel = _files.Llama4 })).Message, StringComparison.Ordinal);
        Assert.Contains("DraftTokens is 65; allowed are 1 to 64", Assert.Throws<ArgumentException>(() => PunaModel.Load(_files.Llama4, new() { DraftTokens = 65 })).Message, StringComparison.Ordinal);
    }

    public void Dispose() => _files.Dispose();

    /// <summary>Greedy and drawn, short and across chunks, with forms, stops, penalties, biases and log-probabilities.</summary>
    private async Task<GenerationRequest[]> RequestsAsync()
    {
        SamplingOptions greedy = SamplingOptions.Greedy;
        Dictionary<int, float> two = fixture.Model.Tokenizer.Encode("hi", addBos: false).ToDictionary(id => id, _ => float.PositiveInfinity);
        Constraint form = Constraint.FromJsonSchema(Schema);
        GenerationRequest across = fixture.Request(Text, 90);
        string text = (await fixture.AloneAsync(across with { Sampling = greedy })).Text, drawn = (await fixture.AloneAsync(across)).Text;
        return
        [
            across with { Sampling = greedy },
            across with { Sampling = greedy with { Logprobs = true, TopLogprobs = 3 } },
            across,
            fixture.Request("hello", 120, seed: 5) with { Sampling = new SamplingOptions { Seed = 5, Temperature = 0.3f, Logprobs = true } },
            across with { Sampling = greedy, Stop = ["#none#", text[^9..^4]] },
            across with { Stop = [drawn[^12..^8]] },
            across with { Sampling = greedy with { RepetitionPenalty = 1.2f, FrequencyPenalty = 0.3f, PresencePenalty = 0.2f } },
            across with { Sampling = new SamplingOptions { Seed = 8, Temperature = 0.4f, Dry = new DryOptions(), XtcProbability = 0.3f } },
            fixture.Request("hello", 60) with { Sampling = new SamplingOptions { Seed = 9, LogitBias = two } },
            .. new[] { greedy, greedy with { Logprobs = true }, new SamplingOptions { Seed = 4, Temperature = 1.5f } }
                .Select(s => fixture.Request(Text[..50], 150) with { Sampling = s, Constraint = form, IgnoreEndOfGeneration = false }),
            fixture.Request(Text[..30], 1) with { Sampling = greedy },
            fixture.Request(Text[..31], 2) with { Sampling = greedy },
            fixture.Request(Text[..60], 100) with { Sampling = greedy, IgnoreEndOfGeneration = false },
        ];
    }

    private InferenceEngine Start(EngineOptions options, Drafter drafter, PunaModel? other) =>
        new(fixture.Model.Decoder, fixture.Model.Tokenizer, options, drafter switch { Drafter.Lookup => null, Drafter.Itself => fixture.Model.Decoder, _ => other!.Decoder });

    private PunaModel LoadOther() => PunaModel.Load(_files.Path("other.gguf", TinyModel.Llama4 with { Layers = 2, Seed = 77 }), TinyModelFolder.OneThread);

    private static async Task AllPagesComeBackAsync(InferenceEngine engine)
    {
        for (int i = 0; i < 500 && engine.Status.KvBytesUsed > 0; i++) await Task.Delay(10, TestContext.Current.CancellationToken);
        Assert.Equal(0, engine.Status.KvBytesUsed);
    }

    private static void AssertSame(EngineFixture.Answer expected, EngineFixture.Answer actual)
    {
        Assert.Equal(expected.Ids, actual.Ids);
        Assert.Equal(expected.Text, actual.Text);
        Assert.Equal(expected.Generation.FinishReason, actual.Generation.FinishReason);
        Assert.Equal(expected.Generation.StopString, actual.Generation.StopString);
        Assert.Equal(expected.Generation.CompletionTokens, actual.Generation.CompletionTokens);
        for (int i = 0; i < expected.Steps.Count; i++)
        {
            Assert.Equal(expected.Steps[i].Text, actual.Steps[i].Text);
            Assert.Equal(expected.Steps[i].Logprob, actual.Steps[i].Logprob);
            Assert.Equal(expected.Steps[i].TopLogprobs, actual.Steps[i].TopLogprobs);
        }
    }
}
