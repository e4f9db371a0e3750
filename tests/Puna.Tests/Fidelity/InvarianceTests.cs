using Puna.Compute;
using Puna.Models;
using Puna.Models.Cache;
using Puna.Tensors;

namespace Puna.Tests.Fidelity;

/// <summary>The same tokens give the same bits, whatever is computed with them, in what pieces, and by how many threads.</summary>
public sealed class InvarianceTests(RandomModelFolder models) : IClassFixture<RandomModelFolder>
{
    private const int Tokens = 70; // crosses chunks of 16 and pages of 8 several times

    private static readonly RandomModel Base = new() { HiddenSize = 256, Heads = 8, KvHeads = 2, HeadDim = 32, DenseSize = 256, ExpertSize = 256, ChunkSize = 16, TemperatureFloor = 8 };

    private static readonly byte[] ModelHash = new byte[KvCache.ModelHashBytes];

    private static readonly Dictionary<string, (RandomModel Model, ElementType Cache, string Backend)> Cases = new()
    {
        ["dense f32"] = (Base, ElementType.F32, "cpu"),
        ["dense f16, f16 cache"] = (Base with { Type = ElementType.F16 }, ElementType.F16, "cpu"),
        ["dense bf16, q8_0 cache"] = (Base with { Type = ElementType.BF16 }, ElementType.Q8_0, "cpu"),
        ["dense q8_0, q4_0 cache"] = (Base with { Type = ElementType.Q8_0 }, ElementType.Q4_0, "cpu"),
        ["dense q4_k, f16 cache"] = (Base with { Type = ElementType.Q4_K }, ElementType.F16, "cpu"),
        ["mixture f32"] = (Base with { Experts = 4, ExpertsUsed = 2 }, ElementType.F32, "cpu"),
        ["mixture q4_0, f16 cache"] = (Base with { Experts = 4, Type = ElementType.Q4_0 }, ElementType.F16, "cpu"),
        ["mixture q4_k, q8_0 cache"] = (Base with { Experts = 4, ExpertsUsed = 3, Type = ElementType.Q4_K }, ElementType.Q8_0, "cpu"),
        ["mixture q6_k every second layer, q4_0 cache"] = (Base with { Experts = 4, MoeStep = 2, Type = ElementType.Q6_K }, ElementType.Q4_0, "cpu"),
        ["llama q8_0"] = (Base with { Architecture = "llama", Type = ElementType.Q8_0 }, ElementType.F16, "cpu"),
        ["mixture f32 on the reference"] = (new RandomModel { Experts = 4, ExpertsUsed = 2, HeadDim = 32, ChunkSize = 16 }, ElementType.Q8_0, "reference"),
    };

    public static TheoryData<string> CaseNames => [.. Cases.Keys];

    [Theory, MemberData(nameof(CaseNames))]
    public void A_prompt_gives_the_same_bits_in_pieces_of_any_size(string name)
    {
        using Run run = new(models, name);
        float[][] whole = run.Alone();

        foreach (int chunk in (int[])[1, 3, 7, 16, 64]) AssertSame(whole, run.Alone(chunk), $"in pieces of {chunk}");
    }

    [Theory, MemberData(nameof(CaseNames))]
    public void Threads_do_not_change_bits(string name)
    {
        using Run one = new(models, name, threads: 1);
        float[][] expected = one.Alone(chunk: 64);

        foreach (int threads in (int[])[2, 3])
        {
            using Run run = new(models, name, threads);
            AssertSame(expected, run.Alone(chunk: 64), $"with {threads} threads");
            AssertSame(expected, run.Alone(chunk: 1), $"with {threads} threads, one token at a time");
        }
    }

    // Pages of sequences that came and went leave free pages in another order. (Their size is part of what is computed: the
    // CPU backend's softmax goes page by page.)
    [Theory, MemberData(nameof(CaseNames))]
    public void Where_pages_lie_does_not_change_bits(string name)
    {
        using Run run = new(models, name);
        float[][] expected = run.Alone();
        using KvCache cache = run.Cache(sequences: 4);
        int[] others = [cache.Open(), cache.Open(), cache.Open()];
        for (int round = 0; round < 3; round++)
        {
            foreach (int other in others) run.File.Continue(cache, other, RandomModelFile.RandomTokens(run.Model, 9, seed: 50 + round));
        }

        cache.Close(others[1]);
        cache.Close(others[0]);

        AssertSame(expected, run.File.Continue(cache, cache.Open(), run.Tokens, chunk: 13), "in scattered pages");
    }

    // Seven others stand at other places; every step takes another number of tokens of each sequence, rows mixed.
    [Theory, MemberData(nameof(CaseNames))]
    public void Seven_others_in_the_batch_do_not_change_bits(string name)
    {
        using Run run = new(models, name);
        float[][] expected = run.Alone();
        using KvCache cache = run.Cache(sequences: 8);
        int[] slots = [.. Enumerable.Range(0, 8).Select(_ => cache.Open())];
        int[][] tokens = [run.Tokens, .. Enumerable.Range(1, 7).Select(i => RandomModelFile.RandomTokens(run.Model, Tokens, seed: 100 + i))];
        for (int i = 1; i < 8; i++) run.File.Continue(cache, slots[i], tokens[i][..(5 * i)]);

        using DecoderState state = run.File.Decoder.CreateState(maxRows: 64, maxLogitRows: 64);
        Batch batch = new(64);
        List<float[]> actual = [];
        for (int step = 0; actual.Count < Tokens; step++)
        {
            batch.Clear();
            int[] left = [.. Enumerable.Range(0, 8).Select(i => Math.Min(1 + ((step + (3 * i)) % 7), Tokens - cache.NextPos(slots[i])))];
            List<int> mine = [];
            for (int round = 0; left.Any(n => n > round); round++) // one row of each sequence in turn
            {
                for (int i = 7; i >= 0; i--)
                {
                    if (left[i] <= round) continue;
                    if (i == 0) mine.Add(batch.LogitRows.Length);

                    int pos = cache.NextPos(slots[i]) + round;
                    batch.Add(tokens[i][pos], pos, slots[i], needsLogits: i == 0 || round % 2 == 0);
                }
            }

            float[][] logits = run.File.Step(cache, state, batch);
            actual.AddRange(mine.Select(row => logits[row]));
        }

        AssertSame(expected, [.. actual], "among seven others");
    }

    [Theory, MemberData(nameof(CaseNames))]
    public void Rows_that_ask_for_no_logits_do_not_change_those_that_do(string name)
    {
        using Run run = new(models, name);
        float[][] expected = run.Alone();
        using KvCache cache = run.Cache();
        using DecoderState state = run.File.Decoder.CreateState(Tokens, maxLogitRows: 2);
        int slot = cache.Open();
        Batch batch = new(Tokens);
        for (int i = 0; i < Tokens; i++) batch.Add(run.Tokens[i], i, slot, needsLogits: i is 40 or Tokens - 1);

        AssertSame([expected[40], expected[^1]], run.File.Step(cache, state, batch), "as two of all rows");
    }

    [Theory, MemberData(nameof(CaseNames))]
    public void Forks_continue_with_the_same_bits(string name)
    {
        using Run run = new(models, name);
        float[][] expected = run.Alone();
        using KvCache cache = run.Cache(sequences: 2);
        int slot = cache.Open();
        run.File.Continue(cache, slot, run.Tokens[..45]);
        int fork = cache.Fork(slot);

        run.File.Continue(cache, slot, RandomModelFile.RandomTokens(run.Model, 20, seed: 3)); // must not show in the fork

        AssertSame(expected[45..], run.File.Continue(cache, fork, run.Tokens[45..], chunk: 11), "after a fork");
    }

    [Theory, MemberData(nameof(CaseNames))]
    public void Tokens_taken_back_leave_no_trace(string name)
    {
        using Run run = new(models, name);
        float[][] expected = run.Alone();
        using KvCache cache = run.Cache(keepForRollback: 30);
        int slot = cache.Open();
        run.File.Continue(cache, slot, [.. run.Tokens[..45], .. RandomModelFile.RandomTokens(run.Model, 25, seed: 3)]);

        cache.Truncate(slot, 45);

        AssertSame(expected[45..], run.File.Continue(cache, slot, run.Tokens[45..], chunk: 4), "after going back");
    }

    [Theory, MemberData(nameof(CaseNames))]
    public void A_saved_sequence_continues_with_the_same_bits(string name)
    {
        using Run run = new(models, name);
        float[][] expected = run.Alone();
        string path = Path.GetTempFileName();
        try
        {
            using (KvCache cache = run.Cache())
            {
                int slot = cache.Open();
                run.File.Continue(cache, slot, run.Tokens[..45]);
                cache.Save(slot, path, ModelHash, run.Tokens.AsSpan(0, 45));
            }

            using KvCache loaded = run.Cache();
            KvSession session = loaded.Load(path, ModelHash);
            Assert.Equal(run.Tokens[..45], session.Tokens);
            AssertSame(expected[45..], run.File.Continue(loaded, session.Slot, run.Tokens[45..], chunk: 9), "after loading");
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static void AssertSame(float[][] expected, float[][] actual, string how)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int row = 0; row < expected.Length; row++)
        {
            for (int v = 0; v < expected[row].Length; v++)
            {
                if (BitConverter.SingleToInt32Bits(expected[row][v]) != BitConverter.SingleToInt32Bits(actual[row][v]))
                    Assert.Fail($"{how}: row {row}, logit {v} is {actual[row][v]:G9} instead of {expected[row][v]:G9}");
            }
        }
    }

    /// <summary>A case's model, open, and its tokens.</summary>
    private sealed class Run : IDisposable
    {
        private readonly ElementType _cacheType;

        internal Run(RandomModelFolder models, string name, int threads = 2)
        {
            (Model, _cacheType, string backend) = Cases[name];
            File = new RandomModelFile(models, Model, backend, threads);
            Tokens = RandomModelFile.RandomTokens(Model, InvarianceTests.Tokens);
        }

        internal RandomModel Model { get; }

        internal RandomModelFile File { get; }

        internal int[] Tokens { get; }

        internal KvCache Cache(int sequences = 1, int keepForRollback = 0) => File.Decoder.CreateCache(new KvCacheOptions
        {
            Type = _cacheType,
            MaxSequences = sequences,
            KeepForRollback = keepForRollback,
            PageTokens = 8,
        });

        internal float[][] Alone(int chunk = int.MaxValue)
        {
            using KvCache cache = Cache();
            return File.Continue(cache, cache.Open(), Tokens, chunk);
        }

        public void Dispose() => File.Dispose();
    }
}
