using System.Runtime.CompilerServices;
using Puna.Compute.Cpu.Lanes;

namespace Puna.Compute.Cpu.Attention;

/// <summary>Float32 elements.</summary>
internal readonly unsafe struct SingleElements : ITileElements
{
    /// <inheritdoc/>
    public static bool IsScaled => false;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool HasNewScale(int row) => false;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static nint RowOffset(nint rowBytes, int row) => rowBytes * row;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static nint ColumnOffset(nint column) => column * sizeof(float);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Load<T>(byte* start, int row, nint column)
        where T : struct, ILanes<T> => T.Load((float*)start + column);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Scale<T>(float* scales, int scaleStride, int row, nint column)
        where T : struct, ILanes<T> => default;
}

/// <summary>Float16 elements, all finite (the cache takes no others), widened in the register.</summary>
internal readonly unsafe struct HalfElements : ITileElements
{
    /// <inheritdoc/>
    public static bool IsScaled => false;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool HasNewScale(int row) => false;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static nint RowOffset(nint rowBytes, int row) => rowBytes * row;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static nint ColumnOffset(nint column) => column * sizeof(ushort);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Load<T>(byte* start, int row, nint column)
        where T : struct, ILanes<T> => T.LoadFiniteHalf((ushort*)start + column);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Scale<T>(float* scales, int scaleStride, int row, nint column)
        where T : struct, ILanes<T> => default;
}
