namespace Puna.Compute.Cpu.MatMul.Floats;

/// <summary>
/// Sixteen float32 lanes in one, two or four registers. The lanes of a sum are independent until <see cref="Sum"/>, so
/// every register width gives the same bits.
/// </summary>
internal unsafe interface ILanes16<TSelf>
    where TSelf : struct, ILanes16<TSelf>
{
    /// <summary>Name of the variant in tests and reports.</summary>
    static abstract string Name { get; }

    /// <summary>Instructions that it needs.</summary>
    static abstract CpuLevel Level { get; }

    /// <summary>True when the registers exist in this process.</summary>
    static abstract bool IsSupported { get; }

    static abstract TSelf Create(float value);

    static abstract TSelf Load(float* source);

    /// <summary>Loads binary16, widened exactly.</summary>
    static abstract TSelf LoadF16(ushort* source);

    /// <summary>Loads bfloat16, the upper halves of float32.</summary>
    static abstract TSelf LoadBF16(ushort* source);

    static abstract void Store(TSelf value, float* destination);

    /// <summary>a * b + c, rounded once.</summary>
    static abstract TSelf Fma(TSelf a, TSelf b, TSelf c);

    /// <summary>Lane l plus lane l + 8, then l + 4, l + 2, l + 1.</summary>
    static abstract float Sum(TSelf value);
}
