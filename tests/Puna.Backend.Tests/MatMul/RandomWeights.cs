using Puna.Tensors;
using Puna.Tensors.Storage;

namespace Puna.Backend.Tests.MatMul;

/// <summary>
/// Weights of any type with random bits in every field, except that scales are finite and of ordinary size.
/// With <c>all</c> every other byte is the same. Owns their memory.
/// </summary>
internal sealed unsafe class RandomWeights : IDisposable
{
    private readonly List<NativeStorage> _storage = [];

    public RandomWeights(ElementType type, int k, int m, int seed, MatrixLayout layout = MatrixLayout.OutIn, int extraStride = 0, bool rowScales = false, byte? all = null)
    {
        Random random = new(seed);
        long inner = layout == MatrixLayout.OutIn ? k : m, rows = layout == MatrixLayout.OutIn ? m : k;
        long stride = type.ByteSize(inner) + extraStride;
        NativeStorage storage = NativeStorage.Allocate(stride * rows);
        _storage.Add(storage);
        for (long r = 0; r < rows; r++) Fill(type, new Span<byte>(storage.Pointer + (r * stride), (int)type.ByteSize(inner)), random, all);

        Tensor? scales = null;
        if (rowScales)
        {
            NativeStorage factors = NativeStorage.Allocate(m * sizeof(float));
            _storage.Add(factors);
            for (int i = 0; i < m; i++) ((float*)factors.Pointer)[i] = Small(random);
            scales = new Tensor("scales", ElementType.F32, [m], factors.Pointer);
        }

        Tensor = new Tensor("weight", type, [inner, rows], storage.Pointer, layout, stride, scales);
    }

    public Tensor Tensor { get; }

    public void Dispose() => _storage.ForEach(s => s.Dispose());

    private static float Small(Random random) => (float)(random.NextDouble() - 0.5);

    private static void Fill(ElementType type, Span<byte> row, Random random, byte? all)
    {
        if (all is { } value) row.Fill(value);
        else random.NextBytes(row);
        int bytes = type.BlockBytes();
        for (int at = 0; at < row.Length; at += bytes)
        {
            Span<byte> block = row.Slice(at, bytes);
            foreach (int offset in Halfs(type)) BitConverter.TryWriteBytes(block[offset..], (Half)(Small(random) / 16));

            switch (type)
            {
                case ElementType.F32: BitConverter.TryWriteBytes(block, Small(random)); break;
                case ElementType.F64: BitConverter.TryWriteBytes(block, (double)Small(random)); break;
                case ElementType.BF16: BitConverter.TryWriteBytes(block, (ushort)(BitConverter.SingleToUInt32Bits(Small(random)) >> 16)); break;
                case ElementType.Q8_K: BitConverter.TryWriteBytes(block, Small(random)); break;
                case ElementType.F8_E4M3: block[0] &= 0xBF; break; // below 2, and not NaN
                case ElementType.MXFP4: block[0] = (byte)(120 + (block[0] % 8)); break;
                case ElementType.IQ1_M: // d is spread over the top nibbles of four scales: exponent bits 01xxx
                    block[55] = (byte)((block[55] & 0x0F) | 0x20);
                    break;
            }
        }
    }

    /// <summary>Bytes at which the blocks of a type hold half-precision numbers.</summary>
    private static int[] Halfs(ElementType type) => type switch
    {
        ElementType.F16 or ElementType.Q4_0 or ElementType.Q5_0 or ElementType.Q8_0 or ElementType.IQ4_NL or ElementType.IQ4_XS => [0],
        ElementType.IQ1_S or ElementType.IQ2_XXS or ElementType.IQ2_XS or ElementType.IQ2_S or ElementType.IQ3_XXS or ElementType.IQ3_S => [0],
        ElementType.Q4_1 or ElementType.Q5_1 or ElementType.Q8_1 or ElementType.Q4_K or ElementType.Q5_K => [0, 2],
        ElementType.Q2_K => [80, 82],
        ElementType.Q3_K => [108],
        ElementType.Q6_K => [208],
        ElementType.TQ1_0 => [52],
        ElementType.TQ2_0 => [64],
        _ => [],
    };
}
