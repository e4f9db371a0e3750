namespace Puna.Tensors;

/// <summary>How the numbers of a tensor are stored. Values below 1000 are the type ids of the GGUF file format.</summary>
/// <remarks>Block layouts are documented at the block formats in <c>Quantization/</c>.</remarks>
public enum ElementType
{
    F32 = 0,
    F16 = 1,
    Q4_0 = 2,
    Q4_1 = 3,
    Q5_0 = 6,
    Q5_1 = 7,
    Q8_0 = 8,
    Q8_1 = 9,
    Q2_K = 10,
    Q3_K = 11,
    Q4_K = 12,
    Q5_K = 13,
    Q6_K = 14,
    Q8_K = 15,
    IQ2_XXS = 16,
    IQ2_XS = 17,
    IQ3_XXS = 18,
    IQ1_S = 19,
    IQ4_NL = 20,
    IQ3_S = 21,
    IQ2_S = 22,
    IQ4_XS = 23,
    I8 = 24,
    I16 = 25,
    I32 = 26,
    I64 = 27,
    F64 = 28,
    IQ1_M = 29,
    BF16 = 30,
    TQ1_0 = 34,
    TQ2_0 = 35,
    MXFP4 = 39,

    /// <summary>8-bit float, 4 exponent and 3 mantissa bits, finite only. Safetensors only; has no GGUF id.</summary>
    F8_E4M3 = 1000,
}
