using Puna.Tensors;

namespace Puna.Formats.Safetensors;

/// <summary>What the header of a safetensors file says about one tensor.</summary>
public sealed class SafetensorsEntry
{
    internal SafetensorsEntry(string name, string dtype, ElementType? type, IReadOnlyList<long> shape, TensorLocation location)
    {
        Name = name;
        Dtype = dtype;
        Type = type;
        Shape = shape;
        Location = location;
    }

    /// <summary>Name as in the file.</summary>
    public string Name { get; }

    /// <summary>Element type as the file writes it, such as <c>BF16</c>.</summary>
    public string Dtype { get; }

    /// <summary>The element type it is here, or null for types that can be read as raw bytes only.</summary>
    public ElementType? Type { get; }

    /// <summary>Sizes, innermost first (the reverse of the file's order); empty for a scalar.</summary>
    public IReadOnlyList<long> Shape { get; }

    /// <summary>Which shard holds it, and where.</summary>
    public TensorLocation Location { get; }

    /// <summary>True when a <see cref="Tensor"/> can stand for it: a type known here and at least one element.</summary>
    internal bool IsTensor => Type is not null && !Shape.Contains(0);
}
