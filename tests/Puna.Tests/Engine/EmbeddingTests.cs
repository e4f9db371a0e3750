using Puna.Compute;
using Puna.Engine;
using Puna.Models;
using Puna.Models.Cache;

namespace Puna.Tests.Engine;

public sealed class EmbeddingTests(EngineFixture fixture) : IClassFixture<EngineFixture>
{
    private static readonly string Text = string.Concat(Enumerable.Repeat("hello you and the rest in it. ", 6));

    [Fact]
    public async Task An_embedding_is_the_mean_of_the_networks_final_hidden_states()
    {
        int[] tokens = fixture.Model.Tokenizer.Encode(Text.AsSpan(0, 40), addBos: true);
        using KvCache cache = fixture.Model.Decoder.CreateCache(new KvCacheOptions());
        using DecoderState state = fixture.Model.Decoder.CreateState(tokens.Length, 1);
        Batch batch = new(tokens.Length) { NeedsHidden = true };
        int slot = cache.Open();
        for (int i = 0; i < tokens.Length; i++) batch.Add(tokens[i], i, slot, needsLogits: i == tokens.Length - 1);
        fixture.Model.Decoder.Forward(batch, cache, state);
        float[] mean = new float[fixture.Model.Config.HiddenSize];
        for (int row = 0; row < tokens.Length; row++)
        {
            ReadOnlySpan<float> hidden = fixture.Model.Decoder.Hidden(state, row);
            for (int i = 0; i < mean.Length; i++) mean[i] += hidden[i];
        }

        float[] logits = fixture.Model.Decoder.Logits(state, 0).ToArray();

        using InferenceEngine engine = fixture.Start();
        Assert.Equal(mean.Select(x => x / tokens.Length), await engine.EmbedAsync(tokens, TestContext.Current.CancellationToken));
        Assert.Equal(LogitsWithoutHidden(tokens), logits); // what is asked for beside them changes no bit of them
    }

    [Fact]
    public async Task An_embedding_does_not_depend_on_what_runs_beside_it_nor_on_how_it_is_cut()
    {
        int[][] texts = [.. Enumerable.Range(0, 12).Select(i => fixture.Model.Tokenizer.Encode(Text.AsSpan(0, 1 + i * 13), addBos: true))];
        GenerationRequest[] requests = [.. Enumerable.Range(0, 6).Select(i => fixture.Request(Text[..(7 + i * 23)], 20, seed: (ulong)i))];
        List<float[]> alone = [];
        List<EngineFixture.Answer> answersAlone = [];
        using (InferenceEngine engine = fixture.Start(new EngineOptions { MaxSequences = 1, BatchTokens = 512, RetainedSequences = 0 }))
        {
            foreach (int[] text in texts) alone.Add(await engine.EmbedAsync(text, TestContext.Current.CancellationToken));
            foreach (GenerationRequest request in requests) answersAlone.Add(await EngineFixture.ReadAsync(engine.Submit(request)));
        }

        using InferenceEngine busy = fixture.Start(new EngineOptions { MaxSequences = 4, BatchTokens = 10, RetainedSequences = 2 });
        Task<EngineFixture.Answer>[] answers = [.. requests.Select(r => EngineFixture.ReadAsync(busy.Submit(r)))];
        float[][] together = await Task.WhenAll(texts.Select(t => busy.EmbedAsync(t, TestContext.Current.CancellationToken)));

        for (int i = 0; i < texts.Length; i++) Assert.Equal(alone[i], together[i]);
        for (int i = 0; i < requests.Length; i++) Assert.Equal(answersAlone[i].Ids, (await answers[i]).Ids);
    }

    [Fact]
    public async Task A_text_that_is_pushed_out_of_a_full_cache_comes_out_the_same()
    {
        int[] text = fixture.Model.Tokenizer.Encode(Text, addBos: true);
        EngineOptions options = new() { MaxSequences = 4, BatchTokens = 16, ContextLength = 256, RetainedSequences = 0 };
        long one;
        float[] alone;
        using (InferenceEngine engine = fixture.Start(options))
        {
            Generation probe = engine.Submit(fixture.Request(Text, 1));
            await EngineFixture.ReadAsync(probe);
            alone = await engine.EmbedAsync(text, TestContext.Current.CancellationToken);
            one = engine.Status.KvBytesAllocated;
        }

        using InferenceEngine tight = fixture.Start(options with { KvMemoryLimit = one * 2 });
        float[][] together = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => tight.EmbedAsync(text, TestContext.Current.CancellationToken)));

        Assert.All(together, vector => Assert.Equal(alone, vector));
        Assert.Equal(0, tight.Status.KvBytesUsed);
    }

    [Fact]
    public async Task What_cannot_be_embedded_is_refused_and_what_is_given_up_is_freed()
    {
        using InferenceEngine engine = fixture.Start(new EngineOptions { ContextLength = 256, RetainedSequences = 2 });

        await Assert.ThrowsAsync<ArgumentException>(() => engine.EmbedAsync([], TestContext.Current.CancellationToken));
        await Assert.ThrowsAsync<ArgumentException>(() => engine.EmbedAsync([-1], TestContext.Current.CancellationToken));
        await Assert.ThrowsAsync<PromptTooLongException>(() => engine.EmbedAsync(new int[256], TestContext.Current.CancellationToken));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => engine.EmbedAsync([1], new CancellationToken(canceled: true)));
        Assert.Equal(0, engine.Status.KvBytesUsed);
    }

    private float[] LogitsWithoutHidden(int[] tokens)
    {
        using KvCache cache = fixture.Model.Decoder.CreateCache(new KvCacheOptions());
        using DecoderState state = fixture.Model.Decoder.CreateState(tokens.Length, 1);
        Batch batch = new(tokens.Length);
        int slot = cache.Open();
        for (int i = 0; i < tokens.Length; i++) batch.Add(tokens[i], i, slot, needsLogits: i == tokens.Length - 1);
        fixture.Model.Decoder.Forward(batch, cache, state);
        return fixture.Model.Decoder.Logits(state, 0).ToArray();
    }
}
