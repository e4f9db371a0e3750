using Iced.Intel;
using Puna.Compute.Cpu.MatMul;
using static Iced.Intel.AssemblerRegisters;

namespace Puna.Compute.Cpu.Assembler;

/// <summary>Few tokens, Q6_K, 256-bit registers: a register holds two parts of 16 quants, a lane each.</summary>
/// <remarks>
/// Quants are used as they are, 0 to 63 with zero at 32: vpmaddubsw adds two products with activations of at most 127 in magnitude in 16
/// bits, at most 2 * 63 * 127 = 16002, so that it cannot saturate. The sums start at what the zero adds too much.
/// </remarks>
internal sealed class Q6_KRows256(int tokens, CodeTarget target) : RowAssembly(tokens, 210, 256, lanes: 1, target)
{
    private const int SubScales = 8, First = 9, Second = 10, Bits = 11, Weight = 12, Scratch = 13, Scale = 14, Mask = 15;

    private AssemblerMemoryOperand _nibble, _high, _evenOdd;
    private readonly AssemblerMemoryOperand[] _spread = new AssemblerMemoryOperand[8];

    protected override void Constants()
    {
        _nibble = Constant(15);
        _high = Constant(0x30);
        _evenOdd = Constant(0, 2, 4, 6, 8, 10, 12, 14, 1, 3, 5, 7, 9, 11, 13, 15);
        for (int i = 0; i < _spread.Length; i++) _spread[i] = Constant((byte)(2 * i), (byte)((2 * i) + 1));
    }

    protected override void Prepare() => Load(Mask, _nibble);

    protected override void Blocks(int blocks)
    {
        for (int first = 0; first < Tokens; first += 2)
        {
            int count = Math.Min(2, Tokens - first);
            for (int b = 0; b < blocks; b++)
            {
                Start(b, first, count);
                for (int n = 0; n < 2; n++) Half(b, n, first, count);
            }

            C.vmovd(X(Scale), __dword_ptr[Weights(0, 206)]); // d ends the block, and with it perhaps the page
            C.vpsrld(X(Scale), X(Scale), 16);
            for (int b = 1; b < blocks; b++) C.vpinsrw(X(Scale), X(Scale), __word_ptr[Weights(b, 208)], (byte)b);
            C.vcvtph2ps(X(Scale), X(Scale));
            for (int t = 0; t < count; t++) Gather(4 * t, first + t);
        }
    }

    protected override void LastBlocks() => ByCount(Blocks);

    /// <summary>Sub-scales as words, even parts in the lower lane, odd ones in the upper; y[4t + b] = -32 Σ scale Σ a.</summary>
    private void Start(int b, int first, int count)
    {
        C.vmovdqu(X(SubScales), __xmmword_ptr[Weights(b, 192)]);
        C.vpmovsxbw(Y(Scratch), X(SubScales));
        C.vpshufb(X(SubScales), X(SubScales), __xmmword_ptr[_evenOdd]);
        C.vpmovsxbw(Y(SubScales), X(SubScales));
        for (int t = 0; t < count; t++)
        {
            int sum = (4 * t) + b;
            C.vpmaddwd(Y(sum), Y(Scratch), __ymmword_ptr[Tile(first + t, (RowTile.Block256 * b) + RowTile.Zeros)]); // of -16 Σ a
            C.vpaddd(Y(sum), Y(sum), Y(sum));
        }
    }

    /// <summary>Weights 128n … 128n + 127 of a block.</summary>
    private void Half(int b, int n, int first, int count)
    {
        C.vmovdqu(Y(First), __ymmword_ptr[Weights(b, 64 * n)]);
        C.vmovdqu(Y(Second), __ymmword_ptr[Weights(b, (64 * n) + 32)]);
        C.vmovdqu(Y(Bits), __ymmword_ptr[Weights(b, 128 + (32 * n))]);
        for (int k = 0; k < 4; k++)
        {
            // Nibbles of the first or second stretch with two bits above.
            int source = k % 2 == 0 ? First : Second;
            if (k >= 2) C.vpsrlw(Y(Weight), Y(source), 4);
            C.vpand(Y(Weight), Y(k >= 2 ? Weight : source), Y(Mask));
            if (k < 2) C.vpsllw(Y(Scratch), Y(Bits), (byte)(4 - (2 * k)));
            else if (k == 3) C.vpsrlw(Y(Scratch), Y(Bits), 2);
            C.vpand(Y(Scratch), Y(k == 2 ? Bits : Scratch), __ymmword_ptr[_high]);
            C.vpor(Y(Weight), Y(Weight), Y(Scratch));

            int pair = (4 * n) + k;
            C.vpshufb(Y(Scale), Y(SubScales), __ymmword_ptr[_spread[pair]]);
            for (int t = 0; t < count; t++)
            {
                C.vpmaddubsw(Y(Scratch), Y(Weight), __ymmword_ptr[Tile(first + t, (RowTile.Block256 * b) + RowTile.Plain256 + (32 * pair))]);
                AddPairs((4 * t) + b, Scratch, Scale, Scratch, isFirst: false);
            }
        }
    }

    /// <summary>Scales and sums of token t from y[a … a + 3].</summary>
    private void Gather(int a, int t)
    {
        SumLanes(a, First);
        C.vextracti128(X(First), Y(a), 1);
        C.vpaddd(X(a), X(a), X(First));
        C.vcvtdq2ps(X(a), X(a));
        C.vmulps(X(First), X(Scale), __xmmword_ptr[Rest(t, RowTile.Scales256)]);
        C.vmovups(__xmmword_ptr[Scales(t)], X(First));
        C.vmovups(__xmmword_ptr[Sums(t)], X(a));
    }
}
