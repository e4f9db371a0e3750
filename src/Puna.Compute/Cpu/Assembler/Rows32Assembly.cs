using Iced.Intel;
using Puna.Compute.Cpu.MatMul;
using static Iced.Intel.AssemblerRegisters;

namespace Puna.Compute.Cpu.Assembler;

/// <summary>Few tokens, Q8_0 and Q4_0: 16 blocks of a row at a time, the last ones by themselves.</summary>
internal abstract class Rows32Assembly(int tokens, bool isQ4, CodeTarget target) : RowAssembly(tokens, isQ4 ? 18 : 34, 32, lanes: 4, target)
{
    private readonly int _blockBytes = isQ4 ? 18 : 34;

    private AssemblerMemoryOperand _nothing;

    /// <summary>Quants of four bits.</summary>
    protected bool IsQ4 { get; } = isQ4;

    /// <summary>What one block's products add too much, as a multiple of the activations' sum: 128, 8 (Q4_0 as it is) or 0.</summary>
    protected abstract int Zero { get; }

    /// <summary>Puts the quants of the next block where <see cref="SingleProducts"/> finds them; register 2 is taken.</summary>
    protected abstract void SingleWeights();

    /// <summary>ymm0 = products of the next block and token <paramref name="t"/>, in any lanes; registers 1 and 2 are taken.</summary>
    protected abstract void SingleProducts(int t);

    protected override void Constants() => _nothing = Constant32(int.MinValue); // -0 as a float

    protected override void LastBlocks()
    {
        // Places of no block add -0 * 0, which changes no sum.
        Load(0, _nothing);
        C.vpxor(X(1), X(1), X(1));
        for (int t = 0; t < Tokens; t++)
        {
            for (int at = 0; at < 64; at += Width)
            {
                Store(Scales(t) + at, 0);
                Store(Sums(t) + at, 1);
            }
        }

        Label next = C.CreateLabel();
        C.mov(r14, r13);
        C.Label(ref next);
        Single();
        C.add(r8, _blockBytes);
        C.add(rsi, 32);
        C.add(r12, sizeof(int));
        C.add(r13, sizeof(float));
        C.dec(rcx);
        C.jne(next);
        C.mov(r13, r14);
    }

    /// <summary>xmm<paramref name="result"/> = the scales of 8 blocks from <paramref name="first"/> on, in half precision.</summary>
    protected void LoadHalfs(int result, int first)
    {
        C.vmovd(X(result), __dword_ptr[Weights(first, 0)]); // its upper half is overwritten
        for (int r = 1; r < 8; r++) C.vpinsrw(X(result), X(result), __word_ptr[Weights(first + r, 0)], (byte)r);
    }

    /// <summary>The next block of a row.</summary>
    private void Single()
    {
        C.vpxor(X(2), X(2), X(2));
        C.vpinsrw(X(2), X(2), __word_ptr[Weights(0, 0)], 0);
        C.vcvtph2ps(X(2), X(2));
        SingleWeights();
        for (int t = 0; t < Tokens; t++)
        {
            SingleProducts(t);
            C.vextracti128(X(1), Y(0), 1);
            C.vpaddd(X(0), X(0), X(1));
            C.vpshufd(X(1), X(0), 0x4E);
            C.vpaddd(X(0), X(0), X(1));
            C.vpshufd(X(1), X(0), 0xB1);
            C.vpaddd(X(0), X(0), X(1));
            if (Zero != 0)
            {
                C.vmovd(X(1), __dword_ptr[Rest(t, RowTile.Starts)]);
                if (Zero == 8) C.vpsrad(X(1), X(1), 4);
                C.vpaddd(X(0), X(0), X(1));
            }

            C.vcvtdq2ps(X(0), X(0));
            C.vmulss(X(1), X(2), __dword_ptr[Rest(t, RowTile.Scales32)]);
            C.vmovss(__dword_ptr[Scales(t)], X(1));
            C.vmovss(__dword_ptr[Sums(t)], X(0));
        }
    }
}
