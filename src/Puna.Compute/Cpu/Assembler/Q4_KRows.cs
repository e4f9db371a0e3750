using Iced.Intel;
using Puna.Compute.Cpu.MatMul;
using static Iced.Intel.AssemblerRegisters;

namespace Puna.Compute.Cpu.Assembler;

/// <summary>Few tokens, Q4_K and Q5_K: the 6-bit scales and mins of four rows are unpacked at once.</summary>
internal sealed class Q4_KRows(int tokens, bool fifthBits, bool windows) : KQuantRows(tokens, fifthBits ? 176 : 144, windows)
{
    private const int Halfs = 26, MinSums = 20, FifthBit = 14, Mins = 4;

    private AssemblerMemoryOperand _nibble, _fifth, _shifts, _lowMask, _highMask, _firstScales, _lastScales, _mins;

    /// <summary>Sub-scales of the 16 rows, 8 a row, twice in 32 bits.</summary>
    protected override int SumsAt => 512;

    protected override void Constants()
    {
        const byte Zero = 0x80; // vpshufb writes 0
        _nibble = Constant(15);
        _fifth = Constant(16);
        _shifts = Constant32(0, 0, 0, 4);
        _lowMask = Constant32(0x3F3F3F3F, 0x3F3F3F3F, 0x0F0F0F0F, 0x0F0F0F0F);
        _highMask = Constant32(0, 0, 0x30303030, 0x30303030);
        _firstScales = Constant(0, Zero, 0, Zero, 1, Zero, 1, Zero, 2, Zero, 2, Zero, 3, Zero, 3, Zero);
        _lastScales = Constant(8, Zero, 8, Zero, 9, Zero, 9, Zero, 10, Zero, 10, Zero, 11, Zero, 11, Zero);
        _mins = Constant(4, Zero, 5, Zero, 6, Zero, 7, Zero, 12, Zero, 13, Zero, 14, Zero, 15, Zero);
    }

    protected override void Prepare()
    {
        C.vmovdqu(Y(Nibble), Sized256(_nibble));
        if (fifthBits) C.vmovdqu(Y(FifthBit), Sized256(_fifth));
    }

    protected override void Block()
    {
        Headers();
        for (int j = 0; j < 4; j++)
        {
            for (int i = 0; i < 4; i++)
            {
                ClearSums();
                if (fifthBits) C.vmovdqu(Y(12), Sized256(Row(i, j, 16)));
                for (int g = 0; g < 4; g++) Pair(i, j, g);
                StoreSums(i, j);
            }
        }

        WidenHalfs(6, Halfs, high: false);
        WidenHalfs(7, Halfs, high: true);
        for (int t = 0; t < Tokens; t++)
        {
            LoadSums(t);
            Accumulate(t, 0, 6, subtract: false, 4);
            Accumulate(t, MinSums + t, 7, subtract: true, 4);
        }
    }

    /// <summary>Parts 2g and 2g + 1 of row 4i + j.</summary>
    private void Pair(int i, int j, int g)
    {
        C.vmovdqu(Y(8), Sized256(Row(i, j, (fifthBits ? 48 : 16) + (32 * g))));
        C.vpand(Y(9), Y(8), Y(Nibble));
        if (fifthBits) AddFifthBit(9, 2 * g);
        AddPart(9, 2 * g, (t, pairs) => DotWords(Y(t), Y(pairs), Scale(i, j, 2 * g)));
        C.vpsrlw(Y(8), Y(8), 4);
        C.vpand(Y(8), Y(8), Y(Nibble));
        if (fifthBits) AddFifthBit(8, (2 * g) + 1);
        AddPart(8, (2 * g) + 1, (t, pairs) => DotWords(Y(t), Y(pairs), Scale(i, j, (2 * g) + 1)));
    }

    /// <summary>Bit <paramref name="part"/> of y[12], moved to value 16.</summary>
    private void AddFifthBit(int weights, int part)
    {
        int bits = 13;
        if (part < 4) C.vpsllw(Y(bits), Y(12), (byte)(4 - part));
        else if (part > 4) C.vpsrlw(Y(bits), Y(12), (byte)(part - 4));
        else bits = 12;
        C.vpternlogd(Y(weights), Y(bits), Y(FifthBit), OrAnd);
    }

    private static AssemblerMemoryOperand Scale(int i, int j, int part) =>
        __dword_bcst[rsp + (128 * j) + (64 * (part / 4)) + (16 * i) + (4 * (part % 4))];

    /// <summary>Sub-scales to memory, d and dmin to <see cref="Halfs"/>, the mins' sums to <see cref="MinSums"/>.</summary>
    private void Headers()
    {
        for (int j = 0; j < 4; j++) LoadLanes(j, j, 0);
        TransposeColumn(Halfs, 0, 4);
        for (int j = 0; j < 4; j++)
        {
            // 32-bit numbers d1 d2 d3 after d and dmin; what follows makes bytes sc0-3, m0-3, sc4-7, m4-7.
            C.vpshufd(Z(8), Z(j), 0xF9); // d1 d2 d3 d3
            C.vpshufd(Z(9), Z(j), 0x90); // -  -  d1 d2
            C.vpsrlvd(Z(8), Z(8), __zmmword_ptr[_shifts]);
            C.vpandd(Z(8), Z(8), __zmmword_ptr[_lowMask]);
            C.vpsrld(Z(9), Z(9), 2);
            C.vpternlogd(Z(8), Z(9), __zmmword_ptr[_highMask], OrAnd);
            C.vpshufb(Z(9), Z(8), __zmmword_ptr[_firstScales]);
            C.vmovdqa64(__zmmword_ptr[rsp + (128 * j)], Z(9));
            C.vpshufb(Z(9), Z(8), __zmmword_ptr[_lastScales]);
            C.vmovdqa64(__zmmword_ptr[rsp + (128 * j) + 64], Z(9));
            C.vpshufb(Z(Mins + j), Z(8), __zmmword_ptr[_mins]);
        }

        for (int t = 0; t < Tokens; t++)
        {
            C.vbroadcasti32x4(Z(8), __xmmword_ptr[rsi + WideTile.SumsOffset + (16 * t)]);
            for (int j = 0; j < 4; j++) C.vpmaddwd(Z(j), Z(Mins + j), Z(8));
            SumLanes(0, 8);
            C.vmovdqa32(Z(MinSums + t), Z(0));
        }
    }
}
