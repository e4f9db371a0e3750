namespace Puna.Models.PromptGuard;

/// <summary>Settings of a DeBERTa-v2 sequence classifier, as in its <c>config.json</c>.</summary>
public sealed record DebertaConfig
{
    public required int NLayers { get; init; }

    public required int HiddenSize { get; init; }

    public required int NHeads { get; init; }

    public required int IntermediateSize { get; init; }

    /// <summary>Rows of the embedding; at least as many as the tokenizer has ids.</summary>
    public required int VocabSize { get; init; }

    /// <summary>Tokens of the longest window, and M of the bucket function.</summary>
    public required int MaxPositions { get; init; }

    /// <summary>k of the bucket function: the table of relative positions has 2k rows.</summary>
    public required int PositionBuckets { get; init; }

    /// <summary>Outputs of the classifier.</summary>
    public required int NLabels { get; init; }

    /// <summary>Added to variances.</summary>
    public float LayerNormEps { get; init; } = 1e-7f;

    /// <summary>Components of a head.</summary>
    public int HeadDim => HiddenSize / NHeads;

    /// <summary>Row of the relative table for a query at distance <paramref name="x"/> (query minus key) from a key.</summary>
    /// <remarks>
    /// bucket(x) = x up to k/2, and beyond it sign(x) (ceil(ln(|x|/mid) / ln((M-1)/mid) (mid - 1)) + mid) with mid = k/2;
    /// the row is bucket(x) + k, clamped to the table. Source: microsoft/DeBERTa, deberta/da_utils.py.
    /// </remarks>
    public int RelativeRow(int x)
    {
        int mid = PositionBuckets / 2, magnitude = Math.Abs(x), bucket = x;
        if (magnitude > mid)
        {
            double logarithm = Math.Log((double)magnitude / mid) / Math.Log((double)(MaxPositions - 1) / mid);
            bucket = Math.Sign(x) * ((int)Math.Ceiling(logarithm * (mid - 1)) + mid);
        }

        return Math.Clamp(bucket + PositionBuckets, 0, (2 * PositionBuckets) - 1);
    }

    /// <summary>Refuses numbers that no model can have.</summary>
    /// <exception cref="ModelException">One of them is impossible.</exception>
    internal void Check(string origin)
    {
        foreach ((string name, int value) in ((string, int)[])
            [("num_hidden_layers", NLayers), ("hidden_size", HiddenSize), ("num_attention_heads", NHeads), ("intermediate_size", IntermediateSize), ("vocab_size", VocabSize), ("number of labels", NLabels)])
        {
            if (value < 1) throw new ModelException(origin, $"{name} is {value}; at least 1 is needed.");
        }

        if (HiddenSize % NHeads != 0) throw new ModelException(origin, $"hidden_size {HiddenSize} is not a multiple of num_attention_heads {NHeads}.");
        if (PositionBuckets < 2) throw new ModelException(origin, $"position_buckets is {PositionBuckets}; at least 2 are needed.");
        if (MaxPositions < 3 || MaxPositions > 1 << 16 || MaxPositions - 1 <= PositionBuckets / 2)
            throw new ModelException(origin, $"max_position_embeddings is {MaxPositions}; more than half of position_buckets ({PositionBuckets}) and at most {1 << 16} are needed.");
    }
}
