using System.Runtime.InteropServices;
using Iced.Intel;
using Puna.Tensors;
using static Iced.Intel.AssemblerRegisters;

namespace Puna.Compute.Cpu.Assembler;

/// <summary>
/// What <see cref="FloatAssembly"/> computes, with 16 registers of 256 bits: two weight rows and up to three tokens at a time, the 16 lanes
/// of each product in two registers, until all four rows and up to six tokens are done. Weights in F16 and BF16 need whole groups of 16.
/// </summary>
/// <remarks>
/// Registers 4t + 2r + h are half h of the lanes of token t and row r, 12 and 13 the weights, 14 the activations. Tokens are at rsi, a
/// multiple of rax apart.
/// </remarks>
internal sealed class FloatAssembly256(ElementType type, int tokens, bool windows) : AssemblyBase(windows, prefersEvex: false)
{
    private const int PassRows = 2, PassTokens = 3, Weights = 12, X0 = 14, Scratch = 15, BFloat16Shift = 16, LaneBytes = 64;

    private static readonly AssemblerRegister64[] RowPointers = [r8, r9];

    private readonly int _weightBytes = 16 * (type == ElementType.F32 ? 4 : 2);
    private readonly AssemblerMemoryOperand[] _bits = new AssemblerMemoryOperand[2];

    protected override void Emit()
    {
        _bits[0] = Constant32(1, 2, 4, 8, 16, 32, 64, 128);
        _bits[1] = Constant32(256, 512, 1024, 2048, 4096, 8192, 16384, 32768);
        Enter(0);
        C.mov(rax, Field(nameof(FloatCall.XStride)));
        C.mov(r14, Field(nameof(FloatCall.YStride)));
        if (tokens <= FloatAssembly.FewTokens) C.mov(rbx, Field(nameof(FloatCall.Ahead)));
        string[] rows = [nameof(FloatCall.W0), nameof(FloatCall.W1), nameof(FloatCall.W2), nameof(FloatCall.W3)];
        for (int row = 0; row < FloatAssembly.Rows; row += PassRows)
        {
            for (int first = 0; first < tokens; first += PassTokens)
            {
                for (int r = 0; r < PassRows; r++) C.mov(RowPointers[r], Field(rows[row + r]));
                Pass(row, first, Math.Min(PassTokens, tokens - first));
            }
        }

        Leave();
    }

    private static AssemblerMemoryOperand Field(string name) => __qword_ptr[rdi + (int)Marshal.OffsetOf<FloatCall>(name)];

    private static int Sum(int t, int r, int half) => (4 * t) + (2 * r) + half;

    private void Pass(int row, int first, int count)
    {
        Label next = C.CreateLabel(), tail = C.CreateLabel(), whole = C.CreateLabel(), unfinished = C.CreateLabel(), end = C.CreateLabel();
        C.mov(rsi, Field(nameof(FloatCall.X)));
        for (int t = 0; t < first; t++) C.add(rsi, rax);
        C.mov(r12, Field(nameof(FloatCall.Lanes)));
        Start(row, first, count);

        C.mov(rcx, Field(nameof(FloatCall.Groups)));
        C.test(rcx, rcx);
        C.je(tail);
        C.Label(ref next);
        Group(count, masked: false);
        foreach (AssemblerRegister64 pointer in RowPointers) C.add(pointer, _weightBytes);
        C.add(rsi, LaneBytes);
        C.dec(rcx);
        C.jne(next);

        C.Label(ref tail);
        C.cmp(Field(nameof(FloatCall.TailMask)), 0);
        C.je(whole);
        if (type == ElementType.F32) Group(count, masked: true);

        C.Label(ref whole);
        C.cmp(Field(nameof(FloatCall.IsLast)), 0);
        C.je(unfinished);
        C.mov(r13, Field(nameof(FloatCall.Y)));
        for (int t = 0; t < first; t++) C.add(r13, r14);
        C.mov(rcx, Field(nameof(FloatCall.Accumulate)));
        for (int t = 0; t < count; t++) AddUp(t, row);
        C.jmp(end);

        C.Label(ref unfinished);
        ForLanes(row, first, count, (at, sum) => C.vmovups(__ymmword_ptr[at], Y(sum)));
        C.Label(ref end);
        C.nop(); // a label needs an instruction of its own
    }

    private void Start(int row, int first, int count)
    {
        Label load = C.CreateLabel(), ready = C.CreateLabel();
        C.cmp(Field(nameof(FloatCall.IsFirst)), 0);
        C.je(load);
        for (int i = 0; i < 4 * count; i++) C.vpxor(X(i), X(i), X(i));
        C.jmp(ready);
        C.Label(ref load);
        ForLanes(row, first, count, (at, sum) => C.vmovups(Y(sum), __ymmword_ptr[at]));
        C.Label(ref ready);
        C.nop();
    }

    private static void ForLanes(int row, int first, int count, Action<AssemblerMemoryOperand, int> each)
    {
        for (int t = 0; t < count; t++)
        {
            for (int i = 0; i < 4; i++)
                each(__[r12 + (LaneBytes * ((FloatAssembly.Rows * (first + t)) + row)) + (32 * i)], (4 * t) + i);
        }
    }

    /// <summary>16 elements of K, or those of the mask.</summary>
    private void Group(int count, bool masked)
    {
        if (tokens <= FloatAssembly.FewTokens && !masked)
        {
            for (int line = 0; line < PassRows * _weightBytes; line += 64) C.prefetcht1(__byte_ptr[rbx + line]);
            C.add(rbx, PassRows * _weightBytes);
        }

        for (int half = 0; half < 2; half++)
        {
            if (masked)
            {
                C.vpbroadcastd(Y(Scratch), __dword_ptr[Field(nameof(FloatCall.TailMask))]);
                C.vpand(Y(Scratch), Y(Scratch), __ymmword_ptr[_bits[half]]);
                C.vpcmpeqd(Y(Scratch), Y(Scratch), __ymmword_ptr[_bits[half]]);
            }

            for (int r = 0; r < PassRows; r++) LoadWeights(Weights + r, RowPointers[r], half, masked);
            for (int t = 0; t < count; t++)
            {
                AssemblerMemoryOperand x = t switch
                {
                    0 => __[rsi + (32 * half)],
                    1 => __[rsi + rax + (32 * half)],
                    _ => __[rsi + (rax * 2) + (32 * half)],
                };
                if (masked) C.vmaskmovps(Y(X0), Y(Scratch), __ymmword_ptr[x]);
                else C.vmovups(Y(X0), __ymmword_ptr[x]);
                for (int r = 0; r < PassRows; r++) C.vfmadd231ps(Y(Sum(t, r, half)), Y(Weights + r), Y(X0));
            }
        }
    }

    private void LoadWeights(int register, AssemblerRegister64 row, int half, bool masked)
    {
        switch (type)
        {
            case ElementType.F16: C.vcvtph2ps(Y(register), __xmmword_ptr[row + (16 * half)]); break;
            case ElementType.BF16:
                C.vpmovzxwd(Y(register), __xmmword_ptr[row + (16 * half)]);
                C.vpslld(Y(register), Y(register), BFloat16Shift);
                break;
            default:
                if (masked) C.vmaskmovps(Y(register), Y(Scratch), __ymmword_ptr[row + (32 * half)]);
                else C.vmovups(Y(register), __ymmword_ptr[row + (32 * half)]);
                break;
        }
    }

    /// <summary>Adds up the lanes of a token's two rows, lane l and l + 8, then l + 4, l + 2, l + 1, and stores or adds the two sums.</summary>
    private void AddUp(int t, int row)
    {
        const byte LowHalves = 0x20, HighHalves = 0x31, OtherPair = 0x4E, OtherOne = 0xB1;
        Label replace = C.CreateLabel();
        int a = Sum(t, 0, 0), b = Sum(t, 1, 0);
        for (int r = 0; r < PassRows; r++) C.vaddps(Y(Sum(t, r, 0)), Y(Sum(t, r, 0)), Y(Sum(t, r, 1)));
        C.vperm2f128(Y(Scratch), Y(a), Y(b), LowHalves);
        C.vperm2f128(Y(a), Y(a), Y(b), HighHalves);
        C.vaddps(Y(a), Y(a), Y(Scratch)); // a lane for each row
        foreach (byte order in (ReadOnlySpan<byte>)[OtherPair, OtherOne])
        {
            C.vpermilps(Y(Scratch), Y(a), order);
            C.vaddps(Y(a), Y(a), Y(Scratch));
        }

        C.vextractf128(X(Scratch), Y(a), 1);
        C.vunpcklps(X(a), X(a), X(Scratch));
        C.test(rcx, rcx);
        C.je(replace);
        C.vmovsd(X(Scratch), __qword_ptr[r13 + (sizeof(float) * row)]);
        C.vaddps(X(a), X(a), X(Scratch));
        C.Label(ref replace);
        C.vmovsd(__qword_ptr[r13 + (sizeof(float) * row)], X(a));
        C.add(r13, r14);
    }
}
