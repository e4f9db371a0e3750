using Puna.Compute.Cpu.Lanes;

namespace Puna.Compute.Cpu.Attention;

/// <summary>
/// How a kernel reads one part of a page as a matrix: of keys a row is a component and a column a token, of values a row is
/// a token and a column a component. Columns lie side by side, so lanes run along them.
/// </summary>
internal unsafe interface ITileElements
{
    /// <summary>The stored numbers are to be multiplied by a scale.</summary>
    static abstract bool IsScaled { get; }

    /// <summary>Whether this row's scales differ from those of the row before.</summary>
    static abstract bool HasNewScale(int row);

    /// <summary>Bytes from the part's first element to the row.</summary>
    static abstract nint RowOffset(nint rowBytes, int row);

    /// <summary>Bytes from the start of a row to a column.</summary>
    static abstract nint ColumnOffset(nint column);

    /// <summary>Loads the stored numbers from <paramref name="column"/> on.</summary>
    static abstract T Load<T>(byte* start, int row, nint column)
        where T : struct, ILanes<T>;

    /// <summary>Scales of the elements from <paramref name="column"/> on.</summary>
    static abstract T Scale<T>(float* scales, int scaleStride, int row, nint column)
        where T : struct, ILanes<T>;
}

/// <summary>One part of a page, or a decoded copy of it.</summary>
/// <param name="Data">First element.</param>
/// <param name="RowBytes">Bytes from a row to the next; of keys with two components to a byte, to the next but one.</param>
/// <param name="Scales">Float32 scales, if the elements have any.</param>
/// <param name="ScaleStride">Scales of a row of them.</param>
/// <param name="Columns">Columns, a multiple of 16.</param>
internal readonly record struct TilePart(nint Data, nint RowBytes, nint Scales, int ScaleStride, int Columns);

/// <summary>How the elements of a tile are stored.</summary>
internal enum TileForm
{
    /// <summary>Float32.</summary>
    Single,

    /// <summary>Float16.</summary>
    Half,

    /// <summary>8-bit quants with a scale for 32 components.</summary>
    Byte,

    /// <summary>4-bit quants with a scale for 32 components.</summary>
    Nibble,
}
