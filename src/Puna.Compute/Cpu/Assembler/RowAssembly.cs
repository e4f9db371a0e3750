using System.Runtime.InteropServices;
using Iced.Intel;
using Puna.Compute.Cpu.MatMul;
using static Iced.Intel.AssemblerRegisters;

namespace Puna.Compute.Cpu.Assembler;

/// <summary>
/// Kernels for few tokens. Weights are read once, in file layout and front to back, as memory serves best: row after row, and
/// in a row several blocks at a time, whose integer sums are gathered in the lanes of one register. Scales and sums of up to
/// <see cref="Rows"/> rows are kept; then the float chains of four rows run side by side.
/// </summary>
/// <remarks>
/// r8 is at the weights, rsi at the tile, r12 at what follows the blocks in a unit of it, r13 at the row's scales and sums. The last
/// blocks of a row go together (256-blocks) or one by one (32-blocks).
/// </remarks>
internal abstract class RowAssembly : VectorAssembly
{
    /// <summary>Most tokens of a kernel: so many registers are left for sums.</summary>
    internal const int MaxTokens = 4;

    /// <summary>Most rows of a call: two chains of four, with little to keep.</summary>
    internal const int Rows = 8;

    /// <summary>
    /// How far ahead weights are asked for, in bytes, into the second-level cache. Measured: from 6 to 32 KiB all is well; less, or into
    /// the first-level cache, is worse than leaving it to the processor.
    /// </summary>
    private const int Ahead = 8192;

    private const int Chains = 8, Lane = 16, TransposedSums = 256;

    private readonly int _blockBytes, _blockLength, _lanes;

    /// <summary>A kernel for one format.</summary>
    /// <param name="tokens">Tokens.</param>
    /// <param name="blockBytes">Bytes of a block in the file.</param>
    /// <param name="blockLength">Elements of a block.</param>
    /// <param name="lanes">128-bit lanes of the scales (and of the sums) of a unit: four blocks in each, or one of a second term.</param>
    /// <param name="target">What the code is for.</param>
    protected RowAssembly(int tokens, int blockBytes, int blockLength, int lanes, CodeTarget target)
        : base(target)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(tokens, MaxTokens);
        (Tokens, _blockBytes, _blockLength, _lanes) = (tokens, blockBytes, blockLength, lanes);
    }

    /// <summary>Bytes of scratch for a call with rows of so many blocks.</summary>
    internal static long ScratchBytes(int blockLength, int blocks, int tokens)
    {
        int unit = RowTile.UnitBlocks(blockLength), most = 2 * Lane * (blockLength == 32 ? 4 : 2);
        return (long)((blocks + unit - 1) / unit) * tokens * Rows * most;
    }

    /// <summary>Tokens of the kernel.</summary>
    protected int Tokens { get; }

    /// <summary>Emits constants.</summary>
    protected abstract void Constants();

    /// <summary>Loads what stays in registers for all blocks.</summary>
    protected abstract void Prepare();

    /// <summary>
    /// The next <paramref name="blocks"/> blocks of a row; writes their <see cref="Scales"/> and <see cref="Sums"/>. May use every register
    /// of vectors and [rsp, rsp + 512).
    /// </summary>
    protected abstract void Blocks(int blocks);

    /// <summary>The last blocks of a row, fewer than a unit; rcx holds their number and may be overwritten.</summary>
    protected abstract void LastBlocks();

    private int UnitBlocks => RowTile.UnitBlocks(_blockLength);

    private int Entry => 2 * Lane * _lanes;

    protected override void Emit()
    {
        Constants();
        Enter(2 * TransposedSums);
        C.mov(r9, Field(nameof(RowCall.Rows)));
        C.mov(rax, Field(nameof(RowCall.Stride)));
        C.mov(rbx, Field(nameof(RowCall.Count)));
        C.mov(r11, Field(nameof(RowCall.Tile)));
        C.mov(rdx, Field(nameof(RowCall.Blocks)));
        C.mov(r15, Field(nameof(RowCall.Scratch)));
        Prepare();

        Label row = C.CreateLabel();
        C.Label(ref row);
        C.mov(r8, r9);
        C.mov(rsi, r11);
        C.mov(r12, r11);
        C.mov(r13, r15);
        Units(
            () =>
            {
                for (int line = 0; line < UnitBlocks * _blockBytes; line += 64) C.prefetcht1(__byte_ptr[r8 + Ahead + line]);
                Blocks(UnitBlocks);
                C.add(r8, UnitBlocks * _blockBytes);
                C.add(rsi, Tokens * RowTile.UnitBytes(_blockLength));
                C.mov(r12, rsi);
            },
            LastBlocks);
        C.add(r9, rax);
        C.add(r15, Entry);
        C.dec(rbx);
        C.jne(row);

        for (int r = Chains; r < Chains + (2 * Tokens); r++) C.vpxor(X(r), X(r), X(r));
        C.mov(r13, Field(nameof(RowCall.Scratch)));
        Units(() => Chain(UnitBlocks), _blockLength == 32 ? () => Chain(UnitBlocks) : () => ByCount(Chain));
        C.mov(rax, Field(nameof(RowCall.Sums)));
        for (int r = 0; r < 2 * Tokens; r++) C.vmovups(__xmmword_ptr[rax + (64 * (r / 2)) + (16 * (r % 2))], X(Chains + r));
        Leave();
    }

    /// <summary>Goes over the units of a row, r13 with them; then what is left, with its number of blocks in rcx.</summary>
    private void Units(Action unit, Action rest)
    {
        Label next = C.CreateLabel(), last = C.CreateLabel(), end = C.CreateLabel();
        C.mov(rcx, rdx);
        C.sub(rcx, UnitBlocks);
        C.jl(last);
        C.Label(ref next);
        unit();
        C.add(r13, Tokens * Rows * Entry);
        C.sub(rcx, UnitBlocks);
        C.jge(next);
        C.Label(ref last);
        C.add(rcx, UnitBlocks);
        C.je(end);
        rest();
        C.Label(ref end);
        C.nop(); // a label needs an instruction of its own
    }

    /// <summary>One of the emitted pieces for 1, 2 or 3 blocks, as rcx says.</summary>
    protected void ByCount(Action<int> blocks)
    {
        Label two = C.CreateLabel(), three = C.CreateLabel(), end = C.CreateLabel();
        C.cmp(rcx, 2);
        C.je(two);
        C.jg(three);
        blocks(1);
        C.jmp(end);
        C.Label(ref two);
        blocks(2);
        C.jmp(end);
        C.Label(ref three);
        blocks(3);
        C.Label(ref end);
        C.nop();
    }

    /// <summary>Sum of a row = fma(scale, sum, sum of before) for one block after the other; a second term is subtracted.</summary>
    private void Chain(int blocks)
    {
        for (int four = 0; four < 2 * Tokens; four++)
        {
            // After the transposition lane i of register j holds what number 4i + j was, of four rows.
            Transpose(four, 0);
            Transpose(four, TransposedSums);
            for (int i = 0; i < (_blockLength == 32 ? _lanes : 1); i++)
            {
                for (int j = 0; j < Math.Min(4, blocks); j++)
                {
                    int at = (64 * j) + (Lane * i);
                    C.vmovups(X(0), __xmmword_ptr[rsp + at]);
                    C.vfmadd231ps(X(Chains + four), X(0), __xmmword_ptr[rsp + TransposedSums + at]);
                    if (_blockLength == 32 || _lanes == 1) continue;

                    C.vmovups(X(1), __xmmword_ptr[rsp + at + Lane]);
                    C.vfnmadd231ps(X(Chains + four), X(1), __xmmword_ptr[rsp + TransposedSums + at + Lane]);
                }
            }
        }
    }

    private void Transpose(int four, int to)
    {
        int from = (4 * four * Entry) + (to == 0 ? 0 : Lane * _lanes), bytes = Lane * _lanes;
        for (int at = 0; at < bytes; at += Width)
        {
            for (int r = 0; r < 4; r++)
            {
                AssemblerMemoryOperand row = __[r13 + from + (r * Entry) + at];
                if (bytes >= Width) Load(r, row);
                else if (bytes == 2 * Lane) C.vmovups(Y(r), __ymmword_ptr[row]);
                else C.vmovups(X(r), __xmmword_ptr[row]);
            }

            Transpose(0);
            for (int j = 0; j < 4; j++)
            {
                AssemblerMemoryOperand number = __[rsp + to + (64 * j) + at];
                if (bytes >= Width) Store(number, j);
                else C.vmovups(__ymmword_ptr[number], Y(j));
            }
        }
    }

    private static AssemblerMemoryOperand Field(string name) => __qword_ptr[rdi + (int)Marshal.OffsetOf<RowCall>(name)];

    /// <summary>Byte <paramref name="offset"/> of the weights of block <paramref name="block"/>.</summary>
    protected AssemblerMemoryOperand Weights(int block, int offset) => __[r8 + (block * _blockBytes) + offset];

    /// <summary>Byte <paramref name="offset"/> of the blocks of token <paramref name="t"/>.</summary>
    protected AssemblerMemoryOperand Tile(int t, int offset) => __[rsi + (t * RowTile.UnitBytes(_blockLength)) + offset];

    /// <summary>Byte <paramref name="offset"/> of what follows the blocks of token <paramref name="t"/>.</summary>
    protected AssemblerMemoryOperand Rest(int t, int offset) => __[r12 + (t * RowTile.UnitBytes(_blockLength)) + offset];

    /// <summary>Where the scales of a unit go: <c>d</c> of its blocks times that of the activations, then <c>dmin</c> times it.</summary>
    protected AssemblerMemoryOperand Scales(int t) => __[r13 + (t * Rows * Entry)];

    /// <summary>Where the sums of a unit go, as floats.</summary>
    protected AssemblerMemoryOperand Sums(int t) => __[r13 + (t * Rows * Entry) + (Lane * _lanes)];
}
