using System.Runtime.CompilerServices;
using System.Text;

namespace Puna.Tokenizers;

/// <summary>Turns a token's spelling in a vocabulary file into the bytes it stands for.</summary>
/// <returns>Bytes written, or -1 when the spelling is impossible.</returns>
internal delegate int SpellingDecoder(ReadOnlySpan<byte> spelling, Span<byte> bytes);

/// <summary>Resolves the entries of a merge list to token ids. Not thread-safe.</summary>
internal sealed class MergeListParser(string source, TokenIndex index, SpellingDecoder decode)
{
    private byte[] _buffer = new byte[64];

    /// <summary>Resolves entries of the form <c>left right</c>.</summary>
    /// <exception cref="TokenizerFormatException">An entry has no space, or names text that is no token.</exception>
    public List<(int Left, int Right, int Result)> Parse(IReadOnlyList<ReadOnlyMemory<byte>> merges)
    {
        List<(int, int, int)> result = new(merges.Count);
        for (int i = 0; i < merges.Count; i++) result.Add(Resolve(merges[i].Span, i));

        return result;
    }

    /// <summary>
    /// True when the list restates ids as ranks, as exporters of tiktoken vocabularies write it: the results' ids never
    /// fall, and some token is listed with several splits, where an ordinary list has one merge per token.
    /// </summary>
    public bool FollowsIds(IReadOnlyList<ReadOnlyMemory<byte>> merges)
    {
        int previous = -1, tokens = 0;
        for (int i = 0; i < merges.Count; i++)
        {
            int result = FindResult(merges[i].Span);
            if (result < 0) Resolve(merges[i].Span, i); // says what is wrong with it
            if (result < previous) return false;
            if (result > previous) tokens++;
            previous = result;
        }

        return tokens < merges.Count;
    }

    /// <summary>Resolves <c>left right</c>.</summary>
    public (int Left, int Right, int Result) Resolve(ReadOnlySpan<byte> merge, int number)
    {
        int space = merge.IndexOf((byte)' ');
        if (space <= 0 || space == merge.Length - 1)
            throw new TokenizerFormatException(source, $"merges[{number}]", $"'{Encoding.UTF8.GetString(merge)}' is not two tokens separated by a space.");

        return Resolve(merge[..space], merge[(space + 1)..], number);
    }

    /// <summary>Resolves an entry given as two spellings.</summary>
    public (int Left, int Right, int Result) Resolve(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right, int number)
    {
        if (_buffer.Length < left.Length + right.Length) _buffer = new byte[(left.Length + right.Length) * 2];

        int leftLength = decode(left, _buffer);
        int rightLength = leftLength < 0 ? -1 : decode(right, _buffer.AsSpan(leftLength));
        if (rightLength >= 0)
        {
            ReadOnlySpan<byte> bytes = _buffer.AsSpan(0, leftLength + rightLength);
            (int Left, int Right, int Result) ids = (index.Find(bytes[..leftLength]), index.Find(bytes[leftLength..]), index.Find(bytes));
            if ((ids.Left | ids.Right | ids.Result) >= 0) return ids;
        }

        throw new TokenizerFormatException(
            source, $"merges[{number}]", $"'{Encoding.UTF8.GetString(left)}' and '{Encoding.UTF8.GetString(right)}' join to '{Encoding.UTF8.GetString([.. left, .. right])}', but not all three are in the vocabulary.");
    }

    // The token an entry makes, or -1. Half a million entries are asked for this while a vocabulary loads.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private int FindResult(ReadOnlySpan<byte> merge)
    {
        int space = merge.IndexOf((byte)' ');
        if (space < 0) return -1;

        if (_buffer.Length < merge.Length) _buffer = new byte[merge.Length * 2];
        int left = decode(merge[..space], _buffer);
        int right = left < 0 ? -1 : decode(merge[(space + 1)..], _buffer.AsSpan(left));
        return right < 0 ? -1 : index.Find(_buffer.AsSpan(0, left + right));
    }
}
