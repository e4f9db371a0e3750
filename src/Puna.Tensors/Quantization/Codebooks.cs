using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Puna.Tensors.Quantization;

/// <summary>
/// The fixed tables of the codebook formats, expanded once from <see cref="CodebookText"/>. A table of groups of 8 packs an
/// entry in one <see cref="ulong"/>, a table of groups of 4 in one <see cref="uint"/>: byte t, as a signed number, is
/// component t.
/// </summary>
/// <remarks>
/// An entry of the text is a number v; its component t is <c>levels[(v >> (w * t)) &amp; (2^w - 1)]</c>, with w = 2 for groups
/// of 8 and w = 3 for groups of 4.
/// </remarks>
public static class Codebooks
{
    private static readonly ulong[] Table2XXS = Expand8(CodebookText.Grid2XXS, [8, 25, 43]);
    private static readonly ulong[] Table2XS = Expand8(CodebookText.Grid2XS, [8, 25, 43]);
    private static readonly ulong[] Table2S = Expand8(CodebookText.Grid2S, [8, 25, 43]);
    private static readonly uint[] Table3XXS = Expand4(CodebookText.Grid3XXS, [4, 12, 20, 28, 36, 44, 52, 62]);
    private static readonly uint[] Table3S = Expand4(CodebookText.Grid3S, [1, 3, 5, 7, 9, 11, 13, 15]);
    private static readonly ulong[] Table1 = Expand8(CodebookText.Grid1, [-1, 0, 1]);
    private static readonly ulong[] TableSigns = ExpandSigns();

    /// <summary>256 groups of 8 for IQ2_XXS; components 8, 25, 43.</summary>
    public static ReadOnlySpan<ulong> Grid2XXS => Table2XXS;

    /// <summary>512 groups of 8 for IQ2_XS; components 8, 25, 43.</summary>
    public static ReadOnlySpan<ulong> Grid2XS => Table2XS;

    /// <summary>1024 groups of 8 for IQ2_S; components 8, 25, 43.</summary>
    public static ReadOnlySpan<ulong> Grid2S => Table2S;

    /// <summary>256 groups of 4 for IQ3_XXS; components 4 to 62.</summary>
    public static ReadOnlySpan<uint> Grid3XXS => Table3XXS;

    /// <summary>512 groups of 4 for IQ3_S; odd components 1 to 15.</summary>
    public static ReadOnlySpan<uint> Grid3S => Table3S;

    /// <summary>2048 groups of 8 for IQ1_S and IQ1_M; components -1, 0, 1.</summary>
    public static ReadOnlySpan<ulong> Grid1 => Table1;

    /// <summary>Sign mask m spread over bytes: byte t of entry m is 0xFF where bit t of m is set, else 0.</summary>
    public static ReadOnlySpan<ulong> SignMasks => TableSigns;

    /// <summary>The 16 levels of IQ4_NL and IQ4_XS.</summary>
    public static ReadOnlySpan<sbyte> NonLinear4 => [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113];

    /// <summary>The 16 values of the E2M1 float of MXFP4, doubled so that they are integers.</summary>
    public static ReadOnlySpan<sbyte> Fp4Doubled => [0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12];

    /// <summary>The sign mask of a 7-bit sign index: the eighth sign makes the number of minus signs even.</summary>
    public static byte EvenSigns(int index) => (byte)(index | ((BitOperations.PopCount((uint)index) & 1) << 7));

    /// <summary>Little-endian word at <paramref name="first"/>, which need not be aligned.</summary>
    internal static uint Word(ref readonly byte first) =>
        BinaryPrimitives.ReadUInt32LittleEndian(MemoryMarshal.CreateReadOnlySpan(in first, 4));

    /// <summary>x[t] = scale * component t, negated where bit t of <paramref name="signs"/> is set. Scalar reference.</summary>
    internal static void DecodeGroup(ulong grid, byte signs, float scale, Span<float> x)
    {
        for (int t = 0; t < 8; t++)
        {
            float value = scale * (sbyte)(grid >> (8 * t));
            x[t] = ((signs >> t) & 1) != 0 ? -value : value;
        }
    }

    /// <summary>x[t] = scale * (component t + delta). Scalar reference.</summary>
    internal static void DecodeTernaryGroup(ulong grid, float delta, float scale, Span<float> x)
    {
        for (int t = 0; t < 8; t++) x[t] = scale * ((sbyte)(grid >> (8 * t)) + delta);
    }

    private static ulong[] Expand8(string text, ReadOnlySpan<sbyte> levels)
    {
        ulong[] table = new ulong[text.Length / 4];
        for (int i = 0; i < table.Length; i++) table[i] = Expand(text.AsSpan(4 * i, 4), components: 8, bits: 2, levels);
        return table;
    }

    private static uint[] Expand4(string text, ReadOnlySpan<sbyte> levels)
    {
        uint[] table = new uint[text.Length / 3];
        for (int i = 0; i < table.Length; i++) table[i] = (uint)Expand(text.AsSpan(3 * i, 3), components: 4, bits: 3, levels);
        return table;
    }

    private static ulong Expand(ReadOnlySpan<char> digits, int components, int bits, ReadOnlySpan<sbyte> levels)
    {
        int value = 0;
        foreach (char digit in digits) value = (value << 4) | (char.IsAsciiDigit(digit) ? digit - '0' : digit - 'a' + 10);

        ulong packed = 0;
        for (int t = 0; t < components; t++)
        {
            int level = (value >> (bits * t)) & ((1 << bits) - 1);
            packed |= (ulong)(byte)levels[level] << (8 * t);
        }

        return packed;
    }

    private static ulong[] ExpandSigns()
    {
        ulong[] masks = new ulong[256];
        for (int m = 0; m < 256; m++)
        {
            for (int t = 0; t < 8; t++)
            {
                if (((m >> t) & 1) != 0) masks[m] |= 0xFFul << (8 * t);
            }
        }

        return masks;
    }
}
