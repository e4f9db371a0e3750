using System.Runtime.InteropServices;
using Iced.Intel;
using Puna.Compute.Cpu.MatMul;
using static Iced.Intel.AssemblerRegisters;

namespace Puna.Compute.Cpu.Assembler;

/// <summary>
/// Kernels for many tokens: a panel of 16 unpacked weight rows, one to a lane, times up to 12 tokens. Four quants of a token
/// are broadcast from memory to all lanes, so that a sum needs no reduction.
/// </summary>
/// <remarks>
/// Registers 0 to 11 hold the sums of a part, a token each, 12 to 23 those of a block of 256 (times the sub-scales) or the
/// float sums for blocks of 32; the float sums of 256-blocks lie in memory. Quants with a zero are shifted to be unsigned, and
/// a sum starts at what the shift adds too much.
/// </remarks>
internal sealed class PanelAssembly(BlockShape shape, int tokens, CodeTarget target) : AssemblyBase(target.IsWindows, target.PrefersEvex)
{
    private const int Scaled = 12, Weights = 24, Scratch = 28;

    private readonly int _starts = WideTile.StartsOffset(shape.BlockLength), _scales = WideTile.ScalesOffset(shape.BlockLength);

    protected override void Emit()
    {
        Enter(0);
        C.mov(rsi, Field(nameof(PanelCall.Panel)));
        C.mov(rdx, Field(nameof(PanelCall.Tile)));
        C.mov(rcx, Field(nameof(PanelCall.Blocks)));
        C.mov(rax, Field(nameof(PanelCall.Sums)));
        C.mov(rbx, Field(nameof(PanelCall.Ahead)));
        bool inMemory = shape.BlockLength == 256;
        for (int t = 0; t < tokens; t++)
        {
            C.vpxord(Z(Scaled + t), Z(Scaled + t), Z(Scaled + t));
            if (inMemory) C.vmovaps(__zmmword_ptr[rax + (64 * t)], Z(Scaled + t));
        }

        Label next = C.CreateLabel();
        C.Label(ref next);
        if (inMemory) Block256();
        else Block32();
        C.add(rsi, shape.PanelBytes);
        C.add(rdx, WideTile.Bytes(shape.BlockLength));
        C.add(rbx, AheadBytes);
        C.dec(rcx);
        C.jne(next);

        for (int t = 0; t < tokens && !inMemory; t++) C.vmovaps(__zmmword_ptr[rax + (64 * t)], Z(Scaled + t));
        Leave();
    }

    private static AssemblerMemoryOperand Field(string name) => __qword_ptr[rdi + (int)Marshal.OffsetOf<PanelCall>(name)];

    /// <summary>Bytes in the file of what makes a panel block.</summary>
    private int AheadBytes => BlockAssembly.PanelRows * shape.BlockBytes;

    /// <summary>Fetches a share of the weights ahead into the second-level cache: a little in every part, so that no burst holds up the products.</summary>
    private void FetchAhead(int part)
    {
        int lines = (AheadBytes + 63) / 64;
        for (int line = lines * part / shape.Parts; line < lines * (part + 1) / shape.Parts; line++) C.prefetcht1(__byte_ptr[rbx + (64 * line)]);
    }

    private AssemblerMemoryOperand Line(int line) => __zmmword_ptr[rsi + shape.QuantBytes + (64 * line)];

    private void Block32()
    {
        Part(0);
        C.vmovaps(Z(Weights), Line(shape.ScaleLine));
        for (int t = 0; t < tokens; t++)
        {
            int scale = Scratch + (t % 4);
            C.vcvtdq2ps(Z(t), Z(t));
            C.vmulps(Z(scale), Z(Weights), __dword_bcst[rdx + _scales + (4 * t)]);
            C.vfmadd231ps(Z(Scaled + t), Z(scale), Z(t));
        }
    }

    private void Block256()
    {
        for (int part = 0; part < shape.Parts; part++)
        {
            Part(part);
            C.vmovdqa32(Z(Scratch), Line(part));
            for (int t = 0; t < tokens; t++)
            {
                C.vpmulld(Z(part == 0 ? Scaled + t : t), Z(t), Z(Scratch));
                if (part > 0) C.vpaddd(Z(Scaled + t), Z(Scaled + t), Z(t));
            }
        }

        C.vmovaps(Z(Weights), Line(shape.ScaleLine));
        for (int t = 0; t < tokens; t++)
        {
            int scale = Scratch + (t % 2);
            C.vcvtdq2ps(Z(Scaled + t), Z(Scaled + t));
            C.vmulps(Z(scale), Z(Weights), __dword_bcst[rdx + _scales + (4 * t)]);
            C.vmovaps(Z(t), __zmmword_ptr[rax + (64 * t)]);
            C.vfmadd231ps(Z(t), Z(scale), Z(Scaled + t));
        }

        if (shape.HasMins) Mins();
        for (int t = 0; t < tokens; t++) C.vmovaps(__zmmword_ptr[rax + (64 * t)], Z(t));
    }

    /// <summary>z[t] -= dmin * dx * Σ mins * sums.</summary>
    private void Mins()
    {
        for (int p = 0; p < 4; p++) C.vmovdqa32(Z(Weights + p), Line(shape.ScaleLines + p));
        for (int t = 0; t < tokens; t++)
        {
            C.vpxord(Z(Scaled + t), Z(Scaled + t), Z(Scaled + t));
            for (int p = 0; p < 4; p++) C.vpdpwssd(Z(Scaled + t), Z(Weights + p), __dword_bcst[rdx + WideTile.SumsOffset + (16 * t) + (4 * p)]);
        }

        C.vmovaps(Z(Weights), Line(shape.ScaleLine + 1));
        for (int t = 0; t < tokens; t++)
        {
            int scale = Scratch + (t % 2);
            C.vcvtdq2ps(Z(Scaled + t), Z(Scaled + t));
            C.vmulps(Z(scale), Z(Weights), __dword_bcst[rdx + _scales + (4 * t)]);
            C.vfnmadd231ps(Z(t), Z(scale), Z(Scaled + t));
        }
    }

    /// <summary>z[t] = Σ of the products of a part.</summary>
    private void Part(int part)
    {
        FetchAhead(part);
        for (int t = 0; t < tokens; t++)
        {
            if (shape.HasZero) C.vpbroadcastd(Z(t), __dword_ptr[rdx + _starts + (4 * ((t * (shape.BlockLength == 32 ? 1 : 16)) + part))]);
            else C.vpxor(X(t), X(t), X(t));
        }

        int steps = shape.Part / 4;
        for (int k = 0; k < steps; k++)
        {
            int q = (part * steps) + k, w = Weights + (k % 4);
            C.vmovdqa32(Z(w), __zmmword_ptr[rsi + (64 * q)]);
            for (int t = 0; t < tokens; t++) C.vpdpbusd(Z(t), Z(w), __dword_bcst[rdx + (t * shape.BlockLength) + (4 * q)]);
        }
    }
}
