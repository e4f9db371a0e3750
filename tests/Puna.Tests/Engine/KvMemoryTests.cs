using Puna.Engine;
using Puna.Models.Cache;
using Puna.Tensors;

namespace Puna.Tests.Engine;

/// <summary>The engine under a memory limit of its KV cache, and reuse of what it holds.</summary>
public sealed class KvMemoryTests(EngineFixture fixture) : IClassFixture<EngineFixture>
{
    private static readonly string Text = string.Concat(Enumerable.Repeat("hello you and the rest in it. ", 12));

    private readonly KvPlan _plan = new(fixture.Model.Config.KvGeometry, ElementType.F16);

    [Fact]
    public async Task A_memory_limit_changes_no_token()
    {
        // Room for about two of the six sequences, so that most are put off or computed again.
        GenerationRequest[] requests = [.. Enumerable.Range(0, 6).Select(i => fixture.Request(Text[..(60 + i * 9)], 100, seed: (ulong)i))];
        EngineOptions limited = new() { MaxSequences = 6, RetainedSequences = 1, KvMemoryLimit = 2 * _plan.BytesAt(160, batchRows: 64), BatchTokens = 64 };
        using InferenceEngine engine = fixture.Start(limited);

        EngineFixture.Answer[] answers = await Task.WhenAll(requests.Select(r => EngineFixture.ReadAsync(engine.Submit(r))));

        using InferenceEngine free = fixture.Start(limited with { KvMemoryLimit = null });
        for (int i = 0; i < requests.Length; i++)
            Assert.Equal((await EngineFixture.ReadAsync(free.Submit(requests[i]))).Ids, answers[i].Ids);
    }

    [Fact]
    public async Task An_answer_ends_where_memory_does()
    {
        EngineOptions options = new() { MaxSequences = 1, RetainedSequences = 0, KvMemoryLimit = _plan.BytesAt(128) };

        EngineFixture.Answer answer = await fixture.AloneAsync(fixture.Request("hello", 300), options);

        Assert.Equal(FinishReason.Length, answer.Generation.FinishReason);
        Assert.InRange(answer.Ids.Length, 100, 299);
    }

    [Fact]
    public async Task A_prompt_beyond_memory_fails_and_the_next_is_served()
    {
        using InferenceEngine engine = fixture.Start(new EngineOptions { MaxSequences = 2, KvMemoryLimit = _plan.BytesAt(64) });
        Generation tooLong = engine.Submit(fixture.Request(Text, 5)), fits = engine.Submit(fixture.Request("hello", 5));

        KvCacheFullException error = await Assert.ThrowsAsync<KvCacheFullException>(() => EngineFixture.ReadAsync(tooLong));

        Assert.Equal(_plan.BytesAt(64), error.Limit);
        Assert.Equal(5, (await EngineFixture.ReadAsync(fits)).Ids.Length);
    }

    [Theory, InlineData(20), InlineData(150)] // inside the first chunk, and several chunks on
    public async Task A_second_turn_starts_from_the_first_ones_cache(int characters)
    {
        using InferenceEngine engine = fixture.Start(new EngineOptions { RetainedSequences = 1 });
        EngineFixture.Answer first = await EngineFixture.ReadAsync(engine.Submit(fixture.Request(Text[..characters], 10)));
        GenerationRequest second = fixture.Request("", 10) with { Prompt = [.. first.Generation.Request.Prompt, .. first.Ids, .. fixture.Model.Tokenizer.Encode(" and you?", addBos: false)] };

        EngineFixture.Answer reused = await EngineFixture.ReadAsync(engine.Submit(second));

        // All but the last token of the first answer, which was never fed to the model.
        Assert.Equal(first.Generation.PromptTokens + first.Ids.Length - 1, reused.Generation.CachedTokens);
        EngineFixture.Answer alone = await fixture.AloneAsync(second);
        Assert.Equal(0, alone.Generation.CachedTokens);
        Assert.Equal(alone.Ids, reused.Ids);
    }

    [Fact]
    public async Task A_prompt_that_branches_off_reuses_what_it_shares()
    {
        using InferenceEngine engine = fixture.Start(new EngineOptions { RetainedSequences = 1 });
        await EngineFixture.ReadAsync(engine.Submit(fixture.Request(Text[..150], 10)));
        GenerationRequest branch = fixture.Request(Text[..120] + "another end of it", 10);

        EngineFixture.Answer reused = await EngineFixture.ReadAsync(engine.Submit(branch));

        Assert.InRange(reused.Generation.CachedTokens, 1, branch.Prompt.Count - 1);
        Assert.Equal((await fixture.AloneAsync(branch)).Ids, reused.Ids);
    }

    [Fact]
    public async Task The_same_prompt_again_computes_only_its_last_token()
    {
        using InferenceEngine engine = fixture.Start(new EngineOptions { RetainedSequences = 1 });
        GenerationRequest request = fixture.Request("hello you", 1);
        EngineFixture.Answer first = await EngineFixture.ReadAsync(engine.Submit(request));

        EngineFixture.Answer again = await EngineFixture.ReadAsync(engine.Submit(request));

        Assert.Equal(request.Prompt.Count - 1, again.Generation.CachedTokens);
        Assert.Equal(first.Ids, again.Ids);
    }
}
