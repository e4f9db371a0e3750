using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Puna.Tensors.Quantization;

/// <summary>Which element type each tensor of a language model gets when a file is quantized. Pure decisions, no input or output.</summary>
/// <remarks>
/// What is small and sensitive stays in F32: tensors of one dimension, norms, and the expert router. The output matrix (the
/// token embedding, where the model has none of its own) gets at least Q6_K. The mixed recipes (_M) raise the value
/// projection and the down projections to Q6_K in the layers where it pays most: the first and last eighth, and every
/// third between. A row that is not whole super-blocks falls back to Q8_0, one that is not whole blocks of 32 to F16.
/// These are the rules of the llama.cpp quantizer for Llama models, except for the fallback: there a 4- or 5-bit
/// super-block format falls back to Q5_0 or Q5_1.
/// </remarks>
public sealed class QuantizationRecipe
{
    private const int LayersOf70B = 80;

    private readonly bool _mixed;

    private QuantizationRecipe(string name, ElementType baseType, int fileType, bool mixed = false)
    {
        Name = name;
        BaseType = baseType;
        FileType = fileType;
        _mixed = mixed;
    }

    /// <summary>Every recipe, from most to fewest bits.</summary>
    public static IReadOnlyList<QuantizationRecipe> All { get; } =
    [
        new("F32", ElementType.F32, 0),
        new("F16", ElementType.F16, 1),
        new("BF16", ElementType.BF16, 32),
        new("Q8_0", ElementType.Q8_0, 7),
        new("Q6_K", ElementType.Q6_K, 18),
        new("Q5_1", ElementType.Q5_1, 9),
        new("Q5_K_M", ElementType.Q5_K, 17, mixed: true),
        new("Q5_K", ElementType.Q5_K, 16),
        new("Q5_0", ElementType.Q5_0, 8),
        new("Q4_1", ElementType.Q4_1, 3),
        new("Q4_K_M", ElementType.Q4_K, 15, mixed: true),
        new("Q4_K", ElementType.Q4_K, 14),
        new("Q4_0", ElementType.Q4_0, 2),
    ];

    /// <summary>Name as users write it, such as <c>Q4_K_M</c>.</summary>
    public string Name { get; }

    /// <summary>Type of the tensors no rule singles out.</summary>
    public ElementType BaseType { get; }

    /// <summary>
    /// Value of <c>general.file_type</c> in a GGUF file, a label only. Q4_K and Q5_K have no label of their own and take that
    /// of the nearest mix (Q4_K_S, Q5_K_S).
    /// </summary>
    public int FileType { get; }

    /// <summary>Looks a recipe up by its name, ignoring case.</summary>
    public static bool TryParse(string name, [NotNullWhen(true)] out QuantizationRecipe? recipe)
    {
        recipe = All.FirstOrDefault(r => string.Equals(r.Name, name, StringComparison.OrdinalIgnoreCase));
        return recipe is not null;
    }

    /// <summary>The type a tensor gets.</summary>
    /// <param name="tensorName">GGUF name, such as <c>blk.3.ffn_down.weight</c>.</param>
    /// <param name="shape">Sizes, innermost first.</param>
    /// <param name="layers">Layers of the model.</param>
    /// <param name="tied">True when the model has no output matrix and the token embedding serves as one.</param>
    /// <exception cref="ArgumentException">The shape is empty, or the name speaks of a layer the model does not have.</exception>
    public ElementType TypeOf(string tensorName, ReadOnlySpan<long> shape, int layers, bool tied)
    {
        if (shape.Length == 0) throw new ArgumentException($"{tensorName}: a tensor needs at least one dimension.", nameof(shape));
        if (!IsMatrix(shape) || StaysF32(tensorName)) return ElementType.F32;
        if (!BaseType.IsQuantized()) return BaseType;

        ElementType type = IsOutput(tensorName, tied) ? AtLeastQ6K(BaseType) : _mixed ? MixedType(tensorName, layers) : BaseType;
        if (shape[0] % type.BlockLength() == 0) return type;

        return shape[0] % ElementType.Q8_0.BlockLength() == 0 ? ElementType.Q8_0 : ElementType.F16;
    }

    private static bool IsMatrix(ReadOnlySpan<long> shape)
    {
        foreach (long size in shape[1..])
        {
            if (size > 1) return true;
        }

        return false;
    }

    private static bool StaysF32(string tensorName) =>
        !tensorName.EndsWith(".weight", StringComparison.Ordinal)
        || tensorName.EndsWith("_norm.weight", StringComparison.Ordinal)
        || tensorName.EndsWith("ffn_gate_inp.weight", StringComparison.Ordinal);

    private static bool IsOutput(string tensorName, bool tied) =>
        tensorName == "output.weight" || (tied && tensorName == "token_embd.weight");

    private static ElementType AtLeastQ6K(ElementType type) => type == ElementType.Q8_0 ? type : ElementType.Q6_K;

    private ElementType MixedType(string tensorName, int layers)
    {
        if (!TryReadLayer(tensorName, out int layer, out ReadOnlySpan<char> part)) return BaseType;
        if (layer >= layers)
            throw new ArgumentException($"{tensorName}: the model has {layers} layers, 0 to {layers - 1}.", nameof(tensorName));

        bool isValue = part.SequenceEqual("attn_v.weight");
        if (!isValue && !part.StartsWith("ffn_down")) return BaseType;
        if (TakesMoreBits(layer, layers)) return ElementType.Q6_K;

        // Eight query heads share a value head in the 80-layer models, so more bits there cost little.
        return isValue && layers == LayersOf70B && BaseType == ElementType.Q4_K ? ElementType.Q5_K : BaseType;
    }

    private static bool TakesMoreBits(int layer, int layers) =>
        layer < layers / 8 || layer >= 7 * layers / 8 || (layer - (layers / 8)) % 3 == 2;

    /// <summary>Splits <c>blk.N.part</c>.</summary>
    private static bool TryReadLayer(ReadOnlySpan<char> name, out int layer, out ReadOnlySpan<char> part)
    {
        layer = 0;
        part = default;
        if (!name.StartsWith("blk.")) return false;

        ReadOnlySpan<char> rest = name[4..];
        int dot = rest.IndexOf('.');
        if (dot < 0 || !int.TryParse(rest[..dot], NumberStyles.None, CultureInfo.InvariantCulture, out layer)) return false;

        part = rest[(dot + 1)..];
        return true;
    }
}
