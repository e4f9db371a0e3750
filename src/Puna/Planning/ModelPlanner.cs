using Puna.Compute;
using Puna.Conversion;
using Puna.Loading;
using Puna.Models;
using Puna.Models.Cache;
using Puna.Tensors;
using Puna.Tensors.Quantization;

namespace Puna.Planning;

/// <summary>Computes from a model's headers what running it takes. Weights are not read.</summary>
public static class ModelPlanner
{
    /// <summary>Tokens of a prompt computed at once, as the engine does.</summary>
    private const int BatchTokens = 512;

    /// <summary>Shorter contexts are not worth proposing.</summary>
    private const int SmallestContext = 2048;

    /// <summary>Types to propose, from most to fewest bits.</summary>
    private static readonly string[] Recipes = ["Q8_0", "Q6_K", "Q5_K_M", "Q4_K_M", "Q4_0"];

    /// <summary>Plans for a model.</summary>
    /// <param name="path">A GGUF file (any part of a split) or a safetensors directory.</param>
    /// <param name="options">What to plan for.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="Formats.ModelFileException">A file is malformed.</exception>
    /// <exception cref="ModelException">The model is not supported.</exception>
    /// <exception cref="ArgumentException">The KV type cannot hold the model's heads.</exception>
    public static ModelPlan Plan(string path, PlanOptions? options = null)
    {
        options ??= new PlanOptions();
        ArgumentOutOfRangeException.ThrowIfLessThan(options.ContextLength ?? 1, 1, nameof(options));
        using ModelSource source = ModelSource.Open(path, correctEarlyScoutRope: false);
        using DecoderWeights weights = DecoderWeights.Read(new FileWeights(source.File), source.Names, source.Config);
        DecoderConfig config = source.Config;
        int context = options.ContextLength ?? Math.Min(config.ContextLength, PunaModelOptions.DefaultContextLength);
        KvPlan kv = new(config.KvGeometry, options.KvType);
        DecoderLayerConfig[] local = [.. config.Layers.Where(l => l.ChunkSize > 0)];
        ModelPlan plan = new()
        {
            Name = source.Name,
            Architecture = config.Architecture,
            Parts = Parts(weights),
            ContextLength = context,
            ModelContextLength = config.ContextLength,
            KvType = options.KvType,
            KvBytes = kv.BytesAt(context, BatchTokens),
            KvBytesWithoutChunking = kv.BytesWithoutChunking(context),
            KvBytesPerToken = kv.BytesReadAt(context - 1),
            LocalLayers = local.Length,
            ChunkSize = local.Select(l => l.ChunkSize).FirstOrDefault(),
            Layers = config.Layers.Count,
            BufferBytes = BufferBytes(config, weights),
            AvailableBytes = options.AvailableBytes ?? AvailableMemory.Bytes(),
            BytesPerSecond = options.BytesPerSecond,
            Alternatives = [],
        };
        return plan.Fits ? plan : plan with { Alternatives = Alternatives(plan, config, weights) };
    }

    private static PlanPart[] Parts(DecoderWeights weights)
    {
        bool tied = ReferenceEquals(weights.Output, weights.Embedding);
        Tensor[] attention = [.. weights.Layers.SelectMany(l => (Tensor[])[l.Q, l.K, l.V, l.O])];
        Tensor[] dense = [.. weights.Layers.Where(l => l.Experts is null).SelectMany(Dense)];
        Tensor[] shared = [.. weights.Layers.Where(l => l.Experts is not null).SelectMany(Dense)];
        Tensor[] norms = [.. weights.Layers.SelectMany(l => (Tensor[])[l.AttentionNorm, l.FeedForwardNorm]), weights.OutputNorm];
        Tensor[] routers = [.. Mixtures(weights).Select(e => e.Router)];
        Tensor[] routed = [.. Mixtures(weights).SelectMany(e => e.Gate.Concat(e.Up).Concat(e.Down))];
        long routedPerToken = Mixtures(weights).Sum(e => Bytes(e.Gate.Concat(e.Up).Concat(e.Down)) / e.Count * e.TopK);

        // A token looks up one row of the embedding; a tied one is read whole as the output head.
        PlanPart embedding = tied ? Whole("token embedding and output head", [weights.Embedding])
            : Whole("token embedding", [weights.Embedding]) with { BytesPerToken = weights.Embedding.RowBytes };
        PlanPart[] parts =
        [
            embedding,
            Whole("attention", attention),
            Whole("dense feed-forward", dense),
            Whole("shared experts", shared),
            Whole("routed experts", routed) with { BytesPerToken = routedPerToken },
            Whole("routers and norms", routers.Concat(norms)),
            Whole("output head", tied ? [] : [weights.Output]),
        ];
        return [.. parts.Where(p => p.Bytes > 0)];
    }

    private static IEnumerable<ExpertWeights> Mixtures(DecoderWeights weights) => weights.Layers.Select(l => l.Experts).OfType<ExpertWeights>();

    private static IEnumerable<Tensor> Dense(DecoderLayerWeights layer) => layer.Dense is { } d ? [d.Gate, d.Up, d.Down] : [];

    private static PlanPart Whole(string name, IEnumerable<Tensor> tensors)
    {
        Tensor[] all = [.. tensors];
        long bytes = Bytes(all);
        return new PlanPart(name, bytes, bytes, all.Sum(t => t.Elements));
    }

    private static long Bytes(IEnumerable<Tensor> tensors) => tensors.Sum(t => t.RowBytes * t.Rows);

    /// <summary>What <see cref="DecoderState"/> allocates for the engine's steps.</summary>
    private static long BufferBytes(DecoderConfig config, DecoderWeights weights)
    {
        long q = config.NHeads * config.HeadDim, kv = config.NKvHeads * config.HeadDim;
        long widths = (2L * config.HiddenSize) + (2 * q) + (2 * kv) + config.Rope.Dimensions;
        foreach (int width in weights.Layers.Select(l => l.Dense?.IntermediateSize ?? 0).Distinct()) widths += 2L * width;
        foreach (int width in Mixtures(weights).Select(e => e.IntermediateSize).Distinct()) widths += 2L * width;
        return sizeof(float) * ((BatchTokens * widths) + config.HiddenSize + config.VocabSize);
    }

    /// <summary>Single changes that make it fit; where none does, all of them together.</summary>
    private static List<PlanAlternative> Alternatives(ModelPlan plan, DecoderConfig config, DecoderWeights weights)
    {
        List<PlanAlternative> cheaperKv = [.. CheaperKv(plan, config)], quantized = [.. Quantized(plan, config, weights)];
        PlanAlternative?[] single = [Shorter(plan, config), cheaperKv.Find(a => a.Fits), quantized.Find(a => a.Fits)];
        List<PlanAlternative> fitting = [.. single.OfType<PlanAlternative>()];
        if (fitting.Count > 0) return fitting;

        ElementType kvType = cheaperKv.Count > 0 ? ElementType.Q4_0 : plan.KvType;
        int context = Math.Min(plan.ContextLength, SmallestContext);
        long kvBytes = new KvPlan(config.KvGeometry, kvType).BytesAt(context, BatchTokens);
        long weightBytes = quantized.Count > 0 ? quantized[^1].NeededBytes - (plan.NeededBytes - plan.WeightBytes) : plan.WeightBytes;
        long needed = plan.NeededBytes - plan.KvBytes - plan.WeightBytes + kvBytes + weightBytes;
        string model = quantized.Count > 0 ? $"the model as {Recipes[^1]}" : "the model as it is, which nothing written here makes smaller";
        return [new PlanAlternative(FormattableString.Invariant($"the least that can be asked for ({model}, KV cache {kvType.Name()}, context {context:N0})"), needed, needed <= plan.AvailableBytes)];
    }

    /// <summary>The KV cache in types with fewer bits, from most to fewest.</summary>
    private static IEnumerable<PlanAlternative> CheaperKv(ModelPlan plan, DecoderConfig config)
    {
        foreach (ElementType type in (ElementType[])[ElementType.Q8_0, ElementType.Q4_0])
        {
            if (config.HeadDim % type.BlockLength() != 0 || type.ByteSize(config.HeadDim) >= plan.KvType.ByteSize(config.HeadDim)) continue;
            long needed = plan.NeededBytes - plan.KvBytes + new KvPlan(config.KvGeometry, type).BytesAt(plan.ContextLength, BatchTokens);
            yield return new PlanAlternative($"keep the KV cache as {type.Name()} (--kv {type.Name().ToLowerInvariant()})", needed, needed <= plan.AvailableBytes);
        }
    }

    /// <summary>The longest halving of the context that fits.</summary>
    private static PlanAlternative? Shorter(ModelPlan plan, DecoderConfig config)
    {
        KvPlan kv = new(config.KvGeometry, plan.KvType);
        for (int context = plan.ContextLength / 2; context >= SmallestContext; context /= 2)
        {
            long needed = plan.NeededBytes - plan.KvBytes + kv.BytesAt(context, BatchTokens);
            if (needed <= plan.AvailableBytes) return new PlanAlternative(FormattableString.Invariant($"shorten the context to {context:N0} tokens (--context {context})"), needed, true);
        }

        return null;
    }

    /// <summary>The weights in types with fewer bits, from most to fewest.</summary>
    private static IEnumerable<PlanAlternative> Quantized(ModelPlan plan, DecoderConfig config, DecoderWeights weights)
    {
        List<(string Name, long[] Shape, WeightRows Rows)> tensors = SafetensorsConversion.Rows(weights, config, ropeDivisors: null);
        bool tied = ReferenceEquals(weights.Output, weights.Embedding);
        foreach (string name in Recipes)
        {
            if (!QuantizationRecipe.TryParse(name, out QuantizationRecipe? recipe)) throw new InvalidOperationException($"There is no recipe {name}.");
            long bytes = tensors.Sum(t => recipe.TypeOf(t.Name, t.Shape, config.Layers.Count, tied).ByteSize(t.Rows.RowLength) * t.Rows.Count);
            if (bytes >= plan.WeightBytes) continue;

            long needed = plan.NeededBytes - plan.WeightBytes + bytes;
            yield return new PlanAlternative($"use the model as {name} (made from its original weights: puna quantize IN OUT --type {name})", needed, needed <= plan.AvailableBytes);
        }
    }
}
