using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Puna.Compute.Cpu.Assembler;

/// <summary>
/// Steps on whole registers, of 512 or of 256 bits as the target has them, for generators that serve both. Registers go by number; a
/// 256-bit target has 0 to 15.
/// </summary>
internal abstract class VectorAssembly(CodeTarget target) : AssemblyBase(target.IsWindows, target.PrefersEvex)
{
    /// <summary>Truth table of a | (b &amp; c).</summary>
    protected const byte OrAnd = 0xF8;

    private int _lastKept = 32;

    /// <summary>What the code is for.</summary>
    protected CodeTarget Target { get; } = target;

    /// <summary>Bytes of a register.</summary>
    protected int Width => Target.IsWide ? 64 : 32;

    /// <summary>A constant; <see cref="Keep"/> puts it in a register where there are enough of them.</summary>
    protected readonly record struct Pattern(AssemblerMemoryOperand Memory, int Register)
    {
        public static implicit operator Pattern(AssemblerMemoryOperand memory) => new(memory, -1);
    }

    /// <summary>Loads a constant into one of the last registers of a 512-bit target, to stay there.</summary>
    protected void Keep(ref Pattern pattern)
    {
        if (!Target.IsWide) return;
        pattern = pattern with { Register = --_lastKept };
        Load(_lastKept, pattern.Memory);
    }

    protected void Load(int v, AssemblerMemoryOperand at)
    {
        if (Target.IsWide) C.vmovdqu32(Z(v), __zmmword_ptr[at]);
        else C.vmovdqu(Y(v), __ymmword_ptr[at]);
    }

    protected void Store(AssemblerMemoryOperand at, int v)
    {
        if (Target.IsWide) C.vmovdqu32(__zmmword_ptr[at], Z(v));
        else C.vmovdqu(__ymmword_ptr[at], Y(v));
    }

    protected void And(int result, int a, in Pattern mask)
    {
        if (Target.IsWide && mask.Register >= 0) C.vpandd(Z(result), Z(a), Z(mask.Register));
        else if (Target.IsWide) C.vpandd(Z(result), Z(a), __zmmword_ptr[mask.Memory]);
        else C.vpand(Y(result), Y(a), __ymmword_ptr[mask.Memory]);
    }

    /// <summary>result |= a &amp; mask; overwrites <paramref name="scratch"/>.</summary>
    protected void OrMasked(int result, int a, in Pattern mask, int scratch)
    {
        if (Target.IsWide && mask.Register >= 0)
        {
            C.vpternlogd(Z(result), Z(a), Z(mask.Register), OrAnd);
        }
        else if (Target.IsWide)
        {
            C.vpternlogd(Z(result), Z(a), __zmmword_ptr[mask.Memory], OrAnd);
        }
        else
        {
            C.vpand(Y(scratch), Y(a), __ymmword_ptr[mask.Memory]);
            C.vpor(Y(result), Y(result), Y(scratch));
        }
    }

    protected void Xor(int result, int a, in Pattern b)
    {
        if (Target.IsWide && b.Register >= 0) C.vpxord(Z(result), Z(a), Z(b.Register));
        else if (Target.IsWide) C.vpxord(Z(result), Z(a), __zmmword_ptr[b.Memory]);
        else C.vpxor(Y(result), Y(a), __ymmword_ptr[b.Memory]);
    }

    protected void AddBytes(int result, int a, in Pattern b)
    {
        if (Target.IsWide && b.Register >= 0) C.vpaddb(Z(result), Z(a), Z(b.Register));
        else if (Target.IsWide) C.vpaddb(Z(result), Z(a), __zmmword_ptr[b.Memory]);
        else C.vpaddb(Y(result), Y(a), __ymmword_ptr[b.Memory]);
    }

    protected void Shuffle(int result, int a, in Pattern order)
    {
        if (Target.IsWide) C.vpshufb(Z(result), Z(a), __zmmword_ptr[order.Memory]);
        else C.vpshufb(Y(result), Y(a), __ymmword_ptr[order.Memory]);
    }

    protected void Add(int result, int a, int b)
    {
        if (Target.IsWide) C.vpaddd(Z(result), Z(a), Z(b));
        else C.vpaddd(Y(result), Y(a), Y(b));
    }

    protected void ShiftLeft(int result, int a, int bits)
    {
        if (Target.IsWide) C.vpslld(Z(result), Z(a), (byte)bits);
        else C.vpslld(Y(result), Y(a), (byte)bits);
    }

    protected void ShiftRight(int result, int a, int bits)
    {
        if (Target.IsWide) C.vpsrld(Z(result), Z(a), (byte)bits);
        else C.vpsrld(Y(result), Y(a), (byte)bits);
    }

    /// <summary>
    /// Registers first … first + 3 = numbers 0 to 3 of every lane of registers 0 … 3: number j of a lane is that of register j. Overwrites
    /// registers 4 … 7; <paramref name="first"/> is 0 or at least 8.
    /// </summary>
    protected void Transpose(int first)
    {
        Unpack32(4, 5, 0, 1);
        Unpack32(6, 7, 2, 3);
        Unpack64(first, first + 1, 4, 6);
        Unpack64(first + 2, first + 3, 5, 7);
    }

    /// <summary>
    /// Register a = sums of the four numbers of each lane of registers a … a + 3: number j of a lane is that of register a + j. Overwrites
    /// a … a + 3 and <paramref name="scratch"/>.
    /// </summary>
    protected void SumLanes(int a, int scratch)
    {
        for (int pair = 0; pair < 2; pair++)
        {
            int first = a + (2 * pair);
            Unpack64(scratch, first, first, first + 1);
            Add(first, first, scratch);
        }

        const byte Even = 0x88, Odd = 0xDD;
        if (Target.IsWide)
        {
            C.vshufps(Z(scratch), Z(a), Z(a + 2), Even);
            C.vshufps(Z(a), Z(a), Z(a + 2), Odd);
        }
        else
        {
            C.vshufps(Y(scratch), Y(a), Y(a + 2), Even);
            C.vshufps(Y(a), Y(a), Y(a + 2), Odd);
        }

        Add(a, a, scratch);
    }

    /// <summary>
    /// 256 bits: to every 32-bit number of <paramref name="sum"/>, or to 0, adds two products of 16-bit numbers. May overwrite
    /// <paramref name="scratch"/>, which may be an operand.
    /// </summary>
    protected void AddPairs(int sum, int a, int b, int scratch, bool isFirst)
    {
        if (isFirst)
        {
            C.vpmaddwd(Y(sum), Y(a), Y(b));
        }
        else if (Target.HasDots)
        {
            C.vpdpwssd(Y(sum), Y(a), Y(b));
        }
        else
        {
            C.vpmaddwd(Y(scratch), Y(a), Y(b));
            C.vpaddd(Y(sum), Y(sum), Y(scratch));
        }
    }

    /// <summary>result = the half-precision numbers in the low (or high) halves of <paramref name="source"/>, widened.</summary>
    protected void WidenHalfs(int result, int source, bool high)
    {
        if (Target.IsWide)
        {
            if (high) C.vpsrld(Z(result), Z(source), 16);
            C.vpmovdw(Y(result), Z(high ? result : source));
            C.vcvtph2ps(Z(result), Y(result));
            return;
        }

        const byte FirstAndThird = 0x08; // of four 64-bit numbers
        if (!high) C.vpslld(Y(result), Y(source), 16);
        C.vpsrld(Y(result), Y(high ? source : result), 16);
        C.vpackusdw(Y(result), Y(result), Y(result));
        C.vpermq(Y(result), Y(result), FirstAndThird);
        C.vcvtph2ps(Y(result), X(result));
    }

    private void Unpack32(int low, int high, int a, int b)
    {
        if (Target.IsWide)
        {
            C.vpunpckldq(Z(low), Z(a), Z(b));
            C.vpunpckhdq(Z(high), Z(a), Z(b));
        }
        else
        {
            C.vpunpckldq(Y(low), Y(a), Y(b));
            C.vpunpckhdq(Y(high), Y(a), Y(b));
        }
    }

    private void Unpack64(int low, int high, int a, int b)
    {
        if (Target.IsWide)
        {
            C.vpunpcklqdq(Z(low), Z(a), Z(b));
            C.vpunpckhqdq(Z(high), Z(a), Z(b));
        }
        else
        {
            C.vpunpcklqdq(Y(low), Y(a), Y(b));
            C.vpunpckhqdq(Y(high), Y(a), Y(b));
        }
    }
}
