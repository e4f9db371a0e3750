using System.Diagnostics.CodeAnalysis;

namespace Puna.Tensors;

/// <summary>Block geometry and names of the element types: the one table every reader, writer and kernel asks.</summary>
public static class ElementTypes
{
    private readonly record struct Entry(ElementType Type, string Name, int BlockLength, int BlockBytes);

    private static readonly Entry[] Table =
    [
        new(ElementType.F32, "F32", 1, 4),
        new(ElementType.F16, "F16", 1, 2),
        new(ElementType.BF16, "BF16", 1, 2),
        new(ElementType.F64, "F64", 1, 8),
        new(ElementType.I8, "I8", 1, 1),
        new(ElementType.I16, "I16", 1, 2),
        new(ElementType.I32, "I32", 1, 4),
        new(ElementType.I64, "I64", 1, 8),
        new(ElementType.F8_E4M3, "F8_E4M3", 1, 1),
        new(ElementType.Q4_0, "Q4_0", 32, 18),
        new(ElementType.Q4_1, "Q4_1", 32, 20),
        new(ElementType.Q5_0, "Q5_0", 32, 22),
        new(ElementType.Q5_1, "Q5_1", 32, 24),
        new(ElementType.Q8_0, "Q8_0", 32, 34),
        new(ElementType.Q8_1, "Q8_1", 32, 36),
        new(ElementType.Q2_K, "Q2_K", 256, 84),
        new(ElementType.Q3_K, "Q3_K", 256, 110),
        new(ElementType.Q4_K, "Q4_K", 256, 144),
        new(ElementType.Q5_K, "Q5_K", 256, 176),
        new(ElementType.Q6_K, "Q6_K", 256, 210),
        new(ElementType.Q8_K, "Q8_K", 256, 292),
        new(ElementType.IQ2_XXS, "IQ2_XXS", 256, 66),
        new(ElementType.IQ2_XS, "IQ2_XS", 256, 74),
        new(ElementType.IQ2_S, "IQ2_S", 256, 82),
        new(ElementType.IQ3_XXS, "IQ3_XXS", 256, 98),
        new(ElementType.IQ3_S, "IQ3_S", 256, 110),
        new(ElementType.IQ1_S, "IQ1_S", 256, 50),
        new(ElementType.IQ1_M, "IQ1_M", 256, 56),
        new(ElementType.IQ4_NL, "IQ4_NL", 32, 18),
        new(ElementType.IQ4_XS, "IQ4_XS", 256, 136),
        new(ElementType.TQ1_0, "TQ1_0", 256, 54),
        new(ElementType.TQ2_0, "TQ2_0", 256, 66),
        new(ElementType.MXFP4, "MXFP4", 32, 17),
    ];

    private static readonly Dictionary<ElementType, Entry> ByType = Table.ToDictionary(e => e.Type);

    /// <summary>Every type this library knows, in the order of the table.</summary>
    public static IReadOnlyList<ElementType> All { get; } = [.. Table.Select(e => e.Type)];

    /// <summary>True when the type has a known block geometry.</summary>
    public static bool IsKnown(ElementType type) => ByType.ContainsKey(type);

    /// <summary>Elements in one block (1 for plain numbers).</summary>
    /// <exception cref="ArgumentOutOfRangeException">The type is unknown.</exception>
    public static int BlockLength(this ElementType type) => Find(type).BlockLength;

    /// <summary>Bytes of one block.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The type is unknown.</exception>
    public static int BlockBytes(this ElementType type) => Find(type).BlockBytes;

    /// <summary>Name as the field writes it, such as <c>Q4_K</c>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The type is unknown.</exception>
    public static string Name(this ElementType type) => Find(type).Name;

    /// <summary>True when elements are grouped in blocks with a shared scale.</summary>
    public static bool IsQuantized(this ElementType type) => Find(type).BlockLength > 1;

    /// <summary>Bytes of <paramref name="elements"/> contiguous elements.</summary>
    /// <exception cref="ArgumentException">The count is negative or not a whole number of blocks.</exception>
    /// <exception cref="OverflowException">The size does not fit in 63 bits.</exception>
    public static long ByteSize(this ElementType type, long elements)
    {
        Entry entry = Find(type);
        if (elements < 0 || elements % entry.BlockLength != 0)
            throw new ArgumentException($"{elements} elements are not a whole number of {entry.Name} blocks of {entry.BlockLength}.", nameof(elements));

        return checked(elements / entry.BlockLength * entry.BlockBytes);
    }

    /// <summary>Looks a type up by its name, ignoring case.</summary>
    public static bool TryParse(string name, [NotNullWhen(true)] out ElementType? type)
    {
        foreach (Entry entry in Table)
        {
            if (!string.Equals(entry.Name, name, StringComparison.OrdinalIgnoreCase)) continue;

            type = entry.Type;
            return true;
        }

        type = null;
        return false;
    }

    private static Entry Find(ElementType type) =>
        ByType.TryGetValue(type, out Entry entry)
            ? entry
            : throw new ArgumentOutOfRangeException(nameof(type), type, $"Element type {(int)type} is unknown.");
}
