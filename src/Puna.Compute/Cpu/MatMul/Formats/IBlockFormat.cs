using System.Runtime.Intrinsics;
using Puna.Tensors;

namespace Puna.Compute.Cpu.MatMul.Formats;

/// <summary>
/// What an integer kernel must know of a block-quantized weight format. A weight is
/// <code>x[e] = d * sc[s] * (raw[e] - zero) - dmin * m[s],   s = e / SubLength</code>
/// The plain members define the format for the scalar reference; the vector members are what the kernels use. All
/// constant members fold into the code of a kernel.
/// </summary>
internal unsafe interface IBlockFormat
{
    static abstract ElementType Type { get; }

    /// <summary>Elements of a block: 32 (activations in <see cref="ActivationForm.Q8_0"/>) or 256 (<see cref="ActivationForm.Q8_K"/>).</summary>
    static abstract int BlockLength { get; }

    static abstract int BlockBytes { get; }

    /// <summary>Elements that share an integer scale: 16 or 32. Blocks of 32 have one part and no integer scales.</summary>
    static abstract int SubLength { get; }

    /// <summary>Taken from every raw quant. Zero if <see cref="IsSigned"/>.</summary>
    static abstract int ZeroPoint { get; }

    /// <summary>Raw quants are signed bytes; otherwise they are 0 to 63.</summary>
    static abstract bool IsSigned { get; }

    /// <summary>The format has a second term dmin * m.</summary>
    static abstract bool HasMins { get; }

    /// <summary>The second term is added instead of subtracted.</summary>
    static abstract bool AddsMins { get; }

    /// <summary>Byte of d, a half-precision number.</summary>
    static abstract int ScaleOffset { get; }

    /// <summary>Byte of dmin, a half-precision number; unused without mins.</summary>
    static abstract int MinScaleOffset { get; }

    /// <summary>raw[e] - zero, plainly.</summary>
    static abstract int Quant(byte* block, int e);

    /// <summary>sc[s], plainly; 1 for blocks of 32.</summary>
    static abstract int SubScale(byte* block, int s);

    /// <summary>m[s], plainly; 1 for blocks of 32 with mins, 0 without mins.</summary>
    static abstract int SubMin(byte* block, int s);

    /// <summary>raw[32 part … 32 part + 31].</summary>
    static abstract Vector256<sbyte> Raw(byte* block, int part);

    /// <summary>
    /// Scales of the 16 stretches of 16 elements of a 256-block: those of even stretches in the lower half, of odd ones in
    /// the upper half, so that lane i of both halves belongs to part i.
    /// </summary>
    static abstract Vector256<short> SubScales(byte* block);

    /// <summary>
    /// Mins in the order of <see cref="SubScales"/>, such that the sum of products with the activation sums of 16 is right.
    /// </summary>
    static abstract Vector256<short> SubMins(byte* block);
}
