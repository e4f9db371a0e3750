using System.Runtime.CompilerServices;
using Puna.Compute.Cpu.Lanes;

namespace Puna.Compute.Cpu.Attention;

/// <summary>Keys as 8-bit quants: a scale for 32 rows of a column.</summary>
internal readonly unsafe struct KeyBytes : ITileElements
{
    internal const int BlockLength = 32;

    /// <inheritdoc/>
    public static bool IsScaled => true;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool HasNewScale(int row) => row % BlockLength == 0;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static nint RowOffset(nint rowBytes, int row) => rowBytes * row;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static nint ColumnOffset(nint column) => column;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Load<T>(byte* start, int row, nint column)
        where T : struct, ILanes<T> => T.LoadInt8((sbyte*)start + column);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Scale<T>(float* scales, int scaleStride, int row, nint column)
        where T : struct, ILanes<T> => T.Load(scales + ((nint)(row / BlockLength) * scaleStride) + column);
}

/// <summary>Values as 8-bit quants: a scale for 32 columns of a row.</summary>
internal readonly unsafe struct ValueBytes : ITileElements
{
    /// <inheritdoc/>
    public static bool IsScaled => true;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool HasNewScale(int row) => true;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static nint RowOffset(nint rowBytes, int row) => rowBytes * row;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static nint ColumnOffset(nint column) => column;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Load<T>(byte* start, int row, nint column)
        where T : struct, ILanes<T> => T.LoadInt8((sbyte*)start + column);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Scale<T>(float* scales, int scaleStride, int row, nint column)
        where T : struct, ILanes<T> => T.Create(scales[((nint)row * scaleStride) + (nint)((nuint)column / KeyBytes.BlockLength)]);
}

/// <summary>Keys as 4-bit quants, two rows to a byte: a scale for 32 rows of a column.</summary>
internal readonly unsafe struct KeyNibbles : ITileElements
{
    /// <inheritdoc/>
    public static bool IsScaled => true;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool HasNewScale(int row) => row % KeyBytes.BlockLength == 0;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static nint RowOffset(nint rowBytes, int row) => rowBytes * (row >> 1);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static nint ColumnOffset(nint column) => column;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Load<T>(byte* start, int row, nint column)
        where T : struct, ILanes<T> => T.LoadInt4(start + column, (row & 1) * 4);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Scale<T>(float* scales, int scaleStride, int row, nint column)
        where T : struct, ILanes<T> => KeyBytes.Scale<T>(scales, scaleStride, row, column);
}

/// <summary>Values as 4-bit quants, columns c and c + 16 of a block to a byte: a scale for 32 columns of a row.</summary>
internal readonly unsafe struct ValueNibbles : ITileElements
{
    private const int HalfBlock = KeyBytes.BlockLength / 2;

    /// <inheritdoc/>
    public static bool IsScaled => true;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool HasNewScale(int row) => true;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static nint RowOffset(nint rowBytes, int row) => rowBytes * row;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static nint ColumnOffset(nint column) => (column / KeyBytes.BlockLength * HalfBlock) + (column % HalfBlock);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Load<T>(byte* start, int row, nint column)
        where T : struct, ILanes<T> => T.LoadInt4(start + ColumnOffset(column), (int)((column & HalfBlock) >> 2));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Scale<T>(float* scales, int scaleStride, int row, nint column)
        where T : struct, ILanes<T> => ValueBytes.Scale<T>(scales, scaleStride, row, column);
}
