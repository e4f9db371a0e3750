using Iced.Intel;
using Puna.Compute.Cpu.MatMul;
using static Iced.Intel.AssemblerRegisters;

namespace Puna.Compute.Cpu.Assembler;

/// <summary>
/// Few tokens, Q8_0 and Q4_0: 16 blocks of a row at a time. Quants are unsigned, those of Q8_0 by a shift; what that adds too
/// much is taken from the integer sum.
/// </summary>
internal sealed class Q8_0Rows(int tokens, bool nibbles, bool windows) : RowAssembly(tokens, nibbles ? 18 : 34, 32, lanes: 4, windows)
{
    private const int Scratch = 16, Quants = 17, Halfs = 18, Mask = 24, Shifts = 25;

    /// <summary>Registers that hold the sums of a token.</summary>
    private readonly int _registers = nibbles ? 4 : 8;

    private readonly int _blockBytes = nibbles ? 18 : 34;

    private AssemblerMemoryOperand _mask, _shifts, _nothing;

    protected override void Constants()
    {
        _mask = Constant(nibbles ? (byte)15 : (byte)128);
        _nothing = Constant32(int.MinValue); // -0 as a float
        if (nibbles) _shifts = Constant32(0, 0, 0, 0, 4, 4, 4, 4);
    }

    protected override void Prepare()
    {
        C.vmovdqu32(Z(Mask), __zmmword_ptr[_mask]);
        if (nibbles)
        {
            C.vmovdqu32(Z(Shifts), __zmmword_ptr[_shifts]);
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
                if (nibbles) Nibbles(r, first, count);
                else Pair(r, first, count);
            }

            for (int t = 0; t < count; t++) Gather(_registers * t, first + t);
        }
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
        if (nibbles)
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
        for (int half = 0; half < 2; half++)
        {
            int x = 14 + half;
            C.vmovd(X(x), __dword_ptr[Weights(8 * half, 0)]); // its upper half is overwritten
            for (int r = 1; r < 8; r++) C.vpinsrw(X(x), X(x), __word_ptr[Weights((8 * half) + r, 0)], (byte)r);
        }

        C.vinserti128(Y(14), Y(14), X(15), 1);
        C.vcvtph2ps(Z(Halfs), Y(14));
    }

    protected override void LastBlocks()
    {
        // Places of no block add -0 * 0, which changes no sum.
        for (int t = 0; t < Tokens; t++)
        {
            C.vmovdqu32(Z(0), __zmmword_ptr[_nothing]);
            C.vpxor(X(1), X(1), X(1));
            C.vmovdqu32(__zmmword_ptr[Scales(t)], Z(0));
            C.vmovdqu32(__zmmword_ptr[Sums(t)], Z(1));
        }

        Label next = C.CreateLabel();
        C.mov(r14, r13);
        C.Label(ref next);
        Single();
        C.add(r8, _blockBytes);
        C.add(rsi, 32);
        C.add(r12, sizeof(int));
        C.add(r13, sizeof(float));
        C.dec(rcx);
        C.jne(next);
        C.mov(r13, r14);
    }

    /// <summary>The next block of a row.</summary>
    private void Single()
    {
        if (nibbles)
        {
            C.vbroadcasti32x4(Y(Quants), __xmmword_ptr[Weights(0, 2)]);
            C.vpsrlvd(Y(Quants), Y(Quants), Y(Shifts));
            C.vpandd(Y(Quants), Y(Quants), Y(Mask));
        }
        else
        {
            C.vpxord(Y(Quants), Y(Mask), __ymmword_ptr[Weights(0, 2)]);
        }

        C.vpxor(X(2), X(2), X(2));
        C.vpinsrw(X(2), X(2), __word_ptr[Weights(0, 0)], 0);
        C.vcvtph2ps(X(2), X(2));
        for (int t = 0; t < Tokens; t++)
        {
            C.vpxor(X(0), X(0), X(0));
            C.vpdpbusd(Z(0), Z(Quants), __zmmword_ptr[Tile(t, 0)]);
            C.vextracti128(X(1), Y(0), 1);
            C.vpaddd(X(0), X(0), X(1));
            C.vpshufd(X(1), X(0), 0x4E);
            C.vpaddd(X(0), X(0), X(1));
            C.vpshufd(X(1), X(0), 0xB1);
            C.vpaddd(X(0), X(0), X(1));
            C.vmovd(X(1), __dword_ptr[Rest(t, RowTile.Starts)]);
            if (nibbles) C.vpsrad(X(1), X(1), 4);
            C.vpaddd(X(0), X(0), X(1));
            C.vcvtdq2ps(X(0), X(0));
            C.vmulss(X(1), X(2), __dword_ptr[Rest(t, RowTile.Scales32)]);
            C.vmovss(__dword_ptr[Scales(t)], X(1));
            C.vmovss(__dword_ptr[Sums(t)], X(0));
        }
    }
}
