using Iced.Intel;
using Puna.Compute.Cpu.MatMul;
using static Iced.Intel.AssemblerRegisters;

namespace Puna.Compute.Cpu.Assembler;

/// <summary>
/// Few tokens, Q4_K and Q5_K. A lane holds 16 quants of one part of each of two sorts, low and high nibbles, so that a part's
/// products add up inside a lane; a transposition of four blocks then puts them beside each other, where one multiplication
/// serves the sub-scales of 16 parts.
/// </summary>
/// <remarks>High nibbles are used where they stand: their products are 16 times too large, which a shift takes back at the end.</remarks>
internal sealed class Q4_KRows(int tokens, bool fifthBits, CodeTarget target) : RowAssembly(tokens, fifthBits ? 176 : 144, 256, lanes: 2, target)
{
    private const int Nibble = 24, ScaleOrder = 25, MinOrder = 26, HalfOrder = 27;
    private const int EvenScales = 28, OddScales = 29, Mins = 30, Halfs = 31;
    private const int Scratch = 16;

    /// <summary>Lanes 0 and 2, 1 and 3, 0 and 1, 2 and 3 of two registers.</summary>
    private const byte EvenLanes = 0x88, OddLanes = 0xDD, LowLanes = 0x44, HighLanes = 0xEE;

    private AssemblerMemoryOperand _nibble, _scaleOrder, _minOrder, _halfOrder;
    private AssemblerMemoryOperand _shifts, _lowMask, _highMask, _evenScales, _oddScales, _mins, _halfs;
    private AssemblerMemoryOperand _fifth, _evenBits, _oddBits;

    protected override void Constants()
    {
        const byte Zero = 0x80; // vpshufb writes 0
        _nibble = Constant(15);
        _scaleOrder = Constant32(0, 4, 8, 12, 0, 4, 8, 12, 2, 6, 10, 14, 2, 6, 10, 14);
        _minOrder = Constant32(1, 5, 9, 13, 1, 5, 9, 13, 3, 7, 11, 15, 3, 7, 11, 15);
        _halfOrder = Constant32(0, 4, 8, 12);
        _shifts = Constant32(0, 0, 0, 4);
        _lowMask = Constant32(0x3F3F3F3F, 0x3F3F3F3F, 0x0F0F0F0F, 0x0F0F0F0F);
        _highMask = Constant32(0, 0, 0x30303030, 0x30303030);
        _evenScales = Spread(i => i % 4 == 0 ? 0 : -1);
        _oddScales = Spread(i => i % 4 == 0 ? 1 : -1);
        _mins = Spread(i => i % 2 == 0 ? i / 2 : -1);
        _halfs = Constant(0, 1, 4, 5, 8, 9, 12, 13, 2, 3, 6, 7, 10, 11, 14, 15);
        if (!fifthBits) return;

        _fifth = Constant(16);
        _evenBits = Constant32(28, 28, 28, 28, 30, 30, 30, 30, 0, 0, 0, 0, 2, 2, 2, 2);
        _oddBits = Constant32(29, 29, 29, 29, 31, 31, 31, 31, 1, 1, 1, 1, 3, 3, 3, 3);

        // For each 32-bit number: its byte at each of four places, counted from byte 0 in even lanes and byte 2 in odd ones.
        AssemblerMemoryOperand Spread(Func<int, int> place)
        {
            byte[] bytes = new byte[32];
            for (int i = 0; i < bytes.Length; i++)
            {
                int from = place(i % 4);
                bytes[i] = from < 0 ? Zero : (byte)((i % 16 / 4 * 4) + (i < 16 ? 0 : 2) + from);
            }

            return Constant(bytes);
        }
    }

    protected override void Prepare()
    {
        C.vmovdqu32(Z(Nibble), __zmmword_ptr[_nibble]);
        C.vmovdqu32(Z(ScaleOrder), __zmmword_ptr[_scaleOrder]);
        C.vmovdqu32(Z(MinOrder), __zmmword_ptr[_minOrder]);
        C.vmovdqu32(Z(HalfOrder), __zmmword_ptr[_halfOrder]);
    }

    protected override void Blocks(int blocks)
    {
        Headers(blocks);
        for (int first = 0; first < Tokens; first += 2)
        {
            int count = Math.Min(2, Tokens - first);
            for (int r = 0; r < 8 * count; r++) C.vpxor(X(r), X(r), X(r));
            for (int b = 0; b < blocks; b++) Products(b, first, count);
            for (int t = 0; t < count; t++) Gather(8 * t, first + t);
        }
    }

    protected override void LastBlocks() => ByCount(Blocks);

    /// <summary>Sub-scales as [part pair][block] numbers, mins as pairs in the same places, d and dmin as floats.</summary>
    private void Headers(int blocks)
    {
        const int Raw = 0, A = 1, B = 2;
        C.vmovdqu(X(Raw), __xmmword_ptr[Weights(0, 0)]);
        for (int b = 1; b < blocks; b++) C.vinserti32x4(Z(Raw), Z(Raw), __xmmword_ptr[Weights(b, 0)], (byte)b);

        // 32-bit numbers d1 d2 d3 after d and dmin; what follows makes bytes sc0-3, m0-3, sc4-7, m4-7.
        C.vpshufd(Z(A), Z(Raw), 0xF9); // d1 d2 d3 d3
        C.vpshufd(Z(B), Z(Raw), 0x90); // -  -  d1 d2
        C.vpsrlvd(Z(A), Z(A), __zmmword_ptr[_shifts]);
        C.vpandd(Z(A), Z(A), __zmmword_ptr[_lowMask]);
        C.vpsrld(Z(B), Z(B), 2);
        C.vpternlogd(Z(A), Z(B), __zmmword_ptr[_highMask], OrAnd);

        C.vpermd(Z(OddScales), Z(ScaleOrder), Z(A));
        C.vpshufb(Z(EvenScales), Z(OddScales), __zmmword_ptr[_evenScales]);
        C.vpshufb(Z(OddScales), Z(OddScales), __zmmword_ptr[_oddScales]);
        C.vpermd(Z(Mins), Z(MinOrder), Z(A));
        C.vpshufb(Z(Mins), Z(Mins), __zmmword_ptr[_mins]);
        C.vpermd(Z(Raw), Z(HalfOrder), Z(Raw));
        C.vpshufb(X(Raw), X(Raw), __xmmword_ptr[_halfs]);
        C.vcvtph2ps(Y(Halfs), X(Raw));
    }

    /// <summary>z[8t + b] += products of even parts, z[8t + 4 + b] += those of odd parts, a part pair to a lane.</summary>
    private void Products(int b, int first, int count)
    {
        const int L0 = Scratch, L1 = Scratch + 1, Low = Scratch + 2, High = Scratch + 3;
        int quants = fifthBits ? 48 : 16;
        for (int half = 0; half < 2; half++)
        {
            C.vmovdqu32(Z(L0), __zmmword_ptr[Weights(b, quants)]);
            if (half == 0) C.vmovdqu32(Z(L1), __zmmword_ptr[Weights(b, quants + 64)]);
            C.vshufi64x2(Z(High), Z(L0), Z(L1), half == 0 ? EvenLanes : OddLanes);
            C.vpandd(Z(Low), Z(High), Z(Nibble));
            C.vpxord(Z(High), Z(High), Z(Low));
            if (fifthBits)
            {
                C.vpsrld(Z(High), Z(High), 4);
                AddFifthBit(Low, b, half, _evenBits);
                AddFifthBit(High, b, half, _oddBits);
            }

            for (int t = 0; t < count; t++)
            {
                C.vpdpbusd(Z((8 * t) + b), Z(Low), __zmmword_ptr[Tile(first + t, (RowTile.Block256 * b) + (64 * half))]);
                C.vpdpbusd(Z((8 * t) + 4 + b), Z(High), __zmmword_ptr[Tile(first + t, (RowTile.Block256 * b) + (64 * (2 + half)))]);
            }
        }
    }

    /// <summary>Rotates the bit of each lane's part to value 16; overwrites z[Scratch].</summary>
    private void AddFifthBit(int weights, int b, int half, AssemblerMemoryOperand rotations)
    {
        C.vbroadcasti32x4(Z(Scratch), __xmmword_ptr[Weights(b, 16 + (16 * half))]);
        C.vprorvd(Z(Scratch), Z(Scratch), __zmmword_ptr[rotations]);
        C.vpternlogd(Z(weights), Z(Scratch), __zmmword_ptr[_fifth], OrAnd);
    }

    /// <summary>Sums of token t from z[a … a + 7].</summary>
    private void Gather(int a, int t)
    {
        const int S = Scratch;
        SumLanes(a, S);
        SumLanes(a + 4, S);
        C.vpmulld(Z(a), Z(a), Z(EvenScales));
        C.vpmulld(Z(a + 4), Z(a + 4), Z(OddScales));
        if (!fifthBits) C.vpsrad(Z(a + 4), Z(a + 4), 4);
        C.vpaddd(Z(a), Z(a), Z(a + 4));
        C.vpmaddwd(Z(S), Z(Mins), __zmmword_ptr[Rest(t, RowTile.Sums)]);

        // Four lanes of both to one each.
        C.vshufi64x2(Z(S + 1), Z(a), Z(S), LowLanes);
        C.vshufi64x2(Z(a), Z(a), Z(S), HighLanes);
        C.vpaddd(Z(a), Z(a), Z(S + 1));
        C.vshufi64x2(Z(S), Z(a), Z(a), EvenLanes);
        C.vshufi64x2(Z(a), Z(a), Z(a), OddLanes);
        C.vpaddd(Y(a), Y(a), Y(S));

        C.vcvtdq2ps(Y(a), Y(a));
        C.vbroadcastf32x4(Y(S), __xmmword_ptr[Rest(t, RowTile.Scales256)]);
        C.vmulps(Y(S), Y(S), Y(Halfs));
        C.vmovups(__ymmword_ptr[Scales(t)], Y(S));
        C.vmovups(__ymmword_ptr[Sums(t)], Y(a));
    }
}
