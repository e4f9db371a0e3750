using System.Runtime.InteropServices;
using Iced.Intel;
using Puna.Compute.Cpu.MatMul;
using static Iced.Intel.AssemblerRegisters;

namespace Puna.Compute.Cpu.Assembler;

/// <summary>
/// Kernels for few tokens. Weights are read once, in file layout and front to back, as memory serves best: row after row, and
/// in a row several blocks at a time, whose integer sums are gathered in the lanes of one register. The float chain of a row is
/// scalar; it has time, because it takes less than reading the weights.
/// </summary>
/// <remarks>
/// r8 is at the weights, rsi at the blocks of the tile and r12 at what follows them in a unit; both move together but for the last
/// blocks of a row, which go one by one. Registers 20 to 23 hold the float sums, a token each.
/// </remarks>
internal abstract class RowAssembly : AssemblyBase
{
    /// <summary>Most tokens of a kernel: so many registers are left for sums.</summary>
    internal const int MaxTokens = 4;

    /// <summary>How far ahead weights are asked for: the processor's own prefetching stops at the end of a page.</summary>
    private const int Ahead = 2048;

    /// <summary>Truth table of a | (b &amp; c).</summary>
    protected const byte OrAnd = 0xF8;

    /// <summary>First of the float sums.</summary>
    protected const int FloatSums = 20;

    private readonly int _blockBytes, _blockLength;

    protected RowAssembly(int tokens, int blockBytes, int blockLength, bool windows)
        : base(windows)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(tokens, MaxTokens);
        (Tokens, _blockBytes, _blockLength) = (tokens, blockBytes, blockLength);
    }

    /// <summary>Tokens of the kernel.</summary>
    protected int Tokens { get; }

    /// <summary>Emits constants.</summary>
    protected abstract void Constants();

    /// <summary>Loads what stays in registers for all blocks.</summary>
    protected abstract void Prepare();

    /// <summary>The next <paramref name="blocks"/> blocks of a row, a unit of the tile or one, added to the float sums.</summary>
    protected abstract void Blocks(int blocks);

    protected override void Emit()
    {
        Constants();
        Enter(128);
        C.mov(r9, Field(nameof(RowCall.Rows)));
        C.mov(rax, Field(nameof(RowCall.Stride)));
        C.mov(rbx, Field(nameof(RowCall.Count)));
        C.mov(r10, Field(nameof(RowCall.Sums)));
        C.mov(r11, Field(nameof(RowCall.Tile)));
        C.mov(rdx, Field(nameof(RowCall.Blocks)));
        Prepare();

        Label row = C.CreateLabel();
        C.Label(ref row);
        C.mov(r8, r9);
        C.mov(rsi, r11);
        C.mov(r12, r11);
        C.mov(rcx, rdx);
        for (int t = 0; t < Tokens; t++) C.vpxord(X(FloatSums + t), X(FloatSums + t), X(FloatSums + t));

        int unitBlocks = RowTile.UnitBlocks(_blockLength), tileBlock = _blockLength == 32 ? 32 : RowTile.Block256;
        Loop(unitBlocks, Tokens * RowTile.UnitBytes(_blockLength), Tokens * RowTile.UnitBytes(_blockLength));
        Loop(1, tileBlock, sizeof(int));

        for (int t = 0; t < Tokens; t++) C.vmovss(__dword_ptr[r10 + (64 * t)], X(FloatSums + t));
        C.add(r9, rax);
        C.add(r10, sizeof(float));
        C.dec(rbx);
        C.jne(row);
        Leave();
    }

    /// <summary>While so many blocks are left.</summary>
    private void Loop(int blocks, int tileStep, int restStep)
    {
        Label next = C.CreateLabel(), end = C.CreateLabel();
        C.cmp(rcx, blocks);
        C.jl(end);
        C.Label(ref next);
        for (int line = 0; line < blocks * _blockBytes; line += 64) C.prefetcht0(__byte_ptr[r8 + Ahead + line]);
        Blocks(blocks);
        C.add(r8, blocks * _blockBytes);
        C.add(rsi, tileStep);
        C.add(r12, restStep);
        C.sub(rcx, blocks);
        C.cmp(rcx, blocks);
        C.jge(next);
        C.Label(ref end);
        C.nop(); // a label needs an instruction of its own
    }

    private static AssemblerMemoryOperand Field(string name) => __qword_ptr[rdi + (int)Marshal.OffsetOf<RowCall>(name)];

    /// <summary>Byte <paramref name="offset"/> of the weights of block <paramref name="block"/>.</summary>
    protected AssemblerMemoryOperand Weights(int block, int offset) => __[r8 + (block * _blockBytes) + offset];

    /// <summary>Byte <paramref name="offset"/> of the blocks of token <paramref name="t"/>.</summary>
    protected AssemblerMemoryOperand Tile(int t, int offset) => __[rsi + (t * RowTile.UnitBytes(_blockLength)) + offset];

    /// <summary>Byte <paramref name="offset"/> of what follows the blocks of token <paramref name="t"/>.</summary>
    protected AssemblerMemoryOperand Rest(int t, int offset) => __[r12 + (t * RowTile.UnitBytes(_blockLength)) + offset];

    /// <summary>z[a] = sums of the four numbers of each lane of z[a … a + 3]: number j of a lane is that of z[a + j]. Overwrites z[a … a + 3], z[scratch].</summary>
    protected void SumLanes(int a, int scratch)
    {
        for (int pair = 0; pair < 2; pair++)
        {
            int first = a + (2 * pair);
            C.vpunpcklqdq(Z(scratch), Z(first), Z(first + 1));
            C.vpunpckhqdq(Z(first), Z(first), Z(first + 1));
            C.vpaddd(Z(first), Z(first), Z(scratch));
        }

        const byte Even = 0x88, Odd = 0xDD;
        C.vshufps(Z(scratch), Z(a), Z(a + 2), Even);
        C.vshufps(Z(a), Z(a), Z(a + 2), Odd);
        C.vpaddd(Z(a), Z(a), Z(scratch));
    }

    /// <summary>Float sum of token t = fma(scale, sum, sum of before) for one block after the other; scales and sums are floats at rsp.</summary>
    /// <param name="t">Token.</param>
    /// <param name="scales">Byte at rsp of the scales.</param>
    /// <param name="sums">Byte at rsp of the sums.</param>
    /// <param name="blocks">Blocks.</param>
    /// <param name="second">Bytes from a number to that of a second term, which is subtracted; 0 for none.</param>
    /// <param name="scratch">A register to use, or two.</param>
    protected void Chain(int t, int scales, int sums, int blocks, int second, int scratch)
    {
        for (int b = 0; b < blocks; b++)
        {
            C.vmovss(X(scratch), __dword_ptr[rsp + scales + (4 * b)]);
            C.vfmadd231ss(X(FloatSums + t), X(scratch), __dword_ptr[rsp + sums + (4 * b)]);
            if (second == 0) continue;

            C.vmovss(X(scratch + 1), __dword_ptr[rsp + scales + second + (4 * b)]);
            C.vfnmadd231ss(X(FloatSums + t), X(scratch + 1), __dword_ptr[rsp + sums + second + (4 * b)]);
        }
    }
}
