using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace Puna.Tokenizers;

/// <summary>
/// Finds a token's id by its bytes: an open-addressing table of (hash, id) over the vocabulary's own byte storage, at
/// most half full, so that a miss ends within a few neighbouring slots. Immutable after construction.
/// </summary>
internal sealed class TokenIndex
{
    private readonly record struct Slot(uint Hash, int IdPlus1); // IdPlus1 == 0: empty

    private readonly Slot[] _slots;
    private readonly TokenStore _store;

    /// <summary>Indexes the tokens of which <paramref name="include"/> is true. Of equal tokens the lowest id wins.</summary>
    public TokenIndex(TokenStore store, Func<TokenKind, bool> include)
    {
        _store = store;
        _slots = new Slot[BitOperations.RoundUpToPowerOf2((uint)Math.Max(16, store.Count * 2))];
        for (int id = 0; id < store.Count; id++)
        {
            ReadOnlySpan<byte> bytes = store.Bytes(id);
            if (bytes.IsEmpty || !include(store.Kind(id))) continue;

            if (Insert(bytes, id)) MaxLength = Math.Max(MaxLength, bytes.Length);
            else Duplicates++;
        }
    }

    /// <summary>Length of the longest token, in bytes.</summary>
    public int MaxLength { get; }

    /// <summary>Tokens left out because a lower id has the same bytes.</summary>
    public int Duplicates { get; }

    /// <summary>Ids that can be found, in no order.</summary>
    public IEnumerable<int> Ids => _slots.Where(slot => slot.IdPlus1 != 0).Select(slot => slot.IdPlus1 - 1);

    /// <summary>Bytes of a token.</summary>
    public ReadOnlySpan<byte> BytesOf(int id) => _store.Bytes(id);

    /// <summary>The id of the token with exactly these bytes, or -1.</summary>
    public int Find(ReadOnlySpan<byte> bytes) => bytes.Length > MaxLength ? -1 : Find(bytes, Hash(bytes));

    /// <summary>As <see cref="Find(ReadOnlySpan{byte})"/>, with the hash already computed.</summary>
    public int Find(ReadOnlySpan<byte> bytes, uint hash)
    {
        Slot[] slots = _slots;
        for (uint i = hash & (uint)(slots.Length - 1); ; i = (i + 1) & (uint)(slots.Length - 1))
        {
            Slot slot = slots[i];
            if (slot.IdPlus1 == 0) return -1;
            if (slot.Hash == hash && _store.Bytes(slot.IdPlus1 - 1).SequenceEqual(bytes)) return slot.IdPlus1 - 1;
        }
    }

    /// <summary>Hash of a byte string; 0 bytes hash to a constant.</summary>
    public static uint Hash(ReadOnlySpan<byte> s)
    {
        const ulong Odd = 0x9E3779B97F4A7C15;
        ulong h = (ulong)s.Length * Odd;
        while (s.Length > 16)
        {
            h = Mix(h ^ BinaryPrimitives.ReadUInt64LittleEndian(s));
            s = s[8..];
        }

        // The last 16 bytes or fewer in two overlapping reads.
        if (s.Length > 8) return Fold(Mix(h ^ BinaryPrimitives.ReadUInt64LittleEndian(s)), BinaryPrimitives.ReadUInt64LittleEndian(s[^8..]));
        if (s.Length >= 4) return Fold(h, BinaryPrimitives.ReadUInt32LittleEndian(s) | ((ulong)BinaryPrimitives.ReadUInt32LittleEndian(s[^4..]) << 32));
        return s.IsEmpty ? Fold(h, 0) : Fold(h, s[0] | ((uint)s[s.Length >> 1] << 8) | ((uint)s[^1] << 16));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static ulong Mix(ulong x)
        {
            ulong high = Math.BigMul(x, 0xD6E8FEB86659FD93, out ulong low);
            return high ^ low;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static uint Fold(ulong h, ulong last)
        {
            ulong x = Mix(h ^ last ^ 0xA0761D6478BD642F);
            return (uint)(x ^ (x >> 32));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)] // hot within the first call, while a vocabulary loads
    private bool Insert(ReadOnlySpan<byte> bytes, int id)
    {
        uint hash = Hash(bytes);
        uint i = hash & (uint)(_slots.Length - 1);
        for (; _slots[i].IdPlus1 != 0; i = (i + 1) & (uint)(_slots.Length - 1))
        {
            if (_slots[i].Hash == hash && _store.Bytes(_slots[i].IdPlus1 - 1).SequenceEqual(bytes)) return false;
        }

        _slots[i] = new Slot(hash, id + 1);
        return true;
    }
}
