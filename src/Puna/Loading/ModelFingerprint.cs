using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Puna.Formats;
using Puna.Tensors;

namespace Puna.Loading;

/// <summary>
/// A short identity of a model's weights: SHA-256 over every tensor's name, type and shape and a sample of its bytes from
/// its beginning, middle and end. Reads a few megabytes of a file of any size; two quantizations of one model differ.
/// </summary>
public static unsafe class ModelFingerprint
{
    private const int SampleBytes = 4096;

    /// <summary>32 bytes.</summary>
    public static byte[] Of(IModelFile file)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> number = stackalloc byte[sizeof(long)];
        foreach (Tensor tensor in file.Tensors)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(tensor.Name));
            BinaryPrimitives.WriteInt64LittleEndian(number, (int)tensor.Type);
            hash.AppendData(number);
            foreach (long size in tensor.Shape)
            {
                BinaryPrimitives.WriteInt64LittleEndian(number, size);
                hash.AppendData(number);
            }

            long length = tensor.ByteLength;
            int sample = (int)Math.Min(length, SampleBytes);
            foreach (long start in (ReadOnlySpan<long>)[0, (length - sample) / 2, length - sample])
                hash.AppendData(new ReadOnlySpan<byte>(tensor.Data + start, sample));
        }

        return hash.GetHashAndReset();
    }
}
