using Iced.Intel;
using Puna.Compute.Cpu.MatMul;
using static Iced.Intel.AssemblerRegisters;

namespace Puna.Compute.Cpu.Assembler;

/// <summary>
/// Few tokens, Q8_0 and Q4_0. A register holds the 32 quants of two rows, shifted to be unsigned; what the shift adds too
/// much is taken from the integer sum.
/// </summary>
internal sealed class Q8_0Rows(int tokens, bool nibbles, bool windows) : RowAssembly(tokens, nibbles ? 18 : 34, 32, windows)
{
    private const int Weights = 16, Mask = 27, Shifts = 26, Scales = 24;

    private AssemblerMemoryOperand _mask, _shifts;

    protected override int LocalBytes => 0;

    protected override void Constants()
    {
        _mask = Constant(nibbles ? (byte)15 : (byte)128);
        if (nibbles) _shifts = Constant32(0, 0, 0, 0, 4, 4, 4, 4);
    }

    protected override void Prepare()
    {
        C.vmovdqu32(Z(Mask), __zmmword_ptr[_mask]);
        if (nibbles) C.vmovdqu32(Z(Shifts), __zmmword_ptr[_shifts]);
    }

    protected override void Block()
    {
        LoadScales();
        for (int n = 0; n < 8; n++) LoadPair(Weights + n, 2 * (n % 2), n / 2);

        for (int t = 0; t < Tokens; t++)
        {
            C.vbroadcasti64x4(Z(8), __ymmword_ptr[rsi + (32 * t)]);
            for (int n = 0; n < 8; n++)
            {
                C.vpxor(X(n), X(n), X(n));
                C.vpdpbusd(Z(n), Z(Weights + n), Z(8));
            }

            for (int j = 0; j < 4; j++) SumHalves(2 * j, (2 * j) + 1, 8);
            C.vmovdqa32(Z(1), Z(2));
            C.vmovdqa32(Z(2), Z(4));
            C.vmovdqa32(Z(3), Z(6));
            SumLanes(0, 8);
            AddStart(t);
            Accumulate(t, 0, Scales, subtract: false, 8);
        }
    }

    /// <summary>Rows 4i + j and 4(i + 1) + j as unsigned bytes.</summary>
    private void LoadPair(int register, int i, int j)
    {
        if (nibbles)
        {
            C.vbroadcasti128(Y(9), Sized128(Row(i, j, 2)));
            C.vbroadcasti128(Y(10), Sized128(Row(i + 1, j, 2)));
            C.vinserti64x4(Z(register), Z(9), Y(10), 1);
            C.vpsrlvd(Z(register), Z(register), Z(Shifts));
            C.vpandd(Z(register), Z(register), Z(Mask));
            return;
        }

        C.vmovdqu(Y(9), Sized256(Row(i, j, 2)));
        C.vinserti64x4(Z(9), Z(9), Sized256(Row(i + 1, j, 2)), 1);
        C.vpxord(Z(register), Z(9), Z(Mask));
    }

    /// <summary>Adds -128 Σ a, or -8 Σ a for nibbles.</summary>
    private void AddStart(int t)
    {
        int start = WideTile.StartsOffset(32) + (sizeof(int) * t);
        if (nibbles)
        {
            C.vpbroadcastd(Z(8), __dword_ptr[rsi + start]);
            C.vpsrad(Z(8), Z(8), 4); // exact: -128 Σ a is a multiple of 16
            C.vpaddd(Z(0), Z(0), Z(8));
        }
        else
        {
            C.vpaddd(Z(0), Z(0), __dword_bcst[rsi + start]);
        }
    }

    private void LoadScales()
    {
        for (int half = 0; half < 2; half++)
        {
            int x = 9 + half;
            C.vmovd(X(x), __dword_ptr[Row(2 * half, 0, 0)]); // its upper half is overwritten
            for (int r = 1; r < 8; r++) C.vpinsrw(X(x), X(x), __word_ptr[Row((2 * half) + (r / 4), r % 4, 0)], (byte)r);
        }

        C.vinserti128(Y(9), Y(9), X(10), 1);
        C.vcvtph2ps(Z(Scales), Y(9));
    }
}
