namespace Puna.Formats.Gguf;

/// <summary>Sizes and names of the metadata value types.</summary>
internal static class GgufValueTypes
{
    /// <summary>Bytes of one value; 0 for strings and arrays, whose size depends on their content.</summary>
    internal static int FixedBytes(this GgufValueType type) => type switch
    {
        GgufValueType.UInt8 or GgufValueType.Int8 or GgufValueType.Bool => 1,
        GgufValueType.UInt16 or GgufValueType.Int16 => 2,
        GgufValueType.UInt32 or GgufValueType.Int32 or GgufValueType.Float32 => 4,
        GgufValueType.UInt64 or GgufValueType.Int64 or GgufValueType.Float64 => 8,
        _ => 0,
    };

    internal static bool IsKnown(uint id) => id <= (uint)GgufValueType.Float64;

    internal static bool IsInteger(this GgufValueType type) => type is
        GgufValueType.UInt8 or GgufValueType.Int8 or GgufValueType.UInt16 or GgufValueType.Int16 or
        GgufValueType.UInt32 or GgufValueType.Int32 or GgufValueType.UInt64 or GgufValueType.Int64;

    internal static bool IsFloat(this GgufValueType type) => type is GgufValueType.Float32 or GgufValueType.Float64;
}
