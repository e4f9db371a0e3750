using System.Runtime.InteropServices;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Puna.Compute.Cpu.Assembler;

/// <summary>
/// Kernels that unpack 16 weight rows from file layout to a panel: rows innermost, four quants of a row in each lane. Rows are
/// interleaved while their quants are still packed, which halves the work for 4-bit formats.
/// </summary>
internal abstract class PackAssembly(BlockShape shape, bool windows) : AssemblyBase(windows)
{
    private static readonly AssemblerRegister64[] Bases = [r8, r9, r10, r11];

    /// <summary>Sizes of the format.</summary>
    protected BlockShape Shape { get; } = shape;

    /// <summary>Emits constants.</summary>
    protected abstract void Constants();

    /// <summary>Loads what stays in registers for all blocks.</summary>
    protected abstract void Prepare();

    /// <summary>Unpacks one block; the panel is at rsi.</summary>
    protected abstract void Block();

    protected override void Emit()
    {
        Constants();
        Enter(0);
        C.mov(r8, Field(nameof(PackCall.Rows)));
        C.mov(rax, Field(nameof(PackCall.Stride)));
        C.mov(rsi, Field(nameof(PackCall.Panel)));
        C.mov(rcx, Field(nameof(PackCall.Blocks)));
        C.mov(rbx, Field(nameof(PackCall.Ahead)));
        C.lea(rdx, __[rax + (rax * 2)]);
        C.lea(r9, __[r8 + (rax * 4)]);
        C.lea(r10, __[r8 + (rax * 8)]);
        C.lea(r11, __[r9 + (rax * 8)]);
        Prepare();

        Label next = C.CreateLabel();
        C.Label(ref next);
        for (int line = 0; line < 16 * Shape.BlockBytes; line += 64) C.prefetcht1(__byte_ptr[rbx + line]);
        Block();
        foreach (AssemblerRegister64 row in Bases) C.add(row, Shape.BlockBytes);
        C.add(rsi, Shape.PanelBytes);
        C.add(rbx, 16 * Shape.BlockBytes);
        C.dec(rcx);
        C.jne(next);
        Leave();
    }

    private static AssemblerMemoryOperand Field(string name) => __qword_ptr[rdi + (int)Marshal.OffsetOf<PackCall>(name)];

    /// <summary>z[first … first + 3] = 32-bit numbers 0 to 3 of 16 bytes at <paramref name="offset"/> of each row; overwrites z[0 … 7].</summary>
    protected void LoadTransposed(int first, int offset)
    {
        for (int j = 0; j < 4; j++)
        {
            C.vmovdqu(X(j), __xmmword_ptr[Row(0, j, offset)]);
            for (int i = 1; i < 4; i++) C.vinserti32x4(Z(j), Z(j), __xmmword_ptr[Row(i, j, offset)], (byte)i);
        }

        C.vpunpckldq(Z(4), Z(0), Z(1));
        C.vpunpckhdq(Z(5), Z(0), Z(1));
        C.vpunpckldq(Z(6), Z(2), Z(3));
        C.vpunpckhdq(Z(7), Z(2), Z(3));
        C.vpunpcklqdq(Z(first), Z(4), Z(6));
        C.vpunpckhqdq(Z(first + 1), Z(4), Z(6));
        C.vpunpcklqdq(Z(first + 2), Z(5), Z(7));
        C.vpunpckhqdq(Z(first + 3), Z(5), Z(7));
    }

    /// <summary>Stores four quants of each row, elements 4q to 4q + 3.</summary>
    protected void StoreQuants(int q, int register) => C.vmovdqa64(__zmmword_ptr[rsi + (64 * q)], Z(register));

    /// <summary>Stores line <paramref name="line"/> of what follows the quants.</summary>
    protected void StoreLine(int line, int register) => C.vmovdqa64(__zmmword_ptr[rsi + (16 * Shape.BlockLength) + (64 * line)], Z(register));

    /// <summary>z[result] = the half-precision numbers in the low (or high) halves of z[source], widened.</summary>
    protected void WidenHalfs(int result, int source, bool high)
    {
        if (high) C.vpsrld(Z(result), Z(source), 16);
        C.vpmovdw(Y(result), Z(high ? result : source));
        C.vcvtph2ps(Z(result), Y(result));
    }

    private static AssemblerMemoryOperand Row(int i, int j, int offset) => j switch
    {
        0 => __[Bases[i] + offset],
        1 => __[Bases[i] + rax + offset],
        2 => __[Bases[i] + (rax * 2) + offset],
        _ => __[Bases[i] + rdx + offset],
    };
}
