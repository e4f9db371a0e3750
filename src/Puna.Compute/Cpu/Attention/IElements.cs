using System.Runtime.CompilerServices;
using Puna.Compute.Cpu.Lanes;

namespace Puna.Compute.Cpu.Attention;

/// <summary>How a kernel loads keys and values: floats as they are, halfs widened in the register.</summary>
internal unsafe interface IElements
{
    /// <summary>Bytes of an element.</summary>
    static abstract int Size { get; }

    /// <summary>Loads the lanes at <paramref name="source"/>.</summary>
    static abstract T Load<T>(byte* source)
        where T : struct, ILanes<T>;
}

/// <summary>Float32 elements.</summary>
internal readonly unsafe struct SingleElements : IElements
{
    /// <inheritdoc/>
    public static int Size => sizeof(float);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Load<T>(byte* source)
        where T : struct, ILanes<T> => T.Load((float*)source);
}

/// <summary>Float16 elements, all finite: the cache takes no others.</summary>
internal readonly unsafe struct HalfElements : IElements
{
    /// <inheritdoc/>
    public static int Size => sizeof(ushort);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Load<T>(byte* source)
        where T : struct, ILanes<T> => T.LoadFiniteHalf((ushort*)source);
}
