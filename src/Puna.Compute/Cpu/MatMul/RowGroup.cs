namespace Puna.Compute.Cpu.MatMul;

/// <summary>Rows [First, First + Count) that some products share.</summary>
internal readonly record struct RowGroup(int First, int Count);
