using Puna.Tensors;

namespace Puna.Compute.Kv;

/// <summary>
/// The K or V part of one head in a page of a quantized cache: first all scales, float16, then all quants, so that vector
/// lanes run along keys in K and along components in V, as in an unquantized page. With b a block of 32 components:
/// <code>
///        scale                   quant of component d, Q8_0   Q4_0, two to a byte
/// K      [b][token]              [d][token]                   [d / 2][token], even d in the low bits
/// V      [token][b]              [token][d]                   [token][b][d % 16], d % 32 below 16 in the low bits
/// </code>
/// </summary>
public readonly unsafe struct QuantizedPart
{
    private const int BlockLength = 32, HalfBlock = BlockLength / 2;

    private readonly byte* _part;
    private readonly int _tokens, _headDim;
    private readonly bool _isKeys, _isNibbles;

    /// <summary>The part at an address.</summary>
    /// <param name="layout">Shape of the page; its type is quantized.</param>
    /// <param name="part">First byte of the part.</param>
    /// <param name="isKeys">Keys, else values.</param>
    public QuantizedPart(KvLayout layout, byte* part, bool isKeys)
    {
        _part = part;
        (_tokens, _headDim, _isKeys) = (layout.PageTokens, layout.HeadDim, isKeys);
        _isNibbles = layout.Type == ElementType.Q4_0;
    }

    /// <summary>Scales: [headDim / 32][tokens] of keys, [tokens][headDim / 32] of values.</summary>
    public ushort* Scales => (ushort*)_part;

    /// <summary>Scales of the part.</summary>
    public int ScaleCount => _tokens * Blocks;

    /// <summary>First byte of the quants.</summary>
    public byte* Quants => _part + (ScaleCount * sizeof(ushort));

    private int Blocks => _headDim / BlockLength;

    private int BlockBytes => sizeof(ushort) + (_isNibbles ? HalfBlock : BlockLength);

    /// <summary>Spreads the blocks of one token.</summary>
    /// <param name="token">Token in the page.</param>
    /// <param name="firstBlock">First block to write.</param>
    /// <param name="blocks">Whole blocks of the cache's type, in the format's own layout.</param>
    public void Write(int token, int firstBlock, ReadOnlySpan<byte> blocks)
    {
        int bytes = BlockBytes;
        for (int b = 0; b < blocks.Length / bytes; b++)
        {
            fixed (byte* block = blocks.Slice(b * bytes, bytes)) Write(token, firstBlock + b, block);
        }
    }

    /// <summary>Gathers all blocks of one token: the inverse of <see cref="Write(int, int, ReadOnlySpan{byte})"/>.</summary>
    /// <param name="token">Token in the page.</param>
    /// <param name="blocks">Receives headDim / 32 blocks.</param>
    public void Read(int token, Span<byte> blocks)
    {
        int bytes = BlockBytes;
        for (int b = 0; b < Blocks; b++)
        {
            fixed (byte* block = blocks.Slice(b * bytes, bytes)) Read(token, b, block);
        }
    }

    private void Write(int token, int b, byte* block)
    {
        Scales[ScaleIndex(token, b)] = *(ushort*)block;
        block += sizeof(ushort);
        if (!_isKeys)
        {
            int bytes = BlockBytes - sizeof(ushort);
            Buffer.MemoryCopy(block, Quants + ((((long)token * Blocks) + b) * bytes), bytes, bytes);
        }
        else if (!_isNibbles)
        {
            byte* cell = KeyCell(token, b);
            for (int e = 0; e < BlockLength; e++) cell[(long)e * _tokens] = block[e];
        }
        else
        {
            // A block has e and e + 16 in a byte; here it is 2i and 2i + 1.
            byte* cell = KeyCell(token, b);
            for (int i = 0; i < HalfBlock; i++)
            {
                int shift = i < HalfBlock / 2 ? 0 : 4;
                int even = (block[2 * i % HalfBlock] >> shift) & 15, odd = (block[((2 * i) + 1) % HalfBlock] >> shift) & 15;
                cell[(long)i * _tokens] = (byte)(even | (odd << 4));
            }
        }
    }

    private void Read(int token, int b, byte* block)
    {
        *(ushort*)block = Scales[ScaleIndex(token, b)];
        block += sizeof(ushort);
        if (!_isKeys)
        {
            int bytes = BlockBytes - sizeof(ushort);
            Buffer.MemoryCopy(Quants + ((((long)token * Blocks) + b) * bytes), block, bytes, bytes);
        }
        else if (!_isNibbles)
        {
            byte* cell = KeyCell(token, b);
            for (int e = 0; e < BlockLength; e++) block[e] = cell[(long)e * _tokens];
        }
        else
        {
            byte* cell = KeyCell(token, b);
            for (int e = 0; e < HalfBlock; e++)
            {
                int low = Nibble(cell, e), high = Nibble(cell, e + HalfBlock);
                block[e] = (byte)(low | (high << 4));
            }
        }
    }

    private int Nibble(byte* cell, int d) => (cell[(long)(d / 2) * _tokens] >> (4 * (d % 2))) & 15;

    private int ScaleIndex(int token, int b) => _isKeys ? (b * _tokens) + token : (token * Blocks) + b;

    private byte* KeyCell(int token, int b) => Quants + ((long)b * (_isNibbles ? HalfBlock : BlockLength) * _tokens) + token;
}
