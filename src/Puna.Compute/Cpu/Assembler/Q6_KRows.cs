using Iced.Intel;
using Puna.Compute.Cpu.MatMul;
using static Iced.Intel.AssemblerRegisters;

namespace Puna.Compute.Cpu.Assembler;

/// <summary>
/// Few tokens, Q6_K: signed sub-scales for 16 weights, a lane of a register; zero at 32. Pairs of products stay inside int16 (at
/// most 2 * 63 * 127), so that a 16-bit dot product applies the sub-scales and adds.
/// </summary>
internal sealed class Q6_KRows(int tokens, CodeTarget target) : RowAssembly(tokens, 210, 256, lanes: 1, target)
{
    private const int Nibble = 26, HighMask = 27, Spread = 28;
    private const int Quants = 16, Bits = 17, Weight = 18, SubScales = 19, Pairs = 24, Scale = 25;

    private AssemblerMemoryOperand _nibble, _high, _left, _right;
    private readonly AssemblerMemoryOperand[] _spread = new AssemblerMemoryOperand[4];

    protected override void Constants()
    {
        _nibble = Constant(15);
        _high = Constant(0x30);
        _left = Constant32(4, 4, 4, 4, 4, 4, 4, 4, 2, 2, 2, 2, 2, 2, 2, 2);
        _right = Constant32(0, 0, 0, 0, 0, 0, 0, 0, 2, 2, 2, 2, 2, 2, 2, 2);
        for (int part = 0; part < 4; part++)
        {
            int[] words = new int[16];
            for (int i = 0; i < words.Length; i++) words[i] = 0x10001 * ((4 * part) + (i / 4));
            _spread[part] = Constant32(words);
        }
    }

    protected override void Prepare()
    {
        C.vmovdqu32(Z(Nibble), __zmmword_ptr[_nibble]);
        C.vmovdqu32(Z(HighMask), __zmmword_ptr[_high]);
        for (int part = 0; part < 4; part++) C.vmovdqu32(Z(Spread + part), __zmmword_ptr[_spread[part]]);
    }

    protected override void Blocks(int blocks)
    {
        for (int r = 0; r < 4 * Tokens; r++) C.vpxor(X(r), X(r), X(r));
        for (int b = 0; b < blocks; b++)
        {
            C.vpmovsxbw(Y(SubScales), __xmmword_ptr[Weights(b, 192)]);
            for (int t = 0; t < Tokens; t++)
            {
                // The sums start at -32 Σ scale Σ a, in two steps of -16.
                AssemblerMemoryOperand zeros = __ymmword_ptr[Tile(t, (RowTile.Block256 * b) + RowTile.Zeros)];
                C.vpdpwssd(Y((4 * t) + b), Y(SubScales), zeros);
                C.vpdpwssd(Y((4 * t) + b), Y(SubScales), zeros);
            }

            for (int n = 0; n < 2; n++) Half(b, n);
        }

        C.vmovd(X(Pairs), __dword_ptr[Weights(0, 206)]); // d ends the block, and with it perhaps the page
        C.vpsrld(X(Pairs), X(Pairs), 16);
        for (int b = 1; b < blocks; b++) C.vpinsrw(X(Pairs), X(Pairs), __word_ptr[Weights(b, 208)], (byte)b);
        C.vcvtph2ps(X(Pairs), X(Pairs));
        for (int t = 0; t < Tokens; t++) Gather(4 * t, t);
    }

    protected override void LastBlocks() => ByCount(Blocks);

    /// <summary>Weights 128n … 128n + 127 of a block.</summary>
    private void Half(int b, int n)
    {
        C.vmovdqu32(Z(Quants), __zmmword_ptr[Weights(b, 64 * n)]);
        C.vbroadcasti64x4(Z(Bits), __ymmword_ptr[Weights(b, 128 + (32 * n))]);
        C.vpandd(Z(Weight), Z(Quants), Z(Nibble));
        C.vpsllvd(Z(Scale), Z(Bits), __zmmword_ptr[_left]);
        C.vpternlogd(Z(Weight), Z(Scale), Z(HighMask), OrAnd);
        Products(b, 2 * n);
        C.vpsrld(Z(Quants), Z(Quants), 4);
        C.vpandd(Z(Weight), Z(Quants), Z(Nibble));
        C.vpsrlvd(Z(Bits), Z(Bits), __zmmword_ptr[_right]);
        C.vpternlogd(Z(Weight), Z(Bits), Z(HighMask), OrAnd);
        Products(b, (2 * n) + 1);
    }

    /// <summary>Adds the products of z[<see cref="Weight"/>], weights 64 part … 64 part + 63 of block b.</summary>
    private void Products(int b, int part)
    {
        C.vpermw(Z(Scale), Z(Spread + part), Z(SubScales));
        for (int t = 0; t < Tokens; t++)
        {
            C.vpmaddubsw(Z(Pairs), Z(Weight), __zmmword_ptr[Tile(t, (RowTile.Block256 * b) + RowTile.Plain256 + (64 * part))]);
            C.vpdpwssd(Z((4 * t) + b), Z(Pairs), Z(Scale));
        }
    }

    /// <summary>Sums of token t from z[a … a + 3].</summary>
    private void Gather(int a, int t)
    {
        SumLanes(a, Quants);
        C.vextracti64x4(Y(a + 1), Z(a), 1);
        C.vpaddd(Y(a), Y(a), Y(a + 1));
        C.vextracti128(X(a + 1), Y(a), 1);
        C.vpaddd(X(a), X(a), X(a + 1));
        C.vcvtdq2ps(X(a), X(a));
        C.vmulps(X(a + 1), X(Pairs), __xmmword_ptr[Rest(t, RowTile.Scales256)]);
        C.vmovups(__xmmword_ptr[Scales(t)], X(a + 1));
        C.vmovups(__xmmword_ptr[Sums(t)], X(a));
    }
}
