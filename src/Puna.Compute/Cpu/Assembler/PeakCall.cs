namespace Puna.Compute.Cpu.Assembler;

/// <summary>Operand of a peak loop.</summary>
internal struct PeakCall
{
    /// <summary>Times the loop runs, at least 1.</summary>
    public long Iterations;
}
