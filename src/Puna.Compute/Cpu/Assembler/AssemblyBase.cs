using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Puna.Compute.Cpu.Assembler;

/// <summary>
/// What every assembled kernel shares: constants before the code, entry and exit for the calling convention of the system,
/// and names for numbered registers. A kernel is a function of one pointer, in rdi once it was entered.
/// </summary>
internal abstract class AssemblyBase
{
    private const int SavedVectors = 10; // xmm6 to xmm15, which Windows wants back

    private static readonly AssemblerRegister64[] Saved = [rbx, rbp, r12, r13, r14, r15];

    private readonly bool _windows;
    private int _constantBytes;

    /// <summary>Code for one calling convention.</summary>
    /// <param name="windows">The convention of Windows.</param>
    /// <param name="prefersEvex">
    /// Of two encodings that of AVX-512: dot products in the shorter form belong to AVX-VNNI, which not every AVX-512 processor has.
    /// </param>
    protected AssemblyBase(bool windows, bool prefersEvex)
    {
        _windows = windows;
        C.PreferVex = !prefersEvex;
    }

    /// <summary>Where instructions go.</summary>
    protected Iced.Intel.Assembler C { get; } = new(64);

    /// <summary>Bytes before the first instruction.</summary>
    internal int EntryOffset => _constantBytes;

    /// <summary>Emits everything and returns it; runs at any address that is a multiple of 64.</summary>
    internal byte[] Assemble()
    {
        Emit();
        using MemoryStream stream = new();
        C.Assemble(new StreamCodeWriter(stream), 0);
        return stream.ToArray();
    }

    /// <summary>Constants, then <see cref="Enter"/>, the kernel, <see cref="Leave"/>.</summary>
    protected abstract void Emit();

    /// <summary>A constant of 64 bytes, <paramref name="bytes"/> again and again.</summary>
    protected AssemblerMemoryOperand Constant(params ReadOnlySpan<byte> bytes)
    {
        byte[] line = new byte[64];
        for (int i = 0; i < line.Length; i++) line[i] = bytes[i % bytes.Length];
        Label label = C.CreateLabel();
        C.Label(ref label);
        C.db(line);
        _constantBytes += line.Length;
        return __[label];
    }

    /// <summary>A constant of 64 bytes from 32-bit numbers.</summary>
    protected AssemblerMemoryOperand Constant32(params ReadOnlySpan<int> values) => Constant(System.Runtime.InteropServices.MemoryMarshal.AsBytes(values));

    /// <summary>Saves registers; then rdi is the argument and [rsp, rsp + localBytes) is free, aligned to 64.</summary>
    protected void Enter(int localBytes)
    {
        foreach (AssemblerRegister64 register in Saved) C.push(register);
        if (_windows)
        {
            C.push(rdi);
            C.push(rsi);
            C.sub(rsp, SavedVectors * 16);
            for (int i = 0; i < SavedVectors; i++) C.vmovups(__xmmword_ptr[rsp + (16 * i)], X(6 + i));
            C.mov(rdi, rcx);
        }

        C.mov(rbp, rsp);
        C.sub(rsp, localBytes);
        C.and(rsp, -64);
    }

    /// <summary>Restores registers and returns.</summary>
    protected void Leave()
    {
        C.vzeroupper();
        C.mov(rsp, rbp);
        if (_windows)
        {
            for (int i = 0; i < SavedVectors; i++) C.vmovups(X(6 + i), __xmmword_ptr[rsp + (16 * i)]);
            C.add(rsp, SavedVectors * 16);
            C.pop(rsi);
            C.pop(rdi);
        }

        for (int i = Saved.Length - 1; i >= 0; i--) C.pop(Saved[i]);
        C.ret();
    }

    protected static AssemblerRegisterXMM X(int number) => new(Register.XMM0 + number);

    protected static AssemblerRegisterYMM Y(int number) => new(Register.YMM0 + number);

    protected static AssemblerRegisterZMM Z(int number) => new(Register.ZMM0 + number);
}
