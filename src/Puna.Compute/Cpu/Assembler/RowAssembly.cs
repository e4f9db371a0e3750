using System.Runtime.InteropServices;
using Iced.Intel;
using Puna.Compute.Cpu.MatMul;
using static Iced.Intel.AssemblerRegisters;

namespace Puna.Compute.Cpu.Assembler;

/// <summary>
/// Kernels for few tokens: 16 weight rows at a time, read once and in file layout. Within a block the lanes run along K; the
/// sums of the 16 rows are then gathered in one register, whose lanes (rows) run the float chain side by side. The loop over
/// blocks is here, what a block does is the format's.
/// </summary>
/// <remarks>
/// Row 4i + j is at base register i plus j strides. Registers 28 to 31 hold the float sums, a token each. Sums of a block are
/// arranged so that lane i of register j belongs to row 4i + j: a transposition inside 128-bit lanes then gives rows in order.
/// </remarks>
internal abstract class RowAssembly : AssemblyBase
{
    /// <summary>Most tokens of a kernel: so many registers are left for float sums.</summary>
    internal const int MaxTokens = 4;

    /// <summary>1,3,1,3 and 0,2,0,2 of 128-bit lanes.</summary>
    private const byte EvenLanes = 0x88, OddLanes = 0xDD;

    /// <summary>Truth table of a | (b &amp; c).</summary>
    protected const byte OrAnd = 0xF8;

    private static readonly AssemblerRegister64[] Bases = [r8, r9, r10, r11];

    private readonly int _blockBytes, _blockLength;

    protected RowAssembly(int tokens, int blockBytes, int blockLength, bool windows)
        : base(windows)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(tokens, MaxTokens);
        (Tokens, _blockBytes, _blockLength) = (tokens, blockBytes, blockLength);
    }

    /// <summary>Tokens of the kernel.</summary>
    protected int Tokens { get; }

    /// <summary>Bytes at rsp that <see cref="Block"/> uses.</summary>
    protected abstract int LocalBytes { get; }

    /// <summary>Emits constants.</summary>
    protected abstract void Constants();

    /// <summary>Loads what stays in registers for all blocks.</summary>
    protected abstract void Prepare();

    /// <summary>One block of all rows and tokens, added to the float sums.</summary>
    protected abstract void Block();

    protected override void Emit()
    {
        Constants();
        Enter(LocalBytes);
        C.mov(r8, Field(nameof(RowCall.Rows)));
        C.mov(rax, Field(nameof(RowCall.Stride)));
        C.mov(rsi, Field(nameof(RowCall.Tile)));
        C.mov(rcx, Field(nameof(RowCall.Blocks)));
        C.mov(rbx, Field(nameof(RowCall.Ahead)));
        C.lea(rdx, __[rax + (rax * 2)]);
        C.lea(r9, __[r8 + (rax * 4)]);
        C.lea(r10, __[r8 + (rax * 8)]);
        C.lea(r11, __[r9 + (rax * 8)]);
        for (int t = 0; t < Tokens; t++) C.vpxord(Z(28 + t), Z(28 + t), Z(28 + t));
        Prepare();

        Label next = C.CreateLabel();
        C.Label(ref next);
        for (int line = 0; line < 16 * _blockBytes; line += 64)
        {
            // Measured: for blocks of 256 a load is better, which starts the processor's own prefetching; for blocks of 32 a prefetch.
            if (_blockLength == 256) C.movzx(r12d, __byte_ptr[rbx + line]);
            else C.prefetcht0(__byte_ptr[rbx + line]);
        }

        Block();
        foreach (AssemblerRegister64 row in Bases) C.add(row, _blockBytes);
        C.add(rsi, WideTile.Bytes(_blockLength));
        C.add(rbx, 16 * _blockBytes);
        C.dec(rcx);
        C.jne(next);

        C.mov(rax, Field(nameof(RowCall.Sums)));
        for (int t = 0; t < Tokens; t++) C.vmovups(__zmmword_ptr[rax + (64 * t)], Z(28 + t));
        Leave();
    }

    private static AssemblerMemoryOperand Field(string name) => __qword_ptr[rdi + (int)Marshal.OffsetOf<RowCall>(name)];

    /// <summary>Byte <paramref name="offset"/> of the block of row 4i + j.</summary>
    protected static AssemblerMemoryOperand Row(int i, int j, int offset) => At(Bases[i], j, offset);

    private static AssemblerMemoryOperand At(AssemblerRegister64 row, int j, int offset) => j switch
    {
        0 => __[row + offset],
        1 => __[row + rax + offset],
        2 => __[row + (rax * 2) + offset],
        _ => __[row + rdx + offset],
    };

    /// <summary>16 bytes of rows j, 4 + j, 8 + j and 12 + j to the lanes of a register.</summary>
    protected void LoadLanes(int register, int j, int offset)
    {
        C.vmovdqu(X(register), Sized128(Row(0, j, offset)));
        for (int i = 1; i < 4; i++) C.vinserti32x4(Z(register), Z(register), Sized128(Row(i, j, offset)), (byte)i);
    }

    /// <summary>register[0] = 32-bit number <paramref name="column"/> of the lanes of registers 0 to 3 (LoadLanes of j = 0 … 3), rows in order; uses the scratch registers.</summary>
    protected void TransposeColumn(int result, int column, int scratch)
    {
        if (column < 2)
        {
            C.vpunpckldq(Z(result), Z(0), Z(1));
            C.vpunpckldq(Z(scratch), Z(2), Z(3));
        }
        else
        {
            C.vpunpckhdq(Z(result), Z(0), Z(1));
            C.vpunpckhdq(Z(scratch), Z(2), Z(3));
        }

        if (column % 2 == 0) C.vpunpcklqdq(Z(result), Z(result), Z(scratch));
        else C.vpunpckhqdq(Z(result), Z(result), Z(scratch));
    }

    /// <summary>z[a] = sums of the four numbers of each lane of z[a … a + 3], rows in order; z[scratch], z[scratch + 1] are overwritten.</summary>
    protected void SumLanes(int a, int scratch)
    {
        for (int pair = 0; pair < 2; pair++)
        {
            int first = a + (2 * pair);
            C.vpunpckldq(Z(scratch), Z(first), Z(first + 1));
            C.vpunpckhdq(Z(scratch + 1), Z(first), Z(first + 1));
            C.vpaddd(Z(first), Z(scratch), Z(scratch + 1));
        }

        C.vpunpcklqdq(Z(scratch), Z(a), Z(a + 2));
        C.vpunpckhqdq(Z(scratch + 1), Z(a), Z(a + 2));
        C.vpaddd(Z(a), Z(scratch), Z(scratch + 1));
    }

    /// <summary>z[a] = z[a] lanes 0 + 1 and 2 + 3, then those of z[b]: half sums of two registers in one.</summary>
    protected void SumHalves(int a, int b, int scratch)
    {
        C.vshufi32x4(Z(scratch), Z(a), Z(b), EvenLanes);
        C.vshufi32x4(Z(a), Z(a), Z(b), OddLanes);
        C.vpaddd(Z(a), Z(a), Z(scratch));
    }

    /// <summary>Float sum of token t = fma(± scales * dx, (float)sum, sum); overwrites the sum and the scratch register.</summary>
    /// <param name="t">Token.</param>
    /// <param name="sum">Integer sums of the 16 rows.</param>
    /// <param name="scales">Float scales of the 16 rows.</param>
    /// <param name="subtract">Negate the product.</param>
    /// <param name="scratch">A register to use.</param>
    protected void Accumulate(int t, int sum, int scales, bool subtract, int scratch)
    {
        C.vcvtdq2ps(Z(sum), Z(sum));
        C.vmulps(Z(scratch), Z(scales), __dword_bcst[rsi + WideTile.ScalesOffset(_blockLength) + (sizeof(float) * t)]);
        if (subtract) C.vfnmadd231ps(Z(28 + t), Z(scratch), Z(sum));
        else C.vfmadd231ps(Z(28 + t), Z(scratch), Z(sum));
    }

    /// <summary>Widens the low (or high) half-precision number of each 32-bit lane.</summary>
    protected void WidenHalfs(int result, int source, bool high)
    {
        if (high)
        {
            C.vpsrld(Z(result), Z(source), 16);
            C.vpmovdw(Y(result), Z(result));
        }
        else
        {
            C.vpmovdw(Y(result), Z(source));
        }

        C.vcvtph2ps(Z(result), Y(result));
    }

    protected static AssemblerMemoryOperand Sized128(AssemblerMemoryOperand operand) => __xmmword_ptr[operand];

    protected static AssemblerMemoryOperand Sized256(AssemblerMemoryOperand operand) => __ymmword_ptr[operand];
}
