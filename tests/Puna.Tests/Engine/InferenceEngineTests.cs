using Puna.Engine;
using Puna.Engine.Sampling;
using Puna.Tests.Models;

namespace Puna.Tests.Engine;

public sealed class InferenceEngineTests(EngineFixture fixture) : IClassFixture<EngineFixture>
{
    private static readonly string Text = string.Concat(Enumerable.Repeat("hello you and the rest in it. ", 12));

    [Fact]
    public async Task Concurrent_requests_give_the_same_tokens_as_alone()
    {
        // More requests than sequences, prompts across several batches and chunks, and steps that mix both.
        GenerationRequest[] requests = [.. Enumerable.Range(0, 12).Select(i => fixture.Request(Text[..(7 + i * 23)], 10 + i * 3, seed: (ulong)i))];
        using InferenceEngine engine = fixture.Start(new EngineOptions { MaxSequences = 4, BatchTokens = 24, RetainedSequences = 0 });
        Generation[] together = [.. requests.Select(engine.Submit)];

        EngineFixture.Answer[] answers = await Task.WhenAll(together.Select(EngineFixture.ReadAsync));

        for (int i = 0; i < requests.Length; i++)
        {
            EngineFixture.Answer alone = await fixture.AloneAsync(requests[i], new EngineOptions { MaxSequences = 1, BatchTokens = 512, RetainedSequences = 0 });
            Assert.Equal(alone.Ids, answers[i].Ids);
            Assert.Equal(alone.Text, answers[i].Text);
        }
    }

    [Fact]
    public async Task The_same_seed_repeats_an_answer_and_another_does_not()
    {
        EngineFixture.Answer first = await fixture.AloneAsync(fixture.Request("hello", 20, seed: 7));
        EngineFixture.Answer same = await fixture.AloneAsync(fixture.Request("hello", 20, seed: 7));
        EngineFixture.Answer other = await fixture.AloneAsync(fixture.Request("hello", 20, seed: 8));

        Assert.Equal(first.Ids, same.Ids);
        Assert.NotEqual(first.Ids, other.Ids);
    }

    [Fact]
    public async Task A_seed_that_the_engine_chose_repeats_the_answer()
    {
        GenerationRequest request = fixture.Request("hello", 20) with { Sampling = new SamplingOptions() };
        EngineFixture.Answer first = await fixture.AloneAsync(request);
        EngineFixture.Answer again = await fixture.AloneAsync(fixture.Request("hello", 20, first.Generation.Seed));

        Assert.Equal(first.Ids, again.Ids);
    }

    [Fact]
    public async Task Ends_after_the_most_tokens_asked_for()
    {
        EngineFixture.Answer answer = await fixture.AloneAsync(fixture.Request("hello", 5));

        Assert.Equal(FinishReason.Length, answer.Generation.FinishReason);
        Assert.Equal(5, answer.Ids.Length);
        Assert.Equal(5, answer.Generation.CompletionTokens);
        Assert.Equal(2, answer.Generation.PromptTokens);
    }

    [Fact]
    public async Task Ends_where_the_context_is_full()
    {
        EngineFixture.Answer answer = await fixture.AloneAsync(
            fixture.Request(Text[..60], 1) with { MaxTokens = null }, new EngineOptions { ContextLength = 64, RetainedSequences = 0 });

        Assert.Equal(FinishReason.Length, answer.Generation.FinishReason);
        Assert.Equal(64, answer.Generation.PromptTokens + answer.Generation.CompletionTokens);
    }

    [Fact]
    public async Task Ends_at_a_token_that_ends_the_turn_without_counting_it()
    {
        int end = TinyModel.Llama4.Vocabulary.IdOf("<|eot|>");
        GenerationRequest request = fixture.Request("hello", 5) with
        {
            IgnoreEndOfGeneration = false,
            Sampling = new SamplingOptions { LogitBias = new Dictionary<int, float> { [end] = float.PositiveInfinity } },
        };

        EngineFixture.Answer answer = await fixture.AloneAsync(request);

        Assert.Equal(FinishReason.Stop, answer.Generation.FinishReason);
        Assert.Null(answer.Generation.StopString);
        Assert.Empty(answer.Ids);
        Assert.Equal("", answer.Text);
    }

    [Fact]
    public async Task Ends_before_a_stop_string_that_spans_tokens()
    {
        // "h" and "i" alternate: a bias leaves only them possible, and one ends what the other begins.
        int h = fixture.Model.Tokenizer.Encode("h", addBos: false)[0], i = fixture.Model.Tokenizer.Encode("i", addBos: false)[0];
        GenerationRequest request = fixture.Request("hello", 200) with
        {
            Sampling = new SamplingOptions { Seed = 3, LogitBias = new Dictionary<int, float> { [h] = float.PositiveInfinity, [i] = float.PositiveInfinity } },
        };
        string unstopped = (await fixture.AloneAsync(request)).Text;
        int at = unstopped.IndexOf("hih", StringComparison.Ordinal);
        Assert.True(at > 0, unstopped);

        EngineFixture.Answer answer = await fixture.AloneAsync(request with { Stop = ["zz", "hih"] });

        Assert.Equal(unstopped[..at], answer.Text);
        Assert.Equal(FinishReason.Stop, answer.Generation.FinishReason);
        Assert.Equal("hih", answer.Generation.StopString);
    }

    [Fact]
    public async Task Logprobs_come_with_every_token_and_agree_with_the_alternatives()
    {
        GenerationRequest request = fixture.Request("hello", 12) with { Sampling = SamplingOptions.Greedy with { Logprobs = true, TopLogprobs = 3 } };

        EngineFixture.Answer answer = await fixture.AloneAsync(request);

        Assert.All(answer.Steps, step =>
        {
            Assert.Equal(3, step.TopLogprobs.Count);
            Assert.Equal(step.Id, step.TopLogprobs[0].Id); // greedy
            Assert.Equal(step.Logprob, step.TopLogprobs[0].Logprob);
            Assert.InRange(step.Logprob!.Value, float.MinValue, 0);
            Assert.True(step.TopLogprobs[0].Logprob >= step.TopLogprobs[1].Logprob && step.TopLogprobs[1].Logprob >= step.TopLogprobs[2].Logprob);
        });
    }

    [Fact]
    public void Refuses_a_prompt_that_fills_the_context()
    {
        using InferenceEngine engine = fixture.Start(new EngineOptions { ContextLength = 16 });
        GenerationRequest request = fixture.Request("hello", 1) with { Prompt = [.. Enumerable.Repeat(1, 16)] };

        PromptTooLongException error = Assert.Throws<PromptTooLongException>(() => engine.Submit(request));

        Assert.Equal(16, error.PromptTokens);
        Assert.Equal(16, error.ContextLength);
    }

    [Fact]
    public void Refuses_what_cannot_be_a_request()
    {
        using InferenceEngine engine = fixture.Start();
        GenerationRequest good = fixture.Request("hello", 1);

        Assert.Throws<ArgumentException>(() => engine.Submit(good with { Prompt = [] }));
        Assert.Throws<ArgumentException>(() => engine.Submit(good with { Prompt = [TinyModel.Llama4.Vocabulary.Size] }));
        Assert.Throws<ArgumentException>(() => engine.Submit(good with { Prompt = [-1] }));
        Assert.Throws<ArgumentException>(() => engine.Submit(good with { MaxTokens = 0 }));
        Assert.Throws<ArgumentException>(() => engine.Submit(good with { Stop = [""] }));
        Assert.Throws<SamplingOptionException>(() => engine.Submit(good with { Sampling = new SamplingOptions { TopLogprobs = 2 } }));
    }

    [Fact]
    public async Task Others_go_on_when_a_request_fails()
    {
        // Every token banned: nothing is left to choose.
        Dictionary<int, float> ban = Enumerable.Range(0, TinyModel.Llama4.Vocabulary.Size).ToDictionary(id => id, _ => float.NegativeInfinity);
        GenerationRequest good = fixture.Request(Text, 20), bad = fixture.Request("hello", 5) with { Sampling = new SamplingOptions { LogitBias = ban } };
        int[] alone = (await fixture.AloneAsync(good)).Ids;
        using InferenceEngine engine = fixture.Start(new EngineOptions { RetainedSequences = 2 });
        Generation before = engine.Submit(good), failing = engine.Submit(bad);

        NoTokenAllowedException error = await Assert.ThrowsAsync<NoTokenAllowedException>(() => EngineFixture.ReadAsync(failing));

        Assert.Contains("-Infinity", error.Message, StringComparison.Ordinal);
        Assert.Equal(alone, (await EngineFixture.ReadAsync(before)).Ids);
        Assert.Equal(alone, (await EngineFixture.ReadAsync(engine.Submit(good))).Ids);
    }
}
