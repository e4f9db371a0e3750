using Iced.Intel;
using Puna.Compute.Cpu.MatMul;
using static Iced.Intel.AssemblerRegisters;

namespace Puna.Compute.Cpu.Assembler;

/// <summary>
/// Few tokens, Q8_0 and Q4_0, 512-bit registers: quants are unsigned, those of Q8_0 by a shift; what that adds too much is taken from the
/// integer sum.
/// </summary>
internal sealed class Q8_0Rows(int tokens, bool isQ4, CodeTarget target) : Rows32Assembly(tokens, isQ4, target)
{
    private const int Scratch = 16, Quants = 17, Halfs = 18, Mask = 24, Shifts = 25;

    /// <summary>Registers that hold the sums of a token.</summary>
    private readonly int _registers = isQ4 ? 4 : 8;

    private AssemblerMemoryOperand _mask, _shifts;

    protected override int Zero => IsQ4 ? 8 : 128;

    protected override void Constants()
    {
        base.Constants();
        _mask = Constant(IsQ4 ? (byte)15 : (byte)128);
        if (IsQ4) _shifts = Constant32(0, 0, 0, 0, 4, 4, 4, 4);
    }

    protected override void Prepare()
    {
        Load(Mask, _mask);
        if (IsQ4)
        {
            Load(Shifts, _shifts);
            return;
        }

        const int UpperHalf = 0xF0; // of eight 64-bit numbers
        C.mov(r13d, UpperHalf);
        C.kmovd(k1, r13d);
    }

    protected override void Blocks(int blocks)
    {
        LoadScales();
        int together = 16 / _registers;
        for (int first = 0; first < Tokens; first += together)
        {
            int count = Math.Min(together, Tokens - first);
            for (int r = 0; r < _registers * count; r++) C.vpxor(X(r), X(r), X(r));
            for (int r = 0; r < _registers; r++)
            {
                if (IsQ4) Nibbles(r, first, count);
                else Pair(r, first, count);
            }

            for (int t = 0; t < count; t++) Gather(_registers * t, first + t);
        }
    }

    protected override void SingleWeights()
    {
        if (IsQ4)
        {
            C.vbroadcasti32x4(Y(Quants), __xmmword_ptr[Weights(0, 2)]);
            C.vpsrlvd(Y(Quants), Y(Quants), Y(Shifts));
            C.vpandd(Y(Quants), Y(Quants), Y(Mask));
        }
        else
        {
            C.vpxord(Y(Quants), Y(Mask), __ymmword_ptr[Weights(0, 2)]);
        }
    }

    protected override void SingleProducts(int t)
    {
        C.vpxor(X(0), X(0), X(0));
        C.vpdpbusd(Y(0), Y(Quants), __ymmword_ptr[Tile(t, 0)]);
    }

    /// <summary>A block of the lower half of the unit's eight and the one four blocks on, so that their sums end in order.</summary>
    private void Pair(int r, int first, int count)
    {
        int block = (r / 4 * 8) + (r % 4);
        C.vpxord(Y(Quants), Y(Mask), __ymmword_ptr[Weights(block, 2)]);
        C.vpxorq(Z(Quants).k1, Z(Mask), __zmmword_ptr[Weights(block + 4, 2 - 32)]);
        for (int t = 0; t < count; t++) C.vpdpbusd(Z((8 * t) + r), Z(Quants), __zmmword_ptr[Tile(first + t, RowTile.Pairs + (64 * r))]);
    }

    /// <summary>Blocks j, 4 + j, 8 + j and 12 + j.</summary>
    private void Nibbles(int j, int first, int count)
    {
        C.vmovdqu32(X(Quants), __xmmword_ptr[Weights(j, 2)]);
        for (int i = 1; i < 4; i++) C.vinserti32x4(Z(Quants), Z(Quants), __xmmword_ptr[Weights((4 * i) + j, 2)], (byte)i);
        C.vpandd(Z(Scratch), Z(Quants), Z(Mask));
        C.vpsrld(Z(Quants), Z(Quants), 4);
        C.vpandd(Z(Quants), Z(Quants), Z(Mask));
        for (int t = 0; t < count; t++)
        {
            C.vpdpbusd(Z((4 * t) + j), Z(Scratch), __zmmword_ptr[Tile(first + t, RowTile.Nibbles + (128 * j))]);
            C.vpdpbusd(Z((4 * t) + j), Z(Quants), __zmmword_ptr[Tile(first + t, RowTile.Nibbles + (128 * j) + 64)]);
        }
    }

    /// <summary>Sums of token t from its registers, the first of which is z[a].</summary>
    private void Gather(int a, int t)
    {
        const byte EvenLanes = 0x88, OddLanes = 0xDD;
        SumLanes(a, Scratch);
        if (IsQ4)
        {
            C.vmovdqu32(Z(Scratch), __zmmword_ptr[Rest(t, RowTile.Starts)]);
            C.vpsrad(Z(Scratch), Z(Scratch), 4); // -8 Σ a, exact: -128 Σ a is a multiple of 16
            C.vpaddd(Z(a), Z(a), Z(Scratch));
        }
        else
        {
            SumLanes(a + 4, Scratch);
            C.vshufi64x2(Z(Scratch), Z(a), Z(a + 4), EvenLanes);
            C.vshufi64x2(Z(a), Z(a), Z(a + 4), OddLanes);
            C.vpaddd(Z(a), Z(a), Z(Scratch));
            C.vpaddd(Z(a), Z(a), __zmmword_ptr[Rest(t, RowTile.Starts)]);
        }

        C.vcvtdq2ps(Z(a), Z(a));
        C.vmulps(Z(Scratch), Z(Halfs), __zmmword_ptr[Rest(t, RowTile.Scales32)]);
        C.vmovups(__zmmword_ptr[Scales(t)], Z(Scratch));
        C.vmovups(__zmmword_ptr[Sums(t)], Z(a));
    }

    private void LoadScales()
    {
        const int Low = 14, High = 15;
        LoadHalfs(Low, 0);
        LoadHalfs(High, 8);
        C.vinserti128(Y(Low), Y(Low), X(High), 1);
        C.vcvtph2ps(Z(Halfs), Y(Low));
    }
}
