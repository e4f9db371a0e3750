using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Puna.Backend.Tests.MatMul;

/// <summary>Guards the runs of these tests with instruction sets switched off: a switch that does nothing must be noticed.</summary>
public class InstructionSetTests
{
    [Fact]
    public void Process_has_just_the_instruction_sets_it_was_told_to_have()
    {
        string? expected = Environment.GetEnvironmentVariable("PUNA_TEST_ISA");
        Assert.SkipWhen(expected is null, "PUNA_TEST_ISA is not set (avx512, avxvnni, avx2, armdot or vector128)");

        string actual = Vector512.IsHardwareAccelerated ? "avx512"
            : AvxVnni.IsSupported ? "avxvnni"
            : Avx2.IsSupported && Fma.IsSupported ? "avx2"
            : Dp.IsSupported ? "armdot"
            : "vector128";
        Assert.Equal(expected, actual);
    }
}
