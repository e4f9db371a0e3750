using System.Numerics;
using System.Runtime.CompilerServices;
using Puna.Tensors;

namespace Puna.Formats;

/// <summary>
/// Reads tensor data for numbers that would spoil every result they touch: NaN and infinity among plain floats and the
/// scales of quantized blocks. Opening a file never does this, since it reads all of the data.
/// </summary>
public static unsafe class TensorDataCheck
{
    private const long BlocksPerStep = 1 << 20; // between two looks at the cancellation token

    /// <summary>A floating-point field of a block. It is NaN or infinite just when all bits of the mask are set.</summary>
    private readonly record struct Field(int Offset, int Width, ulong Mask);

    private static Field F16(int offset) => new(offset, 2, 0x7C00);

    private static Field F32(int offset) => new(offset, 4, 0x7F80_0000);

    /// <summary>Where the floats lie in a block of each type; types not listed hold integers only.</summary>
    private static readonly Dictionary<ElementType, Field[]> Fields = new()
    {
        [ElementType.F64] = [new(0, 8, 0x7FF0_0000_0000_0000)],
        [ElementType.F32] = [F32(0)],
        [ElementType.F16] = [F16(0)],
        [ElementType.BF16] = [new(0, 2, 0x7F80)],
        [ElementType.F8_E4M3] = [new(0, 1, 0x7F)], // has NaN, no infinity
        [ElementType.Q4_0] = [F16(0)],
        [ElementType.Q4_1] = [F16(0), F16(2)],
        [ElementType.Q5_0] = [F16(0)],
        [ElementType.Q5_1] = [F16(0), F16(2)],
        [ElementType.Q8_0] = [F16(0)],
        [ElementType.Q8_1] = [F16(0), F16(2)],
        [ElementType.Q2_K] = [F16(80), F16(82)],
        [ElementType.Q3_K] = [F16(108)],
        [ElementType.Q4_K] = [F16(0), F16(2)],
        [ElementType.Q5_K] = [F16(0), F16(2)],
        [ElementType.Q6_K] = [F16(208)],
        [ElementType.Q8_K] = [F32(0)],
        [ElementType.IQ2_XXS] = [F16(0)],
        [ElementType.IQ2_XS] = [F16(0)],
        [ElementType.IQ2_S] = [F16(0)],
        [ElementType.IQ3_XXS] = [F16(0)],
        [ElementType.IQ3_S] = [F16(0)],
        [ElementType.IQ1_S] = [F16(0)],
        // The f16 scale is spread over the top nibbles of four 16-bit words; its exponent is in the last two.
        [ElementType.IQ1_M] = [new(48, 8, 0x7000_C000_0000_0000)],
        [ElementType.IQ4_NL] = [F16(0)],
        [ElementType.IQ4_XS] = [F16(0)],
        [ElementType.TQ1_0] = [F16(52)],
        [ElementType.TQ2_0] = [F16(64)],
        [ElementType.MXFP4] = [new(0, 1, 0xFF)], // a power of two; 255 is NaN
    };

    /// <summary>Checks all tensors of a model.</summary>
    /// <exception cref="ModelFileException">A number is NaN or infinite; names file, tensor, block and byte.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static void Validate(IModelFile file, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(file);
        foreach (Tensor tensor in file.Tensors)
        {
            if (FindNonFinite(tensor, cancellationToken) is not NonFiniteValue bad) continue;

            TensorLocation location = file.Locate(tensor.Name);
            throw new ModelFileException(location.Path,
                $"tensor {ModelFileException.Quote(tensor.Name)}: {(tensor.Type.IsQuantized() ? "a scale of block" : "element")} {bad.Block} is NaN or infinite (bits 0x{bad.Bits:X})",
                location.Offset + bad.Offset, tensor.Name, found: $"0x{bad.Bits:X}", limit: "a finite number",
                remedy: "The file is damaged, or its conversion overflowed: download or convert it again.");
        }
    }

    /// <summary>The first NaN or infinite number of a tensor's data, or null if all are finite.</summary>
    public static NonFiniteValue? FindNonFinite(Tensor tensor, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        if (!Fields.TryGetValue(tensor.Type, out Field[]? fields)) return null;

        int blockBytes = tensor.Type.BlockBytes();
        bool contiguous = tensor.RowStride == tensor.RowBytes;
        long runs = contiguous ? 1 : tensor.Rows;
        long blocks = (contiguous ? tensor.ByteLength : tensor.RowBytes) / blockBytes; // of one run
        for (long run = 0; run < runs; run++)
        {
            for (long first = 0; first < blocks; first += BlocksPerStep)
            {
                cancellationToken.ThrowIfCancellationRequested();
                long start = (run * tensor.RowStride) + (first * blockBytes);
                long count = Math.Min(BlocksPerStep, blocks - first);
                if (FindInRun(tensor.Data + start, count, blockBytes, fields) is not (long block, Field field)) continue;

                long offset = start + (block * blockBytes) + field.Offset;
                return new NonFiniteValue(tensor.Name, (run * blocks) + first + block, offset, Read(tensor.Data + offset, field.Width));
            }
        }

        return null;
    }

    private static (long Block, Field Field)? FindInRun(byte* data, long count, int blockBytes, Field[] fields)
    {
        (long Block, Field Field)? earliest = null;
        foreach (Field field in fields)
        {
            byte* at = data + field.Offset;
            long block = field.Width switch
            {
                1 => Find(at, count, blockBytes, (byte)field.Mask),
                2 => Find(at, count, blockBytes, (ushort)field.Mask),
                4 => Find(at, count, blockBytes, (uint)field.Mask),
                _ => Find(at, count, blockBytes, field.Mask),
            };
            if (block < 0) continue;

            earliest = (block, field);
            count = block; // a later field matters only in an earlier block
        }

        return earliest;
    }

    private static long Find<T>(byte* data, long count, int stride, T mask) where T : unmanaged, IBinaryInteger<T>
    {
        for (long i = 0; i < count; i++)
        {
            if ((Unsafe.ReadUnaligned<T>(data + (i * stride)) & mask) == mask) return i;
        }

        return -1;
    }

    private static ulong Read(byte* data, int width) => width switch
    {
        1 => *data,
        2 => Unsafe.ReadUnaligned<ushort>(data),
        4 => Unsafe.ReadUnaligned<uint>(data),
        _ => Unsafe.ReadUnaligned<ulong>(data),
    };
}
