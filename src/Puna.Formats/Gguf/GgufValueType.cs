namespace Puna.Formats.Gguf;

/// <summary>Types of metadata values, with the ids of the file format.</summary>
public enum GgufValueType
{
    UInt8 = 0,
    Int8 = 1,
    UInt16 = 2,
    Int16 = 3,
    UInt32 = 4,
    Int32 = 5,
    Float32 = 6,

    /// <summary>One byte, 0 or 1.</summary>
    Bool = 7,

    /// <summary>UTF-8 with a 64-bit byte length before it.</summary>
    String = 8,

    /// <summary>Elements of one type, which cannot be <see cref="Array"/> again.</summary>
    Array = 9,
    UInt64 = 10,
    Int64 = 11,
    Float64 = 12,
}
