using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text;
using Puna.Tokenizers;

namespace Puna.Engine.Constraints.Matching;

/// <summary>
/// The ordinary tokens of a vocabulary as a tree of bytes, laid out depth first, so that it is walked from front to back and a branch
/// is skipped in one step. Made once per tokenizer. Immutable but for sets that are made when first needed; safe for several threads.
/// </summary>
internal sealed class TokenTrie
{
    private static readonly SearchValues<byte> ValueEnds = SearchValues.Create("\"]}0123456789el"u8);

    private static readonly ConditionalWeakTable<Tokenizer, TokenTrie> Known = [];

    private readonly byte[][] _bytes;
    private readonly byte[] _characters;  // by token id: its characters, 255 for many; 0 for tokens that are not whole UTF-8
    private readonly ulong[][] _containing; // by ASCII byte, then one for all others: tokens that contain it
    private readonly ulong[] _whole;      // tokens that are whole UTF-8
    private readonly Dictionary<LoopSet, ulong[]> _loops = [];
    private readonly Dictionary<int, ulong[]> _short = [];
    private readonly Dictionary<byte, ulong[]> _beginning = [];

    private TokenTrie(Tokenizer tokenizer)
    {
        VocabSize = tokenizer.VocabSize;
        MaskWords = Sampling.TokenMask.WordCount(VocabSize);
        EndOfGeneration = [.. tokenizer.EndOfGenerationIds];
        int[] order = [.. Enumerable.Range(0, VocabSize).Where(id => !tokenizer.IsSpecial(id) && tokenizer.GetTokenBytes(id).Length > 0)];
        byte[][] bytes = Array.ConvertAll(order, id => tokenizer.GetTokenBytes(id).ToArray());
        Array.Sort(bytes, order, Comparer<byte[]>.Create((x, y) => x.AsSpan().SequenceCompareTo(y)));
        Tokens = order;
        _bytes = new byte[VocabSize][];
        for (int i = 0; i < order.Length; i++) _bytes[order[i]] = bytes[i];

        _characters = new byte[VocabSize];
        _whole = new ulong[MaskWords];
        _containing = new ulong[129][];
        for (int b = 0; b < _containing.Length; b++) _containing[b] = new ulong[MaskWords];
        for (int i = 0; i < order.Length; i++) Describe(order[i], bytes[i]);
        Layout layout = new(bytes, order, id => _characters[id] > 0);
        (Labels, Depths, Ends, FirstTokens, BranchLow, BranchHigh, Branches) = layout.Result();
        MaxCharacters = _characters.Length == 0 ? 1 : Math.Max(1, (int)_characters.Max());
        MaxBytes = bytes.Length == 0 ? 1 : bytes.Max(b => b.Length);
        Strings = new StringTokens(this);
        Repeating = [.. order.Where((id, i) => CanEndTwo(bytes[i]))];
    }

    /// <summary>Ids of the vocabulary.</summary>
    internal int VocabSize { get; }

    /// <summary>Words of a mask over these ids.</summary>
    internal int MaskWords { get; }

    /// <summary>Tokens that end a turn or a text.</summary>
    internal int[] EndOfGeneration { get; }

    /// <summary>Ids in the order of the tree. Those of node i stand from FirstTokens[i] to FirstTokens[i + 1], those below it follow.</summary>
    internal int[] Tokens { get; }

    /// <summary>By node: the byte that leads to it.</summary>
    internal byte[] Labels { get; }

    /// <summary>By node: bytes from the root, at least 1.</summary>
    internal byte[] Depths { get; }

    /// <summary>By node: the first node behind its branch.</summary>
    internal int[] Ends { get; }

    /// <summary>By node, and one more: place of its first token in <see cref="Tokens"/>.</summary>
    internal int[] FirstTokens { get; }

    /// <summary>By node: bytes 0 to 63 that occur in its branch.</summary>
    internal ulong[] BranchLow { get; }

    /// <summary>By node: bytes 64 to 127 that occur in its branch.</summary>
    internal ulong[] BranchHigh { get; }

    /// <summary>By node: what else is in its branch.</summary>
    internal BranchKind[] Branches { get; }

    /// <summary>Characters of the longest token.</summary>
    internal int MaxCharacters { get; }

    /// <summary>Bytes of the longest token.</summary>
    internal int MaxBytes { get; }

    /// <summary>The same tokens from inside a string.</summary>
    internal StringTokens Strings { get; }

    /// <summary>Tokens that may end two items of an array, or two keys of an object.</summary>
    internal int[] Repeating { get; }

    /// <summary>Matchers over these tokens.</summary>
    internal RecentMatchers Matchers { get; } = new();

    internal int NodeCount => Labels.Length;

    /// <summary>The tree of a tokenizer's tokens.</summary>
    internal static TokenTrie For(Tokenizer tokenizer) => Known.GetValue(tokenizer, static t => new TokenTrie(t));

    /// <summary>Bytes of an ordinary token.</summary>
    internal ReadOnlySpan<byte> BytesOf(int id) => _bytes[id];

    /// <summary>Tokens that begin with a byte.</summary>
    internal ulong[] TokensBeginning(byte first)
    {
        lock (_beginning)
        {
            if (_beginning.TryGetValue(first, out ulong[]? known)) return known;

            ulong[] tokens = new ulong[MaskWords];
            for (int node = 0; node < NodeCount; node = Ends[node])
            {
                if (Labels[node] != first) continue;
                int end = FirstTokens[Ends[node]];
                for (int t = FirstTokens[node]; t < end; t++) tokens[Tokens[t] >> 6] |= 1UL << (Tokens[t] & 63);
            }

            _beginning.Add(first, tokens);
            return tokens;
        }
    }

    /// <summary>Something behind a comma or colon that is behind something that ends a value.</summary>
    private static bool CanEndTwo(ReadOnlySpan<byte> token)
    {
        int end = token.IndexOfAny(ValueEnds), comma = end < 0 ? -1 : token[end..].IndexOfAny(",:"u8);
        return comma >= 0 && !token[(end + comma + 1)..].Trim(" \t\r\n"u8).IsEmpty;
    }

    /// <summary>Tokens made only of characters of a set.</summary>
    internal ulong[] TokensOf(LoopSet set)
    {
        lock (_loops)
        {
            if (_loops.TryGetValue(set, out ulong[]? known)) return known;
            if (_loops.Count >= 64) _loops.Clear();

            ulong[] tokens = [.. _whole];
            for (int b = 0; b < 128; b++)
            {
                if (!set.Contains(b)) MaskBits.Remove(tokens, _containing[b]);
            }

            if (!set.NonAscii) MaskBits.Remove(tokens, _containing[128]);
            _loops.Add(set, tokens);
            return tokens;
        }
    }

    /// <summary>Tokens of at most so many characters.</summary>
    internal ulong[] TokensUpTo(int characters)
    {
        lock (_short)
        {
            if (_short.TryGetValue(characters, out ulong[]? known)) return known;

            ulong[] tokens = new ulong[MaskWords];
            for (int id = 0; id < _characters.Length; id++)
            {
                if (_characters[id] > 0 && _characters[id] <= characters) tokens[id >> 6] |= 1UL << (id & 63);
            }

            _short.Add(characters, tokens);
            return tokens;
        }
    }

    private void Describe(int id, ReadOnlySpan<byte> bytes)
    {
        int characters = 0;
        bool whole = true;
        for (ReadOnlySpan<byte> rest = bytes; !rest.IsEmpty && whole;)
        {
            whole = Rune.DecodeFromUtf8(rest, out _, out int length) == OperationStatus.Done;
            rest = rest[length..];
            characters++;
        }

        ulong bit = 1UL << (id & 63);
        if (whole)
        {
            _characters[id] = (byte)Math.Min(characters, 255);
            _whole[id >> 6] |= bit;
        }

        foreach (byte b in bytes) _containing[Math.Min(b, (byte)128)][id >> 6] |= bit;
    }

    /// <summary>Lays sorted tokens out as a tree.</summary>
    private sealed class Layout
    {
        private readonly List<byte> _labels = [];
        private readonly List<byte> _depths = [];
        private readonly List<int> _ends = [];
        private readonly List<int> _firstTokens = [];
        private readonly List<ulong> _low = [];
        private readonly List<ulong> _high = [];
        private readonly List<BranchKind> _kinds = [];
        private readonly Stack<int> _path = new();

        internal Layout(byte[][] tokens, int[] ids, Func<int, bool> isWhole)
        {
            byte[] before = [];
            for (int t = 0; t < tokens.Length; t++)
            {
                byte[] token = tokens[t];
                if (token.Length > 255) throw new ConstraintException("", $"the vocabulary has a token of {token.Length} bytes; constraints work with up to 255.");
                int common = before.AsSpan().CommonPrefixLength(token);
                while (_path.Count > common) Leave();
                for (int i = common; i < token.Length; i++)
                {
                    _path.Push(_labels.Count);
                    _labels.Add(token[i]);
                    _depths.Add((byte)(i + 1));
                    _ends.Add(0);
                    _firstTokens.Add(t);
                    _low.Add(token[i] < 64 ? 1UL << token[i] : 0);
                    _high.Add(token[i] is >= 64 and < 128 ? 1UL << (token[i] - 64) : 0);
                    _kinds.Add(token[i] >= 128 ? BranchKind.NonAscii : BranchKind.None);
                }

                if (!isWhole(ids[t])) Mark(BranchKind.Partial);
                before = token;
            }

            while (_path.Count > 0) Leave();
            _firstTokens.Add(tokens.Length);
        }

        internal (byte[], byte[], int[], int[], ulong[], ulong[], BranchKind[]) Result() =>
            ([.. _labels], [.. _depths], [.. _ends], [.. _firstTokens], [.. _low], [.. _high], [.. _kinds]);

        private void Leave()
        {
            int node = _path.Pop();
            _ends[node] = _labels.Count;
            if (!_path.TryPeek(out int above)) return;
            _low[above] |= _low[node];
            _high[above] |= _high[node];
            _kinds[above] |= _kinds[node];
        }

        private void Mark(BranchKind kind)
        {
            int node = _path.Peek();
            _kinds[node] |= kind;
        }
    }
}
