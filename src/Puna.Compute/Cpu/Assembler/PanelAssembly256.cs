using System.Runtime.InteropServices;
using Iced.Intel;
using Puna.Compute.Cpu.MatMul;
using static Iced.Intel.AssemblerRegisters;

namespace Puna.Compute.Cpu.Assembler;

/// <summary>
/// Kernels for many tokens with 16 registers of 256 bits: a panel of 16 unpacked weight rows, two registers, times up to 12 tokens, of
/// which as many are done together as there are registers for sums. Every block is finished for all tokens while it is in the
/// first-level cache.
/// </summary>
/// <remarks>
/// Blocks of 32 with instructions for dot products: 12 sums of 32 bits, six tokens together. All others: three tokens together, whose
/// products are added up in six sums of 16 bits by vpmaddubsw and vpaddw and then multiplied by the part's scale and added to six sums of 32
/// bits. vpmaddubsw saturates, vpaddw does not; with activations of at most 127 in magnitude
/// <list type="bullet">
/// <item>quants of 4 bits give pairs of at most 2 * 15 * 127, eight of which, a part of 32, are 30480. 8-bit quants shifted to be unsigned are
/// two such parts, their upper four bits (with scale 16) and their lower four (with scale 1);</item>
/// <item>quants of 5 bits give pairs of at most 2 * 31 * 127, four of which are 31496: a part has two sums;</item>
/// <item>quants of 6 bits give pairs of at most 2 * 63 * 127 = 16002. The sum starts at what the zero adds too much and ends within
/// 8 * 32 * 127 = 32512; in between it may wrap around, which changes nothing.</item>
/// </list>
/// </remarks>
internal sealed class PanelAssembly256(BlockShape shape, int tokens, CodeTarget target) : VectorAssembly(target)
{
    private const int Weights = 12, X0 = 14, Scratch = 15, Line = 64;

    private readonly bool _dots = target.HasDots && shape.BlockLength == 32;
    private readonly int _starts = shape.BlockLength == 32 ? WideTile.StartsOffset(32) : WideTile.PairStartsOffset;
    private readonly int _scales = WideTile.ScalesOffset(shape.BlockLength);

    private AssemblerMemoryOperand _ones, _sixteens;

    /// <summary>Sum i is of 32 bits; with 16-bit sums those are registers 0 to 5.</summary>
    private int Sum(int i) => _dots ? i : 6 + i;

    /// <summary>Steps of four quants whose products fit in a 16-bit sum.</summary>
    private int StepsOfSum => Math.Min(shape.Part / 4, shape.Bits == 5 ? 4 : 8);

    protected override void Emit()
    {
        _ones = Constant(1, 0);
        _sixteens = Constant(16, 0);
        Enter(0);
        C.mov(rsi, Field(nameof(PanelCall.Panel)));
        C.mov(rdx, Field(nameof(PanelCall.Tile)));
        C.mov(rcx, Field(nameof(PanelCall.Blocks)));
        C.mov(rax, Field(nameof(PanelCall.Sums)));
        C.mov(rbx, Field(nameof(PanelCall.Ahead)));
        C.vpxor(X(0), X(0), X(0));
        for (int i = 0; i < 2 * tokens; i++) C.vmovups(__ymmword_ptr[rax + (32 * i)], Y(0));

        Label next = C.CreateLabel();
        C.Label(ref next);
        int together = _dots ? 6 : 3;
        for (int first = 0; first < tokens; first += together)
        {
            int count = Math.Min(together, tokens - first);
            if (shape.BlockLength == 256) Block256(first, count);
            else Block32(first, count);
            Finish(first, count);
        }

        C.add(rsi, shape.PanelBytes);
        C.add(rdx, WideTile.Bytes(shape.BlockLength));
        C.dec(rcx);
        C.jne(next);
        Leave();
    }

    private static AssemblerMemoryOperand Field(string name) => __qword_ptr[rdi + (int)Marshal.OffsetOf<PanelCall>(name)];

    /// <summary>Fetches the share of a part of the weights ahead into the second-level cache: a little in every part, so that no burst holds up the products.</summary>
    private void FetchAhead()
    {
        int bytes = BlockAssembly.PanelRows * shape.BlockBytes / shape.Parts;
        for (int at = 0; at < bytes; at += Line) C.prefetcht1(__byte_ptr[rbx + at]);
        C.add(rbx, bytes);
    }

    private void Block32(int first, int count)
    {
        if (first == 0) FetchAhead();
        for (int t = 0; t < count; t++)
        {
            for (int h = 0; h < 2; h++)
            {
                int sum = Sum((2 * t) + h);
                C.vpbroadcastd(Y(sum), __dword_ptr[rdx + _starts + (4 * (first + t))]);
                if (shape.Bits == 4 && !_dots) C.vpsrad(Y(sum), Y(sum), 4); // -8 Σ a, exact: -128 Σ a is a multiple of 16
            }
        }

        for (int plane = 0; plane < shape.Planes; plane++)
        {
            for (int k = 0; k < 8; k++) Step(__[rsi + (512 * plane) + (Line * k)], __[rdx + (32 * first) + (4 * k)], count, isFirst: k == 0);
            if (_dots) continue;

            C.vmovdqu(Y(Weights), __ymmword_ptr[plane == shape.Planes - 1 ? _ones : _sixteens]);
            for (int i = 0; i < 2 * count; i++) AddPairs(Sum(i), i, Weights, i, isFirst: false);
        }
    }

    private void Block256(int first, int count)
    {
        Label part = C.CreateLabel();
        for (int i = 0; i < 2 * count; i++) C.vpxor(X(Sum(i)), X(Sum(i)), X(Sum(i)));
        C.mov(r8, rsi);
        C.lea(r9, __[rdx + (256 * first)]);
        C.lea(r10, __[rsi + shape.QuantBytes]);
        C.lea(r12, __[rdx + _starts + (Line * first)]);
        C.mov(r11d, shape.Parts);
        C.Label(ref part);
        if (first == 0) FetchAhead();
        for (int begin = 0; begin < shape.Part / 4; begin += StepsOfSum)
        {
            for (int i = 0; i < 2 * count && shape.HasZero; i++) C.vpbroadcastd(Y(i), __dword_ptr[r12 + (Line * (i / 2))]);
            for (int k = begin; k < begin + StepsOfSum; k++)
                Step(__[r8 + (Line * k)], __[r9 + (4 * k)], count, isFirst: k == begin && !shape.HasZero);

            for (int h = 0; h < 2; h++) C.vmovdqu(Y(Weights + h), __ymmword_ptr[r10 + (32 * h)]);
            for (int i = 0; i < 2 * count; i++) AddPairs(Sum(i), i, Weights + (i % 2), i, isFirst: false);
        }

        C.add(r8, 16 * shape.Part);
        C.add(r9, shape.Part);
        C.add(r10, Line);
        if (shape.HasZero) C.add(r12, sizeof(int));
        C.dec(r11d);
        C.jne(part);
    }

    /// <summary>Adds the products of four quants of each row.</summary>
    private void Step(AssemblerMemoryOperand weights, AssemblerMemoryOperand activations, int count, bool isFirst)
    {
        for (int h = 0; h < 2; h++) C.vmovdqu(Y(Weights + h), __ymmword_ptr[weights + (32 * h)]);
        for (int t = 0; t < count; t++)
        {
            C.vpbroadcastd(Y(X0), __dword_ptr[activations + (t * shape.BlockLength)]);
            for (int h = 0; h < 2; h++)
            {
                int sum = (2 * t) + h;
                if (_dots)
                {
                    C.vpdpbusd(Y(sum), Y(Weights + h), Y(X0));
                }
                else if (isFirst)
                {
                    C.vpmaddubsw(Y(sum), Y(Weights + h), Y(X0));
                }
                else
                {
                    C.vpmaddubsw(Y(Scratch), Y(Weights + h), Y(X0));
                    C.vpaddw(Y(sum), Y(sum), Y(Scratch));
                }
            }
        }
    }

    /// <summary>Adds the block's integer sums, times scales, to the float sums in memory; the second term is subtracted.</summary>
    private void Finish(int first, int count)
    {
        LoadLine(shape.ScaleLine);
        for (int t = 0; t < count; t++)
        {
            C.vbroadcastss(Y(X0), __dword_ptr[rdx + _scales + (4 * (first + t))]);
            for (int h = 0; h < 2; h++)
            {
                int i = (2 * t) + h;
                C.vcvtdq2ps(Y(Sum(i)), Y(Sum(i)));
                C.vmulps(Y(Scratch), Y(Weights + h), Y(X0));
                C.vfmadd213ps(Y(Sum(i)), Y(Scratch), __ymmword_ptr[rax + (Line * first) + (32 * i)]);
            }
        }

        if (shape.HasMins) Mins(first, count);
        for (int i = 0; i < 2 * count; i++) C.vmovups(__ymmword_ptr[rax + (Line * first) + (32 * i)], Y(Sum(i)));
    }

    /// <summary>y[6 + i] -= dmin * dx * Σ mins * sums; y[0 … 5] are free.</summary>
    private void Mins(int first, int count)
    {
        for (int p = 0; p < 4; p++)
        {
            LoadLine(shape.ScaleLines + p);
            for (int t = 0; t < count; t++)
            {
                C.vpbroadcastd(Y(X0), __dword_ptr[rdx + WideTile.SumsOffset + (16 * (first + t)) + (4 * p)]);
                for (int h = 0; h < 2; h++) AddPairs((2 * t) + h, Weights + h, X0, Scratch, isFirst: p == 0);
            }
        }

        LoadLine(shape.ScaleLine + 1);
        for (int t = 0; t < count; t++)
        {
            C.vbroadcastss(Y(X0), __dword_ptr[rdx + _scales + (4 * (first + t))]);
            for (int h = 0; h < 2; h++)
            {
                int i = (2 * t) + h;
                C.vcvtdq2ps(Y(i), Y(i));
                C.vmulps(Y(Scratch), Y(Weights + h), Y(X0));
                C.vfnmadd231ps(Y(Sum(i)), Y(Scratch), Y(i));
            }
        }
    }

    private void LoadLine(int line)
    {
        for (int h = 0; h < 2; h++) C.vmovdqu(Y(Weights + h), __ymmword_ptr[rsi + shape.QuantBytes + (Line * line) + (32 * h)]);
    }
}
