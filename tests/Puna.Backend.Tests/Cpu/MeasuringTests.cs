using Iced.Intel;
using Puna.Compute.Cpu;
using Puna.Compute.Cpu.Assembler;
using Puna.Compute.Cpu.MatMul;
using Puna.Compute.Cpu.Measuring;
using Puna.Tensors;
using static Iced.Intel.Mnemonic;

namespace Puna.Backend.Tests.Cpu;

/// <summary>What measures the machine and its kernels.</summary>
public class MeasuringTests
{
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(5);

    public static TheoryData<ArithmeticOperation, bool, Mnemonic, Register, int> Loops => new()
    {
        { ArithmeticOperation.Int8Dot, true, Vpdpbusd, Register.ZMM0, 128 },
        { ArithmeticOperation.Int8Dot, false, Vpdpbusd, Register.YMM0, 64 },
        { ArithmeticOperation.FloatFma, true, Vfmadd231ps, Register.ZMM0, 32 },
        { ArithmeticOperation.FloatFma, false, Vfmadd231ps, Register.YMM0, 16 },
        { ArithmeticOperation.BFloat16Dot, true, Vdpbf16ps, Register.ZMM0, 64 },
    };

    [Theory, MemberData(nameof(Loops))]
    public void A_peak_loop_counts_the_operations_of_its_instructions_and_reads_no_memory(
        ArithmeticOperation operation, bool wide, Mnemonic mnemonic, Register first, int operationsEach)
    {
        PeakAssembly loop = new(operation, wide, windows: false);
        byte[] code = loop.Assemble();
        Decoder decoder = Decoder.Create(64, code[loop.EntryOffset..]);
        List<Register> sums = [];
        while (decoder.IP < (ulong)(code.Length - loop.EntryOffset))
        {
            decoder.Decode(out Instruction instruction);
            if (instruction.Mnemonic != mnemonic) continue;
            Assert.All(Enumerable.Range(0, 3), i => Assert.Equal(OpKind.Register, instruction.GetOpKind(i)));
            sums.Add(instruction.Op0Register);
        }

        Assert.Equal(first, sums[0]);
        Assert.Distinct(sums); // none waits for another of its round
        Assert.Equal(sums.Count * operationsEach, loop.OperationsPerIteration);
    }

    [Fact]
    public void Peaks_are_those_of_the_instructions_that_the_processor_has()
    {
        Assert.SkipUnless(ArithmeticPeak.Loop(ArithmeticOperation.FloatFma) is not null, "no fused multiply-add here");

        double fma = ArithmeticPeak.Measure(ArithmeticOperation.FloatFma, Short, threads: 1)!.Value;
        Assert.InRange(fma, 1e8, 1e13); // from a crawling shared machine to more than any core has
        Assert.Equal(ArithmeticPeak.Loop(ArithmeticOperation.Int8Dot) is not null, ArithmeticPeak.Measure(ArithmeticOperation.Int8Dot, Short, threads: 1) > 0);
    }

    [Theory, InlineData(ElementType.Q4_K, ArithmeticOperation.Int8Dot), InlineData(ElementType.F32, ArithmeticOperation.FloatFma)]
    public void The_kernel_measured_is_the_one_that_products_use(ElementType type, ArithmeticOperation arithmetic)
    {
        using KernelRates rates = new(Short, threads: 2, memoryBytes: 1 << 20);
        foreach (CpuLevel? level in (CpuLevel?[])[null, CpuLevel.Portable])
        {
            KernelRate rate = rates.Measure(type, level);
            MatrixKernel kernel = MatrixKernels.Best(type, MatrixLayout.OutIn, level ?? CpuFeatures.Highest)!;
            Assert.Equal((kernel.Variant, kernel.Level, arithmetic), (rate.Kernel, rate.Level, rate.Arithmetic));
            Assert.All([rate.DecodeFromCache, rate.DecodeFromMemory, rate.PrefillFromCache, rate.PrefillFromMemory], value => Assert.InRange(value, 1e3, 1e15));
        }
    }
}
