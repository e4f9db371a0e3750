namespace Puna.Training.Encoder;

/// <summary>Sizes of a DeBERTa-v2 classifier.</summary>
internal sealed record EncoderShape
{
    public int Layers { get; init; } = 2;

    public int Hidden { get; init; } = 96;

    public int Heads { get; init; } = 3;

    public int Intermediate { get; init; } = 384;

    /// <summary>Rows of the embedding.</summary>
    public required int Vocabulary { get; init; }

    /// <summary>Tokens of the longest window, special tokens included.</summary>
    public int Positions { get; init; } = 512;

    /// <summary>Half the rows of the relative table.</summary>
    public int Buckets { get; init; } = 256;

    public int Labels { get; init; } = 2;

    public float Epsilon { get; init; } = 1e-7f;

    public int HeadDim => Hidden / Heads;

    /// <summary>
    /// Row of the relative table by distance, query minus key: element x + Positions - 1. Near distances have a row each; those
    /// beyond half the buckets share rows that grow with the logarithm.
    /// </summary>
    public int[] RelativeRows()
    {
        int[] rows = new int[(2 * Positions) - 1];
        double near = Buckets / 2, farthest = Math.Log((Positions - 1) / near);
        for (int distance = 0; distance < Positions; distance++)
        {
            int bucket = distance <= near ? distance : (int)(near + Math.Ceiling(Math.Log(distance / near) / farthest * (near - 1)));
            rows[Positions - 1 + distance] = Math.Min(Buckets + bucket, (2 * Buckets) - 1);
            rows[Positions - 1 - distance] = Math.Max(Buckets - bucket, 0);
        }

        return rows;
    }
}

/// <summary>Windows laid end to end.</summary>
/// <param name="Tokens">Ids of all windows, special tokens included.</param>
/// <param name="Lengths">Tokens of each.</param>
/// <param name="Labels">Class of each.</param>
internal sealed record EncoderBatch(int[] Tokens, int[] Lengths, int[] Labels);
