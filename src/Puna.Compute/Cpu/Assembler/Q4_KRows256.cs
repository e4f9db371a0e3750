using Iced.Intel;
using Puna.Compute.Cpu.MatMul;
using static Iced.Intel.AssemblerRegisters;

namespace Puna.Compute.Cpu.Assembler;

/// <summary>
/// Few tokens, Q4_K and Q5_K, 256-bit registers: a register holds one part of 32 quants. Sub-scales and mins of four blocks are unpacked
/// together and kept in memory, from where a sub-scale is broadcast to 16-bit lanes.
/// </summary>
/// <remarks>
/// vpmaddubsw adds two products of a quant, at most 31, and an activation, at most 127 in magnitude, in 16 bits: at most 2 * 31 * 127 = 7874,
/// so that it cannot saturate. The pairs times sub-scales of at most 63 are added up in 32 bits.
/// </remarks>
internal sealed class Q4_KRows256(int tokens, bool hasFifthBits, CodeTarget target) : RowAssembly(tokens, hasFifthBits ? 176 : 144, 256, lanes: 2, target)
{
    private const int Low = 8, High = 9, SubScale = 10, Scratch = 11, Mask = 12, Bits = 13;

    /// <summary>Where the unpacked headers are, from rsp on: sub-scales [2 blocks][2][block][4], each twice as short; mins [4][4][2]; d, then dmin.</summary>
    private const int MinsAt = 128, HalfsAt = 192;

    private AssemblerMemoryOperand _nibble, _fifth, _shifts, _lowMask, _highMask, _scales0, _scales4, _order0, _order4, _mins, _halfs;

    protected override void Constants()
    {
        const byte Zero = 0x80; // vpshufb writes 0
        _nibble = Constant(15);
        _fifth = Constant(16);
        _shifts = Constant32(0, 0, 0, 4);
        _lowMask = Constant32(0x3F3F3F3F, 0x3F3F3F3F, 0x0F0F0F0F, 0x0F0F0F0F);
        _highMask = Constant32(0, 0, 0x30303030, 0x30303030);
        _scales0 = Twice(0);
        _scales4 = Twice(8);
        _order0 = Constant32(0, 4, 2, 6);
        _order4 = Constant32(1, 5, 3, 7);
        byte[] mins = new byte[32];
        for (int i = 0; i < mins.Length; i++) mins[i] = i % 2 == 1 ? Zero : (byte)((i % 16 / 4 * 4) + (i / 16 * 2) + (i % 4 / 2));
        _mins = Constant(mins);
        _halfs = Constant(0, 1, 4, 5, 8, 9, 12, 13, 2, 3, 6, 7, 10, 11, 14, 15);

        AssemblerMemoryOperand Twice(byte from) => Constant(
            from, Zero, from, Zero, (byte)(from + 1), Zero, (byte)(from + 1), Zero, (byte)(from + 2), Zero, (byte)(from + 2), Zero, (byte)(from + 3), Zero, (byte)(from + 3), Zero);
    }

    protected override void Prepare() => Load(Mask, _nibble);

    protected override void Blocks(int blocks)
    {
        Headers(blocks);
        for (int first = 0; first < Tokens; first += 2)
        {
            int count = Math.Min(2, Tokens - first);
            for (int b = 0; b < blocks; b++) Products(b, first, count);
            for (int t = 0; t < count; t++) Gather(4 * t, first + t);
        }
    }

    protected override void LastBlocks() => ByCount(Blocks);

    private void Headers(int blocks)
    {
        const int A = 0, Raw = 2, B = 3;
        const byte Odd = 0xDD; // 32-bit numbers 1 and 3 of two registers
        for (int pair = 0; 2 * pair < blocks; pair++)
        {
            // 32-bit numbers d1 d2 d3 after d and dmin; what follows makes bytes sc0-3, m0-3, sc4-7, m4-7.
            C.vmovdqu(X(Raw), __xmmword_ptr[Weights(2 * pair, 0)]);
            if ((2 * pair) + 1 < blocks) C.vinserti128(Y(Raw), Y(Raw), __xmmword_ptr[Weights((2 * pair) + 1, 0)], 1);
            C.vpshufd(Y(A + pair), Y(Raw), 0xF9); // d1 d2 d3 d3
            C.vpshufd(Y(B), Y(Raw), 0x90);        // -  -  d1 d2
            C.vpsrlvd(Y(A + pair), Y(A + pair), __ymmword_ptr[_shifts]);
            C.vpand(Y(A + pair), Y(A + pair), __ymmword_ptr[_lowMask]);
            C.vpsrld(Y(B), Y(B), 2);
            C.vpand(Y(B), Y(B), __ymmword_ptr[_highMask]);
            C.vpor(Y(A + pair), Y(A + pair), Y(B));
            C.vpshufb(Y(Raw), Y(A + pair), __ymmword_ptr[_scales0]);
            C.vmovdqu(__ymmword_ptr[rsp + (64 * pair)], Y(Raw));
            C.vpshufb(Y(Raw), Y(A + pair), __ymmword_ptr[_scales4]);
            C.vmovdqu(__ymmword_ptr[rsp + (64 * pair) + 32], Y(Raw));
        }

        C.vshufps(Y(B), Y(A), Y(A + 1), Odd); // m0-3 and m4-7 of blocks 0, 2; 1, 3
        MinsInOrder(_order0, MinsAt);
        MinsInOrder(_order4, MinsAt + 32);

        C.vmovd(X(Raw), __dword_ptr[Weights(0, 0)]);
        for (int b = 1; b < blocks; b++) C.vpinsrd(X(Raw), X(Raw), __dword_ptr[Weights(b, 0)], (byte)b);
        C.vpshufb(X(Raw), X(Raw), __xmmword_ptr[_halfs]);
        C.vcvtph2ps(Y(Raw), X(Raw));
        C.vmovups(__ymmword_ptr[rsp + HalfsAt], Y(Raw));

        void MinsInOrder(AssemblerMemoryOperand order, int at)
        {
            C.vmovdqu(Y(Raw), __ymmword_ptr[order]);
            C.vpermd(Y(Raw), Y(Raw), Y(B));
            C.vpshufb(Y(Raw), Y(Raw), __ymmword_ptr[_mins]);
            C.vmovdqu(__ymmword_ptr[rsp + at], Y(Raw));
        }
    }

    /// <summary>y[4t + b] = products of a block, spread over eight lanes.</summary>
    private void Products(int b, int first, int count)
    {
        if (hasFifthBits) C.vmovdqu(Y(Bits), __ymmword_ptr[Weights(b, 16)]);
        for (int part = 0; part < 8; part += 2)
        {
            C.vmovdqu(Y(Low), __ymmword_ptr[Weights(b, (hasFifthBits ? 48 : 16) + (16 * part))]);
            C.vpsrlw(Y(High), Y(Low), 4);
            C.vpand(Y(Low), Y(Low), Y(Mask));
            C.vpand(Y(High), Y(High), Y(Mask));
            AddPart(Low, part);
            AddPart(High, part + 1);
        }

        void AddPart(int weights, int part)
        {
            if (hasFifthBits)
            {
                if (part < 4) C.vpsllw(Y(Scratch), Y(Bits), (byte)(4 - part));
                else C.vpsrlw(Y(Scratch), Y(Bits), (byte)(part - 4));
                C.vpand(Y(Scratch), Y(Scratch), __ymmword_ptr[_fifth]);
                C.vpor(Y(weights), Y(weights), Y(Scratch));
            }

            C.vpbroadcastd(Y(SubScale), __dword_ptr[rsp + (64 * (b / 2)) + (32 * (part / 4)) + (16 * (b % 2)) + (4 * (part % 4))]);
            for (int t = 0; t < count; t++)
            {
                C.vpmaddubsw(Y(Scratch), Y(weights), __ymmword_ptr[Tile(first + t, (RowTile.Block256 * b) + RowTile.Plain256 + (32 * part))]);
                AddPairs((4 * t) + b, Scratch, SubScale, Scratch, isFirst: part == 0);
            }
        }
    }

    /// <summary>Scales and sums of token t from y[a … a + 3].</summary>
    private void Gather(int a, int t)
    {
        const byte LowHalves = 0x20, HighHalves = 0x31;
        SumLanes(a, Low);
        C.vmovdqu(Y(Low), __ymmword_ptr[rsp + MinsAt]);
        C.vpmaddwd(Y(Low), Y(Low), __ymmword_ptr[Rest(t, RowTile.Sums)]);
        C.vmovdqu(Y(High), __ymmword_ptr[rsp + MinsAt + 32]);
        C.vpmaddwd(Y(High), Y(High), __ymmword_ptr[Rest(t, RowTile.Sums + 32)]);
        C.vpaddd(Y(Low), Y(Low), Y(High));
        C.vperm2i128(Y(High), Y(a), Y(Low), LowHalves);
        C.vperm2i128(Y(a), Y(a), Y(Low), HighHalves);
        C.vpaddd(Y(a), Y(a), Y(High));

        C.vcvtdq2ps(Y(a), Y(a));
        C.vbroadcastf128(Y(Low), __xmmword_ptr[Rest(t, RowTile.Scales256)]);
        C.vmulps(Y(Low), Y(Low), __ymmword_ptr[rsp + HalfsAt]);
        Store(Scales(t), Low);
        Store(Sums(t), a);
    }
}
