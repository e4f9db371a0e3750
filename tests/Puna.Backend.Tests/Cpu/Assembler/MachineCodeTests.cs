using System.Runtime.Intrinsics.X86;
using Iced.Intel;
using Puna.Backend.Tests.MatMul;
using Puna.Compute;
using Puna.Compute.Cpu;
using Puna.Compute.Cpu.Assembler;
using Puna.Compute.Cpu.MatMul;
using Puna.Compute.Cpu.MatMul.Floats;
using Puna.Tensors;

namespace Puna.Backend.Tests.Cpu.Assembler;

/// <summary>Memory for code: never writable and executable at once, and what happens where it is refused.</summary>
public class MachineCodeTests
{
    private const byte Return = 0xC3;

    private static readonly CpuidFeature[] OfAvx2 =
    [
        CpuidFeature.INTEL8086, CpuidFeature.INTEL386, CpuidFeature.X64, CpuidFeature.SSE, CpuidFeature.PREFETCHW, CpuidFeature.AVX, CpuidFeature.AVX2,
        CpuidFeature.F16C, CpuidFeature.FMA,
    ];

    private static readonly CpuidFeature[] OfAvx512 = [.. OfAvx2, CpuidFeature.AVX512F, CpuidFeature.AVX512VL, CpuidFeature.AVX512BW, CpuidFeature.AVX512DQ];

    [Fact]
    public void Code_lies_in_pages_that_are_executable_and_not_writable()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "page protections are read from /proc");

        using MachineCode code = MachineCode.TryLoad(MachineCode.SystemPages, [Return])!;
        Assert.Equal("r-xp", Protection(code.Address));
    }

    [Fact]
    public void Pages_are_writable_and_not_executable_before()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "page protections are read from /proc");

        ICodePages pages = MachineCode.SystemPages;
        nint address = pages.Map(pages.PageSize);
        Assert.Equal("rw-p", Protection(address));
        pages.Unmap(address, pages.PageSize);
    }

    [Theory, InlineData(true), InlineData(false)]
    public void Where_executable_memory_is_refused_other_kernels_serve(bool refuseSeal)
    {
        RefusingPages pages = new(refuseSeal);
        Assert.Null(MachineCode.TryLoad(pages, [Return]));
        Assert.Equal(0, pages.Mapped);
        foreach (MatrixKernel[] kernels in MatrixKernels.BuildTable(pages).Values)
            Assert.All(kernels, kernel => Assert.False(kernel is AssembledKernel or AssembledFloatKernel));
    }

    [Theory]
    [InlineData(ElementType.Q4_K, 0), InlineData(ElementType.Q4_K, 1), InlineData(ElementType.Q4_K, 2), InlineData(ElementType.Q4_K, 3)]
    [InlineData(ElementType.BF16, 0), InlineData(ElementType.BF16, 1), InlineData(ElementType.BF16, 2)]
    public void Where_executable_memory_is_refused_later_no_product_is_added_twice(ElementType type, int granted)
    {
        Assert.SkipUnless(CpuFeatures.HasAvx2Code, "no assembled kernels on this processor");

        const int K = 512, M = 35, Rows = 13; // whole tiles of tokens, and one of 1 whose kernel is another piece of code
        LatePages pages = new(1 + granted);     // the first is the trial at the start
        MatrixKernel[] kernels = MatrixKernels.BuildTable(pages)[(type, MatrixLayout.OutIn)];
        using RandomWeights weights = new(type, K, M, seed: 1);
        using HostActivations x = KernelRun.Activations(Rows, K, seed: 2);
        float[] before = [.. Enumerable.Range(0, Rows * M).Select(i => i * 0.37f)];
        Assert.True(kernels[^1] is AssembledKernel or AssembledFloatKernel);
        Assert.Equal(KernelRun.Outputs(kernels[0], weights.Tensor, x, Rows, before), KernelRun.Outputs(kernels[^1], weights.Tensor, x, Rows, before));
        Assert.True(pages.Asked <= 1 + granted + 1, $"{pages.Asked} pieces were asked for after a refusal");
    }

    [Fact]
    public void A_level_below_the_processor_s_leaves_assembled_kernels_out()
    {
        MatrixKernel kernel = MatrixKernels.Best(ElementType.Q4_K, MatrixLayout.OutIn, CpuLevel.Portable)!;
        Assert.Equal(CpuLevel.Portable, kernel.Level);
        Assert.NotEqual("scalar", kernel.Variant);
    }

    [Theory, InlineData(CpuLevel.Avx2), InlineData(CpuLevel.AvxVnni), InlineData(CpuLevel.Avx512), InlineData(CpuLevel.Avx512Vnni)]
    public void A_level_runs_the_assembled_kernels_of_the_highest_level_up_to_it_that_the_processor_has(CpuLevel level)
    {
        Assert.SkipUnless(CpuFeatures.HasAvx2Code && CpuFeatures.Highest >= level, "this process lacks the level");

        CpuLevel[] levels = AvxVnni.IsSupported ? [CpuLevel.Avx2, CpuLevel.AvxVnni, CpuLevel.Avx512Vnni] : [CpuLevel.Avx2, CpuLevel.Avx512Vnni];
        foreach (BlockAssembly format in BlockAssembly.All(CodeTarget.Here(level)))
        {
            MatrixKernel kernel = MatrixKernels.Best(format.Type, MatrixLayout.OutIn, level)!;
            Assert.IsType<AssembledKernel>(kernel);
            Assert.Equal(levels.Last(l => l <= level), kernel.Level);
        }
    }

    /// <summary>AVX-VNNI, a shorter encoding of the same dot products, is not part of AVX-512, nor the other way round.</summary>
    [Theory]
    [InlineData(CpuLevel.Avx2, false), InlineData(CpuLevel.AvxVnni, false), InlineData(CpuLevel.Avx512Vnni, false)]
    [InlineData(CpuLevel.Avx2, true), InlineData(CpuLevel.AvxVnni, true), InlineData(CpuLevel.Avx512Vnni, true)]
    public void Every_kernel_assembles_with_the_instructions_of_its_level_and_ends_in_one_return(CpuLevel level, bool windows)
    {
        CpuidFeature[] allowed = level switch
        {
            CpuLevel.Avx2 => OfAvx2,
            CpuLevel.AvxVnni => [.. OfAvx2, CpuidFeature.AVX_VNNI],
            _ => [.. OfAvx512, CpuidFeature.AVX512_VNNI],
        };
        foreach (BlockAssembly format in BlockAssembly.All(CodeTarget.For(level, windows)))
        {
            for (int tokens = 1; tokens <= RowAssembly.MaxTokens; tokens++) AssertEnds(format.Rows(tokens), allowed);
            for (int tokens = 1; tokens <= WideTile.Tokens; tokens++) AssertEnds(format.Panel(tokens), allowed);
            AssertEnds(format.Pack(), allowed);
        }

        foreach (ElementType type in ElementTypes.All.Where(FloatAssembly.Reads))
        {
            for (int tokens = 1; tokens <= FloatAssembly.MaxTokens; tokens++)
            {
                if (level == CpuLevel.Avx2) AssertEnds(new FloatAssembly256(type, tokens, windows), OfAvx2);
                if (level == CpuLevel.Avx512Vnni) AssertEnds(new FloatAssembly(type, tokens, windows), OfAvx512);
            }
        }
    }

    private static void AssertEnds(AssemblyBase kernel, CpuidFeature[] allowed)
    {
        byte[] code = kernel.Assemble();
        Decoder decoder = Decoder.Create(64, code[kernel.EntryOffset..]);
        int returns = 0;
        Instruction instruction = default;
        while (decoder.IP < (ulong)(code.Length - kernel.EntryOffset))
        {
            decoder.Decode(out instruction);
            Assert.False(instruction.IsInvalid);
            Assert.All(instruction.CpuidFeatures, feature => Assert.Contains(feature, allowed));
            if (instruction.Mnemonic == Mnemonic.Ret) returns++;
        }

        Assert.Equal(1, returns);
        Assert.Equal(Mnemonic.Ret, instruction.Mnemonic);
    }

    private static string Protection(nint address)
    {
        foreach (string line in File.ReadLines("/proc/self/maps"))
        {
            string[] parts = line.Split([' ', '-'], 4);
            if (address >= Convert.ToInt64(parts[0], 16) && address < Convert.ToInt64(parts[1], 16)) return line.Split(' ')[1];
        }

        return "";
    }

    /// <summary>A system that refuses after some pieces of code.</summary>
    private sealed class LatePages(int granted) : ICodePages
    {
        public int Asked { get; private set; }

        public nuint PageSize => MachineCode.SystemPages.PageSize;

        public nint Map(nuint bytes) => MachineCode.SystemPages.Map(bytes);

        public bool Seal(nint address, nuint bytes) => Asked++ < granted && MachineCode.SystemPages.Seal(address, bytes);

        public void Unmap(nint address, nuint bytes) => MachineCode.SystemPages.Unmap(address, bytes);
    }

    /// <summary>A system that gives no pages, or gives pages and does not let them become executable.</summary>
    private sealed class RefusingPages(bool refuseSeal) : ICodePages
    {
        public int Mapped { get; private set; }

        public nuint PageSize => MachineCode.SystemPages.PageSize;

        public nint Map(nuint bytes)
        {
            if (!refuseSeal) return 0;
            Mapped++;
            return MachineCode.SystemPages.Map(bytes);
        }

        public bool Seal(nint address, nuint bytes) => false;

        public void Unmap(nint address, nuint bytes)
        {
            Mapped--;
            MachineCode.SystemPages.Unmap(address, bytes);
        }
    }
}
