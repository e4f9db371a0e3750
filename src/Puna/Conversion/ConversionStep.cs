using Puna.Tensors;

namespace Puna.Conversion;

/// <summary>Where a conversion is. Reported when a tensor begins and whenever some of it is written.</summary>
/// <param name="Index">The tensor, 1 to <paramref name="Count"/>.</param>
/// <param name="Count">Tensors of the output.</param>
/// <param name="Tensor">Its name in the output.</param>
/// <param name="From">Type it is stored in.</param>
/// <param name="To">Type it gets.</param>
/// <param name="BytesWritten">Tensor bytes of the output written so far.</param>
/// <param name="BytesTotal">Tensor bytes of the whole output.</param>
public readonly record struct ConversionStep(int Index, int Count, string Tensor, ElementType From, ElementType To, long BytesWritten, long BytesTotal);
