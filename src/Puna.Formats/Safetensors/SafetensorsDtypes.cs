using Puna.Tensors;

namespace Puna.Formats.Safetensors;

/// <summary>The element types of the safetensors format: their width, and the type they are here, if there is one.</summary>
internal static class SafetensorsDtypes
{
    internal readonly record struct Dtype(string Name, int Bits, ElementType? Type);

    private static readonly Dtype[] Table =
    [
        new("F64", 64, ElementType.F64),
        new("F32", 32, ElementType.F32),
        new("F16", 16, ElementType.F16),
        new("BF16", 16, ElementType.BF16),
        new("F8_E4M3", 8, ElementType.F8_E4M3),
        new("I64", 64, ElementType.I64),
        new("I32", 32, ElementType.I32),
        new("I16", 16, ElementType.I16),
        new("I8", 8, ElementType.I8),
        // Of the format, readable as raw bytes only:
        new("U64", 64, null),
        new("U32", 32, null),
        new("U16", 16, null),
        new("U8", 8, null),
        new("BOOL", 8, null),
        new("C64", 64, null),
        new("F8_E5M2", 8, null),
        new("F8_E8M0", 8, null),
        new("F6_E2M3", 6, null),
        new("F6_E3M2", 6, null),
        new("F4", 4, null),
    ];

    internal static IReadOnlyList<Dtype> All => Table;

    internal static Dtype? Find(string name)
    {
        foreach (Dtype dtype in Table)
        {
            if (dtype.Name == name) return dtype;
        }

        return null;
    }

    internal static Dtype? Find(ElementType type)
    {
        foreach (Dtype dtype in Table)
        {
            if (dtype.Type == type) return dtype;
        }

        return null;
    }
}
