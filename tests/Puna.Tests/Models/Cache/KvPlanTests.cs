using Puna.Compute;
using Puna.Models.Cache;
using Puna.Tensors;

namespace Puna.Tests.Models.Cache;

/// <summary>What a token costs at Llama 4's geometry: 48 layers, every fourth global, 8 KV heads of 128, chunks of 8192.</summary>
public sealed class KvPlanTests
{
    private const double GiB = 1 << 30;
    private const int ChunkSize = 8192;

    private static readonly KvGeometry Llama4 =
        new(KvLayerClass.Group([.. Enumerable.Range(0, 48).Select(layer => (layer + 1) % 4 == 0 ? 0 : ChunkSize)]), NKvHeads: 8, HeadDim: 128);

    [Theory]
    [InlineData(ElementType.F16, 196_608, 49_152)]
    [InlineData(ElementType.Q8_0, 104_448, 26_112)]
    [InlineData(ElementType.F32, 393_216, 98_304)]
    [InlineData(ElementType.Q4_0, 55_296, 13_824)]
    public void A_token_costs_all_layers_at_first_and_the_global_ones_later(ElementType type, long all, long global)
    {
        KvPlan plan = new(Llama4, type);
        Assert.Equal(all, plan.TokenBytes);
        Assert.Equal(global, plan.GrowthPerToken);
        Assert.Equal(64 * all, plan.BytesAt(64));
        Assert.Equal(64 * global, plan.BytesAt(131_072 + 64) - plan.BytesAt(131_072));
    }

    [Theory]
    [InlineData(8_192, 1.5, 1.5, 0.797, 0.797)]
    [InlineData(131_072, 24, 7.125, 12.75, 3.785)]
    [InlineData(262_144, 48, 13.125, 25.5, 6.973)]
    [InlineData(1_048_576, 192, 49.125, 102, 26.098)]
    [InlineData(10_485_760, 1920, 481.125, 1020, 255.598)]
    public void Contexts_cost_what_the_architecture_promises(long context, double f16Full, double f16, double q8Full, double q8)
    {
        KvPlan half = new(Llama4, ElementType.F16), eight = new(Llama4, ElementType.Q8_0);
        Assert.Equal(f16Full, half.BytesWithoutChunking(context) / GiB);
        Assert.Equal(f16, half.BytesAt(context) / GiB);
        Assert.Equal(q8Full, Math.Round(eight.BytesWithoutChunking(context) / GiB, 3));
        Assert.Equal(q8, Math.Round(eight.BytesAt(context) / GiB, 3));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(8_191)]
    [InlineData(8_192)]
    [InlineData(131_071)]
    [InlineData(10_485_759)]
    public void Decoding_reads_all_of_the_global_layers_and_one_chunk_of_the_others(long pos)
    {
        long positions = (12 * (pos + 1)) + (36 * ((pos % 8192) + 1));
        Assert.Equal(positions * 4096, new KvPlan(Llama4, ElementType.F16).BytesReadAt(pos));
        Assert.Equal(positions * 2176, new KvPlan(Llama4, ElementType.Q8_0).BytesReadAt(pos));
    }

    [Fact]
    public void A_cache_holds_what_the_plan_says_after_every_decoded_token()
    {
        using KvCache cache = new(new CacheOnlyBackend(counting: true), Llama4, new KvCacheOptions());
        KvPlan plan = new(Llama4, ElementType.F16);
        int slot = cache.Open();
        Batch batch = new(1);
        for (int pos = 0; pos < (3 * ChunkSize) + 130; pos++)
        {
            batch.Clear();
            batch.Add(0, pos, slot, needsLogits: true);
            cache.Reserve(batch);
            Assert.True(LocalPages(cache) <= ChunkSize / 64);
            Assert.Equal(plan.BytesAt(pos + 1), cache.AllocatedBytes);

            cache.Commit(batch);
            int localPositions = (pos + 1) % ChunkSize; // what the next token can see
            Assert.Equal((localPositions + 63) / 64, LocalPages(cache));
        }
    }

    [Fact]
    public void Ten_million_tokens_fit_in_481_GiB_when_steps_end_where_chunks_end()
    {
        using KvCache cache = new(new CacheOnlyBackend(counting: true), Llama4, new KvCacheOptions());
        int slot = cache.Open();
        Batch batch = new(2048);
        for (int pos = 0; pos < 10_485_760; pos += batch.Rows)
        {
            batch.Clear();
            for (int row = 0; row < 2048; row++) batch.Add(0, pos + row, slot, needsLogits: false);
            cache.Reserve(batch);
            cache.Commit(batch);
        }

        Assert.Equal(481.125, cache.AllocatedBytes / GiB);
        Assert.Equal(480, cache.UsedBytes / GiB); // the last chunk is finished too
    }

    // Page counts found by stepping through, for chunks and pages that do not divide each other.
    [Theory]
    [InlineData(100, 64, 1)]
    [InlineData(100, 64, 30)]
    [InlineData(7, 16, 5)]
    [InlineData(16, 7, 1)]
    [InlineData(5, 1, 12)]
    public void The_plan_bounds_what_steps_of_that_size_hold_and_is_reached_by_single_tokens(int chunkSize, int pageTokens, int batchRows)
    {
        KvGeometry geometry = CacheFloats.SmallGeometry(chunkSize);
        KvPlan plan = new(geometry, ElementType.F32, pageTokens);
        for (int context = 1; context < 500; context += 37)
        {
            using KvCache cache = new(new CacheOnlyBackend(counting: true), geometry, new KvCacheOptions { Type = ElementType.F32, PageTokens = pageTokens });
            int slot = cache.Open();
            Batch batch = new(batchRows);
            for (int pos = 0; pos < context; pos += batch.Rows)
            {
                batch.Clear();
                for (int row = 0; row < Math.Min(batchRows, context - pos); row++) batch.Add(0, pos + row, slot, needsLogits: false);
                cache.Reserve(batch);
                cache.Commit(batch);
            }

            Assert.True(cache.AllocatedBytes <= plan.BytesAt(context, batchRows), $"{context} tokens");
            if (batchRows == 1) Assert.Equal(plan.BytesAt(context), cache.AllocatedBytes);
        }
    }

    [Fact]
    public void The_table_in_the_documentation_is_what_the_code_computes()
    {
        string[] page = File.ReadAllLines(RepositoryFiles.Find("docs", "kv-cache.md"));
        foreach (long context in new[] { 1_024L, 8_192, 131_072, 1_048_576, 10_485_760 })
        {
            string row = $"| {context:N0} |";
            foreach (ElementType type in new[] { ElementType.F32, ElementType.F16, ElementType.Q8_0, ElementType.Q4_0 })
                row += $" {new KvPlan(Llama4, type).BytesAt(context) / GiB:N3} |";
            row += $" {new KvPlan(Llama4, ElementType.F16).BytesWithoutChunking(context) / GiB:N3} |";
            Assert.Contains(row, page);
        }
    }

    [Fact]
    public void Quantized_caches_need_heads_of_whole_blocks()
    {
        ArgumentException e = Assert.Throws<ArgumentException>(() => new KvPlan(CacheFloats.SmallGeometry(8), ElementType.Q8_0));
        Assert.Contains("use F16", e.Message, StringComparison.Ordinal);
    }

    private static int LocalPages(KvCache cache) => cache.LayerOf(0).Pool.UsedPages;
}
