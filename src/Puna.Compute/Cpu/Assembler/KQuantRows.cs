using Iced.Intel;
using Puna.Compute.Cpu.MatMul;
using static Iced.Intel.AssemblerRegisters;

namespace Puna.Compute.Cpu.Assembler;

/// <summary>
/// Few tokens, blocks of 256. Pairs of products stay inside int16 (at most 2 * 63 * 127), so that a 16-bit dot product applies
/// the sub-scales and adds: two instructions for 32 weights of a row. The sums of the 16 rows go through memory, which puts
/// two rows in one register for nothing.
/// </summary>
internal abstract class KQuantRows(int tokens, int blockBytes, bool windows) : RowAssembly(tokens, blockBytes, 256, windows)
{
    /// <summary>The nibble mask stays here for all blocks.</summary>
    protected const int Nibble = 15;

    /// <summary>First byte at rsp of the sums of the rows.</summary>
    protected abstract int SumsAt { get; }

    protected override int LocalBytes => SumsAt + (Tokens * 16 * 32);

    /// <summary>Clears y[t] for all tokens.</summary>
    protected void ClearSums()
    {
        for (int t = 0; t < Tokens; t++) C.vpxor(X(t), X(t), X(t));
    }

    /// <summary>y[t] += scales * pairs of products of y[weights] with part <paramref name="part"/> of token t, for all tokens.</summary>
    protected void AddPart(int weights, int part, Action<int, int> multiplyScales)
    {
        for (int t = 0; t < Tokens; t++)
        {
            int pairs = 10 + (part % 2);
            C.vpmaddubsw(Y(pairs), Y(weights), __ymmword_ptr[rsi + (256 * t) + (32 * part)]);
            multiplyScales(t, pairs);
        }
    }

    /// <summary>Stores y[t] of row 4i + j.</summary>
    protected void StoreSums(int i, int j)
    {
        for (int t = 0; t < Tokens; t++) C.vmovdqa(__ymmword_ptr[rsp + SumsAt + (512 * t) + (32 * ((4 * j) + i))], Y(t));
    }

    /// <summary>z[0] = the sums of token t, rows in order; overwrites z[0 … 5].</summary>
    protected void LoadSums(int t)
    {
        for (int j = 0; j < 4; j++)
        {
            int at = SumsAt + (512 * t) + (128 * j);
            C.vmovdqa64(Z(j), __zmmword_ptr[rsp + at]);
            C.vmovdqa64(Z(4), __zmmword_ptr[rsp + at + 64]);
            SumHalves(j, 4, 5);
        }

        SumLanes(0, 4);
    }
}
