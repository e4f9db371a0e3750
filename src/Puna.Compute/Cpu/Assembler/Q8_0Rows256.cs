using Iced.Intel;
using Puna.Compute.Cpu.MatMul;
using static Iced.Intel.AssemblerRegisters;

namespace Puna.Compute.Cpu.Assembler;

/// <summary>
/// Few tokens, Q8_0 and Q4_0, 256-bit registers: eight blocks of a row at a time, one token after the other.
/// </summary>
/// <remarks>
/// vpmaddubsw multiplies unsigned by signed bytes and adds two products in 16 bits, where it saturates. Q8_0 gives it |w|, at most 128, and
/// the activation, at most 127 in magnitude, with the sign of w: at most 2 * 128 * 127 = 32512. Q4_0 gives it quants of at most 15; its zero
/// is taken from the sum. Neither can saturate.
/// </remarks>
internal sealed class Q8_0Rows256(int tokens, bool isQ4, CodeTarget target) : Rows32Assembly(tokens, isQ4, target)
{
    private const int Quants = 8, Activations = 9, Magnitudes = 10, Halfs = 11, Scratch = 12, Mask = 13, Shifts = 14, Ones = 15;

    private AssemblerMemoryOperand _mask, _shifts, _ones;

    protected override int Zero => IsQ4 ? 8 : 0;

    protected override void Constants()
    {
        base.Constants();
        _mask = Constant(15);
        _shifts = Constant32(0, 0, 0, 0, 4, 4, 4, 4);
        _ones = Constant(1, 0);
    }

    protected override void Prepare()
    {
        Load(Mask, _mask);
        Load(Shifts, _shifts);
        Load(Ones, _ones);
    }

    protected override void Blocks(int blocks)
    {
        for (int first = 0; first < blocks; first += 8)
        {
            LoadHalfs(Halfs, first);
            C.vcvtph2ps(Y(Halfs), X(Halfs));
            for (int t = 0; t < Tokens; t++)
            {
                for (int r = 0; r < 8; r++)
                {
                    LoadWeights(first + r);
                    Products(r, Tile(t, 32 * (first + r)));
                }

                Gather(t, first);
            }
        }
    }

    protected override void SingleWeights() => LoadWeights(0);

    protected override void SingleProducts(int t) => Products(0, Tile(t, 0));

    private void LoadWeights(int block)
    {
        if (IsQ4)
        {
            C.vbroadcasti128(Y(Quants), __xmmword_ptr[Weights(block, 2)]);
            C.vpsrlvd(Y(Quants), Y(Quants), Y(Shifts));
            C.vpand(Y(Quants), Y(Quants), Y(Mask));
        }
        else
        {
            C.vmovdqu(Y(Quants), __ymmword_ptr[Weights(block, 2)]);
            C.vpabsb(Y(Magnitudes), Y(Quants));
        }
    }

    /// <summary>y[sum] = products of the loaded block and 32 activations, in eight lanes.</summary>
    private void Products(int sum, AssemblerMemoryOperand activations)
    {
        C.vmovdqu(Y(Activations), __ymmword_ptr[activations]);
        if (!IsQ4) C.vpsignb(Y(Activations), Y(Activations), Y(Quants));
        int unsigned = IsQ4 ? Quants : Magnitudes;
        if (Target.HasDots)
        {
            C.vpxor(X(sum), X(sum), X(sum));
            C.vpdpbusd(Y(sum), Y(unsigned), Y(Activations));
        }
        else
        {
            C.vpmaddubsw(Y(sum), Y(unsigned), Y(Activations));
            C.vpmaddwd(Y(sum), Y(sum), Y(Ones));
        }
    }

    /// <summary>Scales and sums of eight blocks and token t from y[0 … 7].</summary>
    private void Gather(int t, int first)
    {
        const byte LowHalves = 0x20, HighHalves = 0x31;
        SumLanes(0, Scratch);
        SumLanes(4, Scratch);
        C.vperm2i128(Y(Scratch), Y(0), Y(4), LowHalves);
        C.vperm2i128(Y(0), Y(0), Y(4), HighHalves);
        C.vpaddd(Y(0), Y(0), Y(Scratch));
        int at = sizeof(float) * first;
        if (IsQ4)
        {
            C.vmovdqu(Y(Scratch), __ymmword_ptr[Rest(t, RowTile.Starts + at)]);
            C.vpsrad(Y(Scratch), Y(Scratch), 4); // -8 Σ a, exact: -128 Σ a is a multiple of 16
            C.vpaddd(Y(0), Y(0), Y(Scratch));
        }

        C.vcvtdq2ps(Y(0), Y(0));
        C.vmulps(Y(Scratch), Y(Halfs), __ymmword_ptr[Rest(t, RowTile.Scales32 + at)]);
        Store(Scales(t) + at, Scratch);
        Store(Sums(t) + at, 0);
    }
}
