namespace Puna.Tokenizers;

/// <summary>The bytes and kinds of all tokens, bytes end to end in one array. Immutable once handed out.</summary>
internal sealed class TokenStore
{
    private readonly byte[] _bytes;
    private readonly int[] _ends; // token id is _bytes[_ends[id - 1].._ends[id]]
    private readonly TokenKind[] _kinds;

    private TokenStore(byte[] bytes, int[] ends, TokenKind[] kinds)
    {
        _bytes = bytes;
        _ends = ends;
        _kinds = kinds;
    }

    public int Count => _ends.Length;

    /// <summary>What the token decodes to: raw bytes of text tokens, the UTF-8 name of special ones.</summary>
    public ReadOnlySpan<byte> Bytes(int id)
    {
        int start = id == 0 ? 0 : _ends[id - 1];
        return _bytes.AsSpan(start, _ends[id] - start);
    }

    public TokenKind Kind(int id) => _kinds[id];

    /// <summary>Collects tokens in id order.</summary>
    internal sealed class Builder(int capacity)
    {
        private byte[] _bytes = new byte[Math.Max(64, capacity * 8)];
        private readonly List<int> _ends = new(capacity);
        private readonly List<TokenKind> _kinds = new(capacity);
        private int _used;

        /// <summary>Id the next token gets.</summary>
        public int Count => _ends.Count;

        /// <summary>Space for the next token's bytes, which <see cref="Commit"/> then takes over.</summary>
        public Span<byte> Reserve(int maxLength)
        {
            int need = checked(_used + maxLength);
            if (need > _bytes.Length) Array.Resize(ref _bytes, (int)Math.Min(Array.MaxLength, Math.Max(need, _bytes.Length * 2L)));

            return _bytes.AsSpan(_used, maxLength);
        }

        /// <summary>Ends the token written to <see cref="Reserve"/>'s first <paramref name="length"/> bytes.</summary>
        public void Commit(int length, TokenKind kind)
        {
            _used += length;
            _ends.Add(_used);
            _kinds.Add(kind);
        }

        public void Add(ReadOnlySpan<byte> bytes, TokenKind kind)
        {
            bytes.CopyTo(Reserve(bytes.Length));
            Commit(bytes.Length, kind);
        }

        public TokenStore Build() => new(_bytes.AsSpan(0, _used).ToArray(), [.. _ends], [.. _kinds]);
    }
}
