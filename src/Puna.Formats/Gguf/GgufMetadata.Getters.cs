using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Text;

namespace Puna.Formats.Gguf;

/// <content>Typed getters. All throw <see cref="ModelFileException"/> naming file, key, found and wanted type.</content>
public sealed partial class GgufMetadata
{
    public int GetInt32(string key) => ToInteger<int>(GetEntry(key));

    public bool TryGetInt32(string key, out int value) => TryGetInteger(key, out value);

    public uint GetUInt32(string key) => ToInteger<uint>(GetEntry(key));

    public bool TryGetUInt32(string key, out uint value) => TryGetInteger(key, out value);

    public long GetInt64(string key) => ToInteger<long>(GetEntry(key));

    public bool TryGetInt64(string key, out long value) => TryGetInteger(key, out value);

    public ulong GetUInt64(string key) => ToInteger<ulong>(GetEntry(key));

    public bool TryGetUInt64(string key, out ulong value) => TryGetInteger(key, out value);

    /// <summary>A float64, or a float32 widened.</summary>
    public double GetFloat64(string key) => ToFloat(GetEntry(key));

    public bool TryGetFloat64(string key, out double value)
    {
        bool found = TryGetEntry(key, out GgufMetadataEntry? entry);
        value = found ? ToFloat(entry!) : 0;
        return found;
    }

    /// <summary>A float32, or a float64 rounded to the nearest float32.</summary>
    public float GetFloat32(string key) => (float)GetFloat64(key);

    public bool TryGetFloat32(string key, out float value)
    {
        bool found = TryGetFloat64(key, out double wide);
        value = (float)wide;
        return found;
    }

    public bool GetBool(string key) => ToBool(GetEntry(key));

    public bool TryGetBool(string key, out bool value)
    {
        bool found = TryGetEntry(key, out GgufMetadataEntry? entry);
        value = found && ToBool(entry!);
        return found;
    }

    /// <summary>A string, with U+FFFD for what is not valid UTF-8.</summary>
    public string GetString(string key) => Encoding.UTF8.GetString(GetUtf8(key));

    public bool TryGetString(string key, [NotNullWhen(true)] out string? value)
    {
        value = TryGetEntry(key, out GgufMetadataEntry? entry) ? Encoding.UTF8.GetString(entry.Utf8) : null;
        return value is not null;
    }

    /// <summary>The bytes of a string in the mapped file; they need not be valid UTF-8.</summary>
    public ReadOnlySpan<byte> GetUtf8(string key) => GetEntry(key).Utf8;

    /// <summary>An array of strings, read in place.</summary>
    public GgufStringArray GetStringArray(string key) => ToStrings(GetEntry(key));

    public bool TryGetStringArray(string key, [NotNullWhen(true)] out GgufStringArray? value)
    {
        value = TryGetEntry(key, out GgufMetadataEntry? entry) ? ToStrings(entry) : null;
        return value is not null;
    }

    public int[] GetInt32Array(string key) => ToIntegers<int>(GetEntry(key), GgufValueType.Int32);

    public bool TryGetInt32Array(string key, [NotNullWhen(true)] out int[]? value)
    {
        value = TryGetEntry(key, out GgufMetadataEntry? entry) ? ToIntegers<int>(entry, GgufValueType.Int32) : null;
        return value is not null;
    }

    public uint[] GetUInt32Array(string key) => ToIntegers<uint>(GetEntry(key), GgufValueType.UInt32);

    public bool TryGetUInt32Array(string key, [NotNullWhen(true)] out uint[]? value)
    {
        value = TryGetEntry(key, out GgufMetadataEntry? entry) ? ToIntegers<uint>(entry, GgufValueType.UInt32) : null;
        return value is not null;
    }

    public long[] GetInt64Array(string key) => ToIntegers<long>(GetEntry(key), GgufValueType.Int64);

    public bool TryGetInt64Array(string key, [NotNullWhen(true)] out long[]? value)
    {
        value = TryGetEntry(key, out GgufMetadataEntry? entry) ? ToIntegers<long>(entry, GgufValueType.Int64) : null;
        return value is not null;
    }

    public ulong[] GetUInt64Array(string key) => ToIntegers<ulong>(GetEntry(key), GgufValueType.UInt64);

    public bool TryGetUInt64Array(string key, [NotNullWhen(true)] out ulong[]? value)
    {
        value = TryGetEntry(key, out GgufMetadataEntry? entry) ? ToIntegers<ulong>(entry, GgufValueType.UInt64) : null;
        return value is not null;
    }

    public float[] GetFloat32Array(string key) => ToFloats<float>(GetEntry(key), GgufValueType.Float32);

    public bool TryGetFloat32Array(string key, [NotNullWhen(true)] out float[]? value)
    {
        value = TryGetEntry(key, out GgufMetadataEntry? entry) ? ToFloats<float>(entry, GgufValueType.Float32) : null;
        return value is not null;
    }

    public double[] GetFloat64Array(string key) => ToFloats<double>(GetEntry(key), GgufValueType.Float64);

    public bool TryGetFloat64Array(string key, [NotNullWhen(true)] out double[]? value)
    {
        value = TryGetEntry(key, out GgufMetadataEntry? entry) ? ToFloats<double>(entry, GgufValueType.Float64) : null;
        return value is not null;
    }

    public bool[] GetBoolArray(string key) => ToBools(GetEntry(key));

    public bool TryGetBoolArray(string key, [NotNullWhen(true)] out bool[]? value)
    {
        value = TryGetEntry(key, out GgufMetadataEntry? entry) ? ToBools(entry) : null;
        return value is not null;
    }

    private bool TryGetInteger<T>(string key, out T value) where T : struct, IBinaryInteger<T>, IMinMaxValue<T>
    {
        bool found = TryGetEntry(key, out GgufMetadataEntry? entry);
        value = found ? ToInteger<T>(entry!) : T.Zero;
        return found;
    }

    private static T ToInteger<T>(GgufMetadataEntry entry) where T : struct, IBinaryInteger<T>, IMinMaxValue<T> =>
        entry.Type.IsInteger() ? Fit<T>(entry, 0) : throw entry.WrongType(typeof(T).Name);

    private static T[] ToIntegers<T>(GgufMetadataEntry entry, GgufValueType exact) where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T>
    {
        if (!entry.IsArray || !entry.ElementType.IsInteger()) throw entry.WrongType($"an array of {typeof(T).Name}");
        if (entry.CopyIfStoredAs<T>(exact) is T[] copied) return copied;

        T[] values = new T[entry.Count];
        for (int i = 0; i < values.Length; i++) values[i] = Fit<T>(entry, i);
        return values;
    }

    private static T Fit<T>(GgufMetadataEntry entry, int index) where T : struct, IBinaryInteger<T>, IMinMaxValue<T>
    {
        Int128 value = entry.Integer(index);
        if (value < Int128.CreateChecked(T.MinValue) || value > Int128.CreateChecked(T.MaxValue))
            throw entry.OutOfRange(value, typeof(T).Name, index);

        return T.CreateTruncating(value);
    }

    private static double ToFloat(GgufMetadataEntry entry) =>
        entry.Type.IsFloat() ? entry.Float(0) : throw entry.WrongType("a float");

    private static T[] ToFloats<T>(GgufMetadataEntry entry, GgufValueType exact) where T : unmanaged, IFloatingPoint<T>
    {
        if (!entry.IsArray || !entry.ElementType.IsFloat()) throw entry.WrongType($"an array of {exact}");
        if (entry.CopyIfStoredAs<T>(exact) is T[] copied) return copied;

        T[] values = new T[entry.Count];
        for (int i = 0; i < values.Length; i++) values[i] = T.CreateTruncating(entry.Float(i));
        return values;
    }

    private static bool ToBool(GgufMetadataEntry entry) =>
        entry.Type == GgufValueType.Bool ? entry.Bool(0) : throw entry.WrongType("a bool");

    private static bool[] ToBools(GgufMetadataEntry entry)
    {
        if (!entry.IsArray || entry.ElementType != GgufValueType.Bool) throw entry.WrongType("an array of bool");

        bool[] values = new bool[entry.Count];
        for (int i = 0; i < values.Length; i++) values[i] = entry.Bool(i);
        return values;
    }

    private static GgufStringArray ToStrings(GgufMetadataEntry entry) =>
        entry.IsArray && entry.ElementType == GgufValueType.String
            ? new GgufStringArray(entry)
            : throw entry.WrongType("an array of strings");
}
