using Puna.Formats.Gguf;
using Puna.Models.Cache;
using Puna.Planning;
using Puna.Tensors;
using Puna.Tests.Models;

namespace Puna.Tests.Planning;

public sealed class ModelPlannerTests(TinyModelFolder models) : IClassFixture<TinyModelFolder>
{
    private static readonly PlanOptions Plenty = new() { AvailableBytes = 1L << 40, BytesPerSecond = 1e9 };

    [Theory, InlineData(false), InlineData(true)]
    public void Parts_add_up_to_the_file(bool llama4)
    {
        string path = llama4 ? models.Llama4 : models.Llama;
        using GgufFile file = GgufFile.Open(path);
        ModelPlan plan = ModelPlanner.Plan(path, Plenty);

        Assert.Equal(file.TensorBytes, plan.WeightBytes);
        Assert.Equal(file.Tensors.Sum(t => t.Elements), plan.Parameters);
    }

    [Fact]
    public void A_token_reads_one_row_of_the_embedding_and_one_expert_of_a_layer()
    {
        ModelPlan plan = ModelPlanner.Plan(models.Llama4, Plenty);

        Assert.Equal(TinyModel.HiddenSize * sizeof(float), Part("token embedding").BytesPerToken);
        Assert.Equal(Part("routed experts").Bytes / TinyModel.Experts, Part("routed experts").BytesPerToken);
        Assert.Equal(Part("shared experts").Bytes, Part("shared experts").BytesPerToken);
        Assert.Equal(1e9 / plan.WeightBytesPerToken, plan.DecodeRate);
        Assert.True(plan.DecodeRateAtContext < plan.DecodeRate);

        PlanPart Part(string name) => plan.Parts.Single(p => p.Name == name);
    }

    [Fact]
    public void The_cache_is_what_the_cache_plans()
    {
        ModelPlan plan = ModelPlanner.Plan(models.Llama4, Plenty with { ContextLength = 500, KvType = ElementType.Q8_0 });
        using PunaModel model = PunaModel.Load(models.Llama4, new PunaModelOptions { Threads = 1 });
        KvPlan kv = new(model.Config.KvGeometry, ElementType.Q8_0);

        Assert.Equal(kv.BytesAt(500, batchRows: 512), plan.KvBytes);
        Assert.Equal(kv.BytesWithoutChunking(500), plan.KvBytesWithoutChunking);
        Assert.Equal((3, TinyModel.ChunkSize), (plan.LocalLayers, plan.ChunkSize));
    }

    [Fact]
    public void What_does_not_fit_gets_proposals_that_do()
    {
        ModelPlan whole = ModelPlanner.Plan(models.Llama4, Plenty with { ContextLength = 1 << 20 });
        ModelPlan plan = ModelPlanner.Plan(models.Llama4, Plenty with { ContextLength = 1 << 20, AvailableBytes = whole.NeededBytes - 1 });

        Assert.True(whole.Fits);
        Assert.Empty(whole.Alternatives);
        Assert.False(plan.Fits);
        Assert.Null(plan.DecodeRate);
        Assert.Equal(3, plan.Alternatives.Count); // a shorter context, a smaller cache, fewer bits
        Assert.All(plan.Alternatives, a => Assert.True(a.Fits && a.NeededBytes <= plan.AvailableBytes, a.Advice));
    }

    [Fact]
    public void Where_nothing_fits_the_least_is_told()
    {
        ModelPlan plan = ModelPlanner.Plan(models.Llama4, Plenty with { AvailableBytes = 1 });

        PlanAlternative least = Assert.Single(plan.Alternatives);
        Assert.False(least.Fits);
        Assert.True(least.NeededBytes < plan.NeededBytes);
    }

    [Fact]
    public void Available_memory_is_read_from_the_kernels_table()
    {
        Assert.Equal(2048L * 1024, AvailableMemory.ParseAvailable(["MemTotal:  4096 kB", "MemAvailable:    2048 kB"]));
        Assert.Null(AvailableMemory.ParseAvailable(["MemTotal:  4096 kB"]));
        Assert.True(AvailableMemory.Bytes() > 0);
    }
}
