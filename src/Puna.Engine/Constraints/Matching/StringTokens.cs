using System.Text;

namespace Puna.Engine.Constraints.Matching;

/// <summary>
/// A vocabulary as seen from inside a JSON string that takes any character: the tokens that go on with it, and by what comes behind
/// their plain characters, those that end it or need a closer look. Immutable.
/// </summary>
internal sealed class StringTokens
{
    /// <summary>Characters that stand for themselves in a JSON string.</summary>
    internal static LoopSet Plain { get; } = LoopSet.Of(Automata.CodePointSet.All, isQuoted: true);

    internal StringTokens(TokenTrie trie)
    {
        List<(byte[], int, int)> closing = [], rest = [], whole = [];
        ulong[] plain = trie.TokensOf(Plain);
        byte[] path = new byte[256];
        for (int node = 0; node < trie.NodeCount; node++)
        {
            path[trie.Depths[node] - 1] = trie.Labels[node];
            for (int t = trie.FirstTokens[node]; t < trie.FirstTokens[node + 1]; t++)
            {
                if (!MaskBits.Contains(plain, trie.Tokens[t])) Sort(path.AsSpan(0, trie.Depths[node]), trie.Tokens[t]);
            }
        }

        (Closing, Rest, WholeRest, PlainTokens) = (new TokenGroup(closing), new TokenGroup(rest), new TokenGroup(whole), plain);

        void Sort(ReadOnlySpan<byte> bytes, int token)
        {
            int at = 0, characters = 0;
            while (at < bytes.Length && bytes[at] is not ((byte)'"' or (byte)'\\' or < 32) && Rune.DecodeFromUtf8(bytes[at..], out _, out int length) == System.Buffers.OperationStatus.Done)
            {
                at += length;
                characters++;
            }

            if (at == bytes.Length || bytes[at] < 32) return;
            if (bytes[at] == '"') closing.Add((bytes[at..].ToArray(), token, characters));
            else
            {
                rest.Add((bytes[at..].ToArray(), token, characters));
                whole.Add((bytes.ToArray(), token, 0));
            }
        }
    }

    /// <summary>Tokens of plain characters only.</summary>
    internal ulong[] PlainTokens { get; }

    /// <summary>Ends of tokens from their first quotation mark on.</summary>
    internal TokenGroup Closing { get; }

    /// <summary>Ends of other tokens from their first escape or cut character on.</summary>
    internal TokenGroup Rest { get; }

    /// <summary>The tokens of <see cref="Rest"/> whole.</summary>
    internal TokenGroup WholeRest { get; }
}
