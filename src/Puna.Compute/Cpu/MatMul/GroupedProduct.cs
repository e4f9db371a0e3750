using Puna.Tensors;

namespace Puna.Compute.Cpu.MatMul;

/// <summary>A product over some rows of the activations: y[r] = x[r] Wᵀ for r in [FirstRow, FirstRow + Rows).</summary>
/// <param name="Weight">W [M, K].</param>
/// <param name="FirstRow">First row of x and y; a multiple of <see cref="Blocks.TokenTile.Tokens"/> if there are <see cref="QuantizedActivations.TileFromRows"/> rows or more.</param>
/// <param name="Rows">Rows.</param>
/// <param name="Output">y.</param>
/// <param name="Accumulate">Add to y.</param>
internal readonly record struct GroupedProduct(Tensor Weight, int FirstRow, int Rows, HostActivations Output, bool Accumulate);
