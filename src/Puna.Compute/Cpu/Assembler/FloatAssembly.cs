using System.Runtime.InteropServices;
using Iced.Intel;
using Puna.Tensors;
using static Iced.Intel.AssemblerRegisters;

namespace Puna.Compute.Cpu.Assembler;

/// <summary>
/// Float32 products of four weight rows and up to six tokens, by the definition of <see cref="MatMul.Floats.FloatReference"/>: a
/// register for the 16 lanes of each product, weights in F32, F16 or BF16 widened as they are loaded.
/// </summary>
/// <remarks>
/// Registers 4t to 4t + 3 are the lanes of token t, 24 to 27 the weights, 28 the activations. Tokens are at rsi and, from the fourth
/// on, at rdx, a multiple of rax apart.
/// </remarks>
internal sealed class FloatAssembly(ElementType type, int tokens, bool windows) : AssemblyBase(windows, prefersEvex: true)
{
    /// <summary>Weight rows of a call.</summary>
    internal const int Rows = 4;

    /// <summary>Most tokens of a call: with four rows, 24 registers of sums.</summary>
    internal const int MaxTokens = 6;

    /// <summary>Up to so many tokens, weights are what a kernel waits for, and are fetched ahead.</summary>
    internal const int FewTokens = 3;

    private const int Weights = 24, X0 = 28, Scratch = 29, BFloat16Shift = 16;

    private static readonly AssemblerRegister64[] RowPointers = [r8, r9, r10, r11];

    private readonly int _weightBytes = 16 * (type == ElementType.F32 ? 4 : 2);

    /// <summary>Formats that the kernels read as they lie.</summary>
    internal static bool Reads(ElementType type) => type is ElementType.F32 or ElementType.F16 or ElementType.BF16;

    protected override void Emit()
    {
        Enter(0);
        string[] rows = [nameof(FloatCall.W0), nameof(FloatCall.W1), nameof(FloatCall.W2), nameof(FloatCall.W3)];
        for (int r = 0; r < Rows; r++) C.mov(RowPointers[r], Field(rows[r]));
        C.mov(rsi, Field(nameof(FloatCall.X)));
        C.mov(rax, Field(nameof(FloatCall.XStride)));
        C.lea(rdx, __[rax + (rax * 2)]);
        C.add(rdx, rsi);
        C.mov(r12, Field(nameof(FloatCall.Lanes)));
        if (tokens <= FewTokens) C.mov(rbx, Field(nameof(FloatCall.Ahead)));

        Start();
        Label next = C.CreateLabel(), tail = C.CreateLabel(), whole = C.CreateLabel(), unfinished = C.CreateLabel(), end = C.CreateLabel();
        C.mov(rcx, Field(nameof(FloatCall.Groups)));
        C.test(rcx, rcx);
        C.je(tail);
        C.Label(ref next);
        Group(masked: false);
        foreach (AssemblerRegister64 row in RowPointers) C.add(row, _weightBytes);
        C.add(rsi, 64);
        C.add(rdx, 64);
        C.dec(rcx);
        C.jne(next);

        C.Label(ref tail);
        C.mov(rcx, Field(nameof(FloatCall.TailMask)));
        C.test(rcx, rcx);
        C.je(whole);
        C.kmovw(k1, ecx);
        Group(masked: true);

        C.Label(ref whole);
        C.cmp(Field(nameof(FloatCall.IsLast)), 0);
        C.je(unfinished);
        C.mov(r13, Field(nameof(FloatCall.Y)));
        C.mov(rax, Field(nameof(FloatCall.YStride)));
        C.mov(rcx, Field(nameof(FloatCall.Accumulate)));
        for (int first = 0; first < tokens; first += 4) AddUp(first, Math.Min(4, tokens - first));
        C.jmp(end);

        C.Label(ref unfinished);
        for (int i = 0; i < tokens * Rows; i++) C.vmovups(__zmmword_ptr[r12 + (64 * i)], Z(i));
        C.Label(ref end);
        Leave();
    }

    private static AssemblerMemoryOperand Field(string name) => __qword_ptr[rdi + (int)Marshal.OffsetOf<FloatCall>(name)];

    private void Start()
    {
        Label load = C.CreateLabel(), ready = C.CreateLabel();
        C.cmp(Field(nameof(FloatCall.IsFirst)), 0);
        C.je(load);
        for (int i = 0; i < tokens * Rows; i++) C.vpxord(Z(i), Z(i), Z(i));
        C.jmp(ready);
        C.Label(ref load);
        for (int i = 0; i < tokens * Rows; i++) C.vmovups(Z(i), __zmmword_ptr[r12 + (64 * i)]);
        C.Label(ref ready);
        C.nop(); // a label needs an instruction of its own
    }

    /// <summary>16 elements of K, or those of the mask.</summary>
    private void Group(bool masked)
    {
        for (int r = 0; r < Rows; r++) LoadWeights(Weights + r, RowPointers[r], masked);
        if (tokens <= FewTokens && !masked)
        {
            for (int line = 0; line < Rows * _weightBytes; line += 64) C.prefetcht1(__byte_ptr[rbx + line]);
            C.add(rbx, Rows * _weightBytes);
        }

        for (int t = 0; t < tokens; t++)
        {
            AssemblerRegister64 at = t < 3 ? rsi : rdx;
            AssemblerMemoryOperand x = (t % 3) switch
            {
                0 => __zmmword_ptr[at],
                1 => __zmmword_ptr[at + rax],
                _ => __zmmword_ptr[at + (rax * 2)],
            };
            C.vmovups(masked ? Z(X0).k1.z : Z(X0), x);
            for (int r = 0; r < Rows; r++) C.vfmadd231ps(Z((Rows * t) + r), Z(Weights + r), Z(X0));
        }
    }

    private void LoadWeights(int register, AssemblerRegister64 row, bool masked)
    {
        AssemblerRegisterZMM target = masked ? Z(register).k1.z : Z(register);
        switch (type)
        {
            case ElementType.F16: C.vcvtph2ps(target, __ymmword_ptr[row]); break;
            case ElementType.BF16:
                C.vpmovzxwd(target, __ymmword_ptr[row]);
                C.vpslld(Z(register), Z(register), BFloat16Shift);
                break;
            default: C.vmovups(target, __zmmword_ptr[row]); break;
        }
    }

    /// <summary>
    /// Adds up the lanes of up to four tokens, lane l and l + 8, then l + 4, l + 2, l + 1: each step folds two registers into one, until
    /// a token is a 128-bit lane and a row a number in it.
    /// </summary>
    private void AddUp(int first, int count)
    {
        const byte LowHalves = 0x44, HighHalves = 0xEE, Even = 0x88, Odd = 0xDD;
        for (int r = 0; r < Rows; r++)
        {
            int a = Sum(0, r), b = Sum(1, r), c = Sum(2, r), d = Sum(3, r);
            Fold(a, a, b, LowHalves, HighHalves);
            if (count > 2) Fold(c, c, d, LowHalves, HighHalves);
            Fold(a, a, count > 2 ? c : a, Even, Odd);
        }

        for (int r = 0; r < Rows; r += 2)
        {
            int x = Sum(0, r), y = Sum(0, r + 1);
            C.vunpcklpd(Z(Scratch), Z(x), Z(y));
            C.vunpckhpd(Z(Scratch + 1), Z(x), Z(y));
            C.vaddps(Z(x), Z(Scratch), Z(Scratch + 1));
        }

        C.vshufps(Z(Scratch), Z(Sum(0, 0)), Z(Sum(0, 2)), Even);
        C.vshufps(Z(Scratch + 1), Z(Sum(0, 0)), Z(Sum(0, 2)), Odd);
        C.vaddps(Z(Scratch), Z(Scratch), Z(Scratch + 1));
        for (int t = 0; t < count; t++)
        {
            Label replace = C.CreateLabel();
            C.vextractf32x4(X(t), Z(Scratch), (byte)t); // the registers of the first token are free
            C.test(rcx, rcx);
            C.je(replace);
            C.vaddps(X(t), X(t), __xmmword_ptr[r13]);
            C.Label(ref replace);
            C.vmovups(__xmmword_ptr[r13], X(t));
            C.add(r13, rax);
        }

        int Sum(int t, int r) => (Rows * (first + Math.Min(t, count - 1))) + r;
    }

    private void Fold(int result, int x, int y, byte low, byte high)
    {
        C.vshuff64x2(Z(Scratch), Z(x), Z(y), low);
        C.vshuff64x2(Z(Scratch + 1), Z(x), Z(y), high);
        C.vaddps(Z(result), Z(Scratch), Z(Scratch + 1));
    }
}
