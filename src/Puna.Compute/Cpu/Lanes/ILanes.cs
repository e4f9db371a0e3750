namespace Puna.Compute.Cpu.Lanes;

/// <summary>
/// A vector of float32 lanes. Kernels whose lanes do not depend on each other are written once against this interface and
/// compiled for each width, so that every width gives the same bits; <see cref="Lanes1"/> is their scalar reference
/// and does their remainders.
/// </summary>
/// <remarks>
/// Where a kernel sums over lanes, it does so over <see cref="LaneSum.Lanes"/> sums kept in memory, whatever the width.
/// The members are static and are inlined; nothing is dispatched at run time below the choice of the type.
/// </remarks>
internal unsafe interface ILanes<TSelf>
    where TSelf : struct, ILanes<TSelf>
{
    /// <summary>Number of lanes: 1, 4, 8 or 16.</summary>
    static abstract int Count { get; }

    /// <summary>All lanes equal.</summary>
    static abstract TSelf Create(float value);

    /// <summary>Loads <see cref="Count"/> floats.</summary>
    static abstract TSelf Load(float* source);

    /// <summary>Loads <see cref="Count"/> halfs, converted exactly.</summary>
    static abstract TSelf LoadHalf(ushort* source);

    /// <summary>Loads <see cref="Count"/> halfs that are known to be finite, in fewer steps; anything comes of the others.</summary>
    static abstract TSelf LoadFiniteHalf(ushort* source);

    /// <summary>Loads <see cref="Count"/> signed bytes.</summary>
    static abstract TSelf LoadInt8(sbyte* source);

    /// <summary>Loads 4 bits of each of <see cref="Count"/> bytes, from bit <paramref name="shift"/> (0 or 4) on, less 8.</summary>
    static abstract TSelf LoadInt4(byte* source, int shift);

    /// <summary>Stores <see cref="Count"/> floats.</summary>
    static abstract void Store(TSelf value, float* destination);

    static abstract TSelf operator +(TSelf a, TSelf b);

    static abstract TSelf operator -(TSelf a, TSelf b);

    static abstract TSelf operator *(TSelf a, TSelf b);

    static abstract TSelf operator /(TSelf a, TSelf b);

    /// <summary>a * b + c, rounded once.</summary>
    static abstract TSelf Fma(TSelf a, TSelf b, TSelf c);

    /// <summary>The larger; <paramref name="b"/>'s NaN if it is one, anything if only <paramref name="a"/> is NaN.</summary>
    static abstract TSelf Max(TSelf a, TSelf b);

    /// <summary>The smaller; <paramref name="b"/>'s NaN if it is one, anything if only <paramref name="a"/> is NaN.</summary>
    static abstract TSelf Min(TSelf a, TSelf b);

    /// <summary>Largest lane; anything if one is NaN.</summary>
    static abstract float MaxLane(TSelf a);

    /// <summary>
    /// 2^n for the integer n that was added to 1.5 * 2^23 to make <paramref name="shifted"/>: its lowest bits, moved to
    /// the exponent. n is in [-126, 127].
    /// </summary>
    static abstract TSelf PowerOfTwo(TSelf shifted);
}
