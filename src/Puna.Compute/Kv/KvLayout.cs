using Puna.Tensors;

namespace Puna.Compute.Kv;

/// <summary>
/// Shape of the pages of one layer class. A page holds the keys and values of <see cref="PageTokens"/> consecutive
/// positions for every layer of the class, so that one page id serves them all.
/// </summary>
/// <param name="Layers">Layers in the class.</param>
/// <param name="NKvHeads">Key/value heads.</param>
/// <param name="HeadDim">Components of a head.</param>
/// <param name="Type">F32, F16, Q8_0 or Q4_0.</param>
/// <param name="PageTokens">Positions in a page; page p holds positions [p * PageTokens, (p + 1) * PageTokens).</param>
/// <remarks>
/// Inside a page: [layer][kv head] { K, V }. K is stored component-major, [headDim][PageTokens], so that vector lanes
/// run along keys and a score needs no horizontal sum; V is token-major, [PageTokens][headDim]. Blocks of a quantized
/// type are taken apart for that, as <see cref="QuantizedPart"/> says.
/// </remarks>
public sealed record KvLayout(int Layers, int NKvHeads, int HeadDim, ElementType Type, int PageTokens)
{
    /// <summary>Positions in a page unless a test asks for fewer.</summary>
    public const int DefaultPageTokens = 64;

    /// <summary>Bytes of the K or the V part of one head of one layer.</summary>
    public int PartBytes => checked((int)Type.ByteSize((long)PageTokens * HeadDim));

    /// <summary>Bytes of a page.</summary>
    public long PageBytes => 2L * Layers * NKvHeads * PartBytes;

    /// <summary>Bytes that one token takes in all layers of the class.</summary>
    public long TokenBytes => PageBytes / PageTokens;

    /// <summary>Offset in a page of the keys of a head.</summary>
    public long KeyOffset(int layer, int head) => 2L * (((long)layer * NKvHeads) + head) * PartBytes;

    /// <summary>Offset in a page of the values of a head.</summary>
    public long ValueOffset(int layer, int head) => KeyOffset(layer, head) + PartBytes;

    /// <summary>Checks the sizes against each other.</summary>
    /// <exception cref="ArgumentException">A size is not positive, or the type cannot hold such heads.</exception>
    public KvLayout Validated()
    {
        if (Layers < 1 || NKvHeads < 1 || HeadDim < 1 || PageTokens < 1)
            throw new ArgumentException($"A page of {Layers} layers, {NKvHeads} heads of {HeadDim} and {PageTokens} tokens is empty.");
        if (Type is not (ElementType.F32 or ElementType.F16 or ElementType.Q8_0 or ElementType.Q4_0))
            throw new ArgumentException($"The KV cache cannot be {Type}: use F32, F16, Q8_0 or Q4_0.");
        if (HeadDim % Type.BlockLength() != 0)
            throw new ArgumentException($"A {Type.Name()} cache needs heads of a multiple of {Type.BlockLength()}, this model's have {HeadDim}: use F16.");
        return this;
    }
}
