using System.Runtime.InteropServices;
using Iced.Intel;
using Puna.Compute.Cpu.Measuring;
using static Iced.Intel.AssemblerRegisters;

namespace Puna.Compute.Cpu.Assembler;

/// <summary>
/// One instruction again and again on registers alone, with more independent sums than it has cycles to wait for each. Takes a
/// <see cref="PeakCall"/>.
/// </summary>
internal sealed class PeakAssembly : AssemblyBase
{
    /// <summary>Sums: the longest latency times the most that start in a cycle is below this.</summary>
    private const int Sums = 12;

    private readonly ArithmeticOperation _operation;
    private readonly bool _wide;

    /// <summary>A loop for one instruction.</summary>
    /// <param name="operation">What is computed.</param>
    /// <param name="wide">512-bit registers instead of 256-bit ones.</param>
    /// <param name="windows">For Windows.</param>
    internal PeakAssembly(ArithmeticOperation operation, bool wide, bool windows)
        : base(windows, prefersEvex: wide) => (_operation, _wide) = (operation, wide);

    /// <summary>Operations of an iteration: a product and a sum are two.</summary>
    internal int OperationsPerIteration => Sums * 2 * (_wide ? 16 : 8) * _operation switch
    {
        ArithmeticOperation.Int8Dot => 4,
        ArithmeticOperation.BFloat16Dot => 2,
        _ => 1,
    };

    protected override void Emit()
    {
        Enter(0);
        C.mov(rcx, __qword_ptr[rdi + (int)Marshal.OffsetOf<PeakCall>(nameof(PeakCall.Iterations))]);
        for (int r = 0; r < Sums + 2; r++) C.vpxor(X(r), X(r), X(r));
        Label next = C.CreateLabel();
        C.Label(ref next);
        for (int r = 0; r < Sums; r++) Step(r);
        C.dec(rcx);
        C.jne(next);
        Leave();
    }

    private void Step(int sum)
    {
        const int A = Sums, B = Sums + 1;
        switch (_operation)
        {
            case ArithmeticOperation.Int8Dot when _wide: C.vpdpbusd(Z(sum), Z(A), Z(B)); break;
            case ArithmeticOperation.Int8Dot: C.vpdpbusd(Y(sum), Y(A), Y(B)); break;
            case ArithmeticOperation.BFloat16Dot when _wide: C.vdpbf16ps(Z(sum), Z(A), Z(B)); break;
            case ArithmeticOperation.BFloat16Dot: C.vdpbf16ps(Y(sum), Y(A), Y(B)); break;
            default:
                if (_wide) C.vfmadd231ps(Z(sum), Z(A), Z(B));
                else C.vfmadd231ps(Y(sum), Y(A), Y(B));
                break;
        }
    }
}
