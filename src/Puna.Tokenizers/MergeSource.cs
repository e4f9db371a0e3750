namespace Puna.Tokenizers;

/// <summary>Says which neighbouring parts of a text may become one token, and in which order.</summary>
internal abstract class MergeSource
{
    /// <summary>No merge: above every packed rank and id.</summary>
    public const long None = long.MaxValue;

    /// <summary>
    /// The merge of text[start..mid) (token <paramref name="left"/>) with text[mid..end) (token <paramref name="right"/>),
    /// rank in the upper half, resulting id in the lower; <see cref="None"/> if there is none. Low ranks merge first.
    /// </summary>
    public abstract long Find(ReadOnlySpan<byte> text, int start, int mid, int end, int left, int right);

    /// <summary>Every merge, first merges first: left token, right token, resulting token.</summary>
    public abstract IEnumerable<(int Left, int Right, int Result)> InOrder();

    /// <summary>Rank and id as one number ordered by rank.</summary>
    protected static long Pack(int rank, int id) => ((long)rank << 32) | (uint)id;
}
