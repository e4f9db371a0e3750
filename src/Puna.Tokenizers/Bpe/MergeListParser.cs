using System.Text;

namespace Puna.Tokenizers.Bpe;

/// <summary>Reads merge lists: entries of the form <c>left right</c> in the byte alphabet.</summary>
internal static class MergeListParser
{
    /// <summary>Resolves every entry to ids.</summary>
    /// <exception cref="TokenizerFormatException">An entry has no space, or names text that is no token.</exception>
    public static List<(int Left, int Right, int Result)> Parse(IReadOnlyList<ReadOnlyMemory<byte>> merges, TokenIndex index, string source)
    {
        List<(int, int, int)> result = new(merges.Count);
        byte[] buffer = [];
        for (int i = 0; i < merges.Count; i++) result.Add(Resolve(merges[i].Span, i, index, source, ref buffer));

        return result;
    }

    /// <summary>
    /// True when the list restates ids as ranks, as exporters of tiktoken vocabularies write it: more entries than tokens,
    /// since every split of a token is listed, and the results' ids never fall.
    /// </summary>
    public static bool FollowsIds(IReadOnlyList<ReadOnlyMemory<byte>> merges, TokenIndex index, string source)
    {
        byte[] buffer = [];
        int previous = -1, results = 0;
        for (int i = 0; i < merges.Count; i++)
        {
            int result = Resolve(merges[i].Span, i, index, source, ref buffer).Result;
            if (result < previous) return false;
            if (result > previous) results++;
            previous = result;
        }

        return results < merges.Count;
    }

    private static (int Left, int Right, int Result) Resolve(ReadOnlySpan<byte> merge, int number, TokenIndex index, string source, ref byte[] buffer)
    {
        int space = merge.IndexOf((byte)' ');
        if (space <= 0 || space == merge.Length - 1)
            throw new TokenizerFormatException(source, $"merges[{number}]", $"'{Encoding.UTF8.GetString(merge)}' is not two tokens separated by a space.");

        if (buffer.Length < merge.Length) buffer = new byte[merge.Length * 2];
        int left = ByteAlphabet.Decode(merge[..space], buffer);
        int right = left < 0 ? -1 : ByteAlphabet.Decode(merge[(space + 1)..], buffer.AsSpan(left));
        if (right >= 0)
        {
            ReadOnlySpan<byte> bytes = buffer.AsSpan(0, left + right);
            (int Left, int Right, int Result) ids = (index.Find(bytes[..left]), index.Find(bytes[left..]), index.Find(bytes));
            if ((ids.Left | ids.Right | ids.Result) >= 0) return ids;
        }

        throw new TokenizerFormatException(source, $"merges[{number}]", $"'{Encoding.UTF8.GetString(merge)}' joins or makes text that is not in the vocabulary.");
    }
}
