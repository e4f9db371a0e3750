using Iced.Intel;
using Puna.Compute.Cpu.MatMul;
using static Iced.Intel.AssemblerRegisters;

namespace Puna.Compute.Cpu.Assembler;

/// <summary>Few tokens, Q6_K: signed sub-scales for 16 weights, zero at 32.</summary>
internal sealed class Q6_KRows(int tokens, bool windows) : KQuantRows(tokens, 210, windows)
{
    private const int Scales = 14, HighMask = 24;

    private AssemblerMemoryOperand _nibble, _high, _evenOdd;
    private readonly AssemblerMemoryOperand[] _spread = new AssemblerMemoryOperand[8];

    protected override int SumsAt => 0;

    protected override void Constants()
    {
        _nibble = Constant(15);
        _high = Constant(0x30);
        _evenOdd = Constant(0, 2, 4, 6, 8, 10, 12, 14, 1, 3, 5, 7, 9, 11, 13, 15);
        for (int part = 0; part < 8; part++) _spread[part] = Constant((byte)(2 * part), (byte)((2 * part) + 1));
    }

    protected override void Prepare()
    {
        C.vmovdqu(Y(Nibble), Sized256(_nibble));
        C.vmovdqu32(Y(HighMask), Sized256(_high));
    }

    protected override void Block()
    {
        for (int j = 0; j < 4; j++) LoadLanes(j, j, 194); // the last 16 bytes; d ends them
        TransposeColumn(26, 3, 4);
        WidenHalfs(26, 26, high: true);
        for (int j = 0; j < 4; j++)
        {
            for (int i = 0; i < 4; i++)
            {
                ScalesAndZero(i, j);
                for (int n = 0; n < 2; n++) Half(i, j, n);
                StoreSums(i, j);
            }
        }

        for (int t = 0; t < Tokens; t++)
        {
            LoadSums(t);
            Accumulate(t, 0, 26, subtract: false, 4);
        }
    }

    /// <summary>The sums start at -32 Σ scale Σ a, in two steps of -16.</summary>
    private void ScalesAndZero(int i, int j)
    {
        C.vmovdqu(X(8), Sized128(Row(i, j, 192)));
        C.vpshufb(X(8), X(8), Sized128(_evenOdd));
        C.vpmovsxbw(Y(Scales), X(8));
        ClearSums();
        for (int t = 0; t < Tokens; t++)
        {
            DotWords(Y(t), Y(Scales), __ymmword_ptr[rsi + WideTile.ZerosOffset + (32 * t)]);
            DotWords(Y(t), Y(Scales), __ymmword_ptr[rsi + WideTile.ZerosOffset + (32 * t)]);
        }
    }

    /// <summary>Weights 128n … 128n + 127 of row 4i + j.</summary>
    private void Half(int i, int j, int n)
    {
        C.vmovdqu(Y(12), Sized256(Row(i, j, 128 + (32 * n))));
        for (int k = 0; k < 4; k++)
        {
            C.vmovdqu(Y(8), Sized256(Row(i, j, (64 * n) + (32 * (k % 2)))));
            if (k >= 2) C.vpsrlw(Y(8), Y(8), 4);
            C.vpand(Y(8), Y(8), Y(Nibble));

            int bits = 9; // two bits of y[12], moved to values 16 and 32
            if (k == 0) C.vpsllw(Y(9), Y(12), 4);
            else if (k == 1) C.vpsllw(Y(9), Y(12), 2);
            else if (k == 3) C.vpsrlw(Y(9), Y(12), 2);
            else bits = 12;
            C.vpternlogd(Y(8), Y(bits), Y(HighMask), OrAnd);

            int part = (4 * n) + k;
            C.vpshufb(Y(13), Y(Scales), Sized256(_spread[part]));
            AddPart(8, part, (t, pairs) => DotWords(Y(t), Y(pairs), Y(13)));
        }
    }
}
