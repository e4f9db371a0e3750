using System.Runtime.InteropServices;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Puna.Compute.Cpu.Assembler;

/// <summary>
/// Kernels that unpack 16 weight rows from file layout to a panel: rows innermost, four quants of a row in each lane. Rows are
/// interleaved while their quants are still packed, which halves the work for 4-bit formats.
/// </summary>
/// <remarks>512-bit registers hold a number of all 16 rows; with 256-bit ones a block is done twice, rows 0 to 7 and rows 8 to 15.</remarks>
internal abstract class PackAssembly(BlockShape shape, CodeTarget target) : VectorAssembly(target)
{
    private static readonly AssemblerRegister64[] Bases = [r8, r9, r10, r11];

    private int _half;

    /// <summary>Sizes of the format.</summary>
    protected BlockShape Shape { get; } = shape;

    /// <summary>Emits constants.</summary>
    protected abstract void Constants();

    /// <summary>Loads what stays in registers for all blocks.</summary>
    protected abstract void Prepare();

    /// <summary>Unpacks one block of as many rows as a register has numbers; the panel is at rsi.</summary>
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
        for (_half = 0; _half < 64 / Width; _half++) Block();
        foreach (AssemblerRegister64 row in Bases) C.add(row, Shape.BlockBytes);
        C.add(rsi, Shape.PanelBytes);
        C.add(rbx, 16 * Shape.BlockBytes);
        C.dec(rcx);
        C.jne(next);
        Leave();
    }

    private static AssemblerMemoryOperand Field(string name) => __qword_ptr[rdi + (int)Marshal.OffsetOf<PackCall>(name)];

    /// <summary>
    /// Registers first … first + 3 = 32-bit numbers 0 to 3 of 16 bytes at <paramref name="offset"/> of each row; overwrites registers
    /// 0 … 7. <paramref name="first"/> is 0 or at least 8.
    /// </summary>
    protected void LoadTransposed(int first, int offset)
    {
        int lanes = Width / 16;
        for (int j = 0; j < 4; j++)
        {
            C.vmovdqu(X(j), __xmmword_ptr[Row(_half * lanes, j, offset)]);
            for (int i = 1; i < lanes; i++)
            {
                AssemblerMemoryOperand at = __xmmword_ptr[Row((_half * lanes) + i, j, offset)];
                if (Target.IsWide) C.vinserti32x4(Z(j), Z(j), at, (byte)i);
                else C.vinserti128(Y(j), Y(j), at, (byte)i);
            }
        }

        Transpose(first);
    }

    /// <summary>Stores four quants of each row, elements 4q to 4q + 3.</summary>
    protected void StoreQuants(int q, int register) => Store(__[rsi + (64 * q) + (_half * Width)], register);

    /// <summary>Stores line <paramref name="line"/> of what follows the quants.</summary>
    protected void StoreLine(int line, int register) => Store(__[rsi + Shape.QuantBytes + (64 * line) + (_half * Width)], register);

    /// <summary>For each 32-bit number, its byte <paramref name="b"/> at the places where that is named, 0 elsewhere.</summary>
    protected AssemblerMemoryOperand BytePlaces(int b, params ReadOnlySpan<int> places)
    {
        const byte Zero = 0x80; // vpshufb writes 0
        Span<byte> order = stackalloc byte[16];
        order.Fill(Zero);
        for (int number = 0; number < 16; number += 4)
        {
            foreach (int place in places) order[number + place] = (byte)(number + b);
        }

        return Constant(order);
    }

    private static AssemblerMemoryOperand Row(int i, int j, int offset) => j switch
    {
        0 => __[Bases[i] + offset],
        1 => __[Bases[i] + rax + offset],
        2 => __[Bases[i] + (rax * 2) + offset],
        _ => __[Bases[i] + rdx + offset],
    };
}
