using System.Buffers.Binary;
using System.Text;

namespace Puna.Tests.Formats.Safetensors;

/// <summary>Composes safetensors bytes by hand, right or wrong.</summary>
internal static class SafetensorsBytes
{
    internal static byte[] File(string header, int dataBytes) => File(Encoding.UTF8.GetBytes(header), new byte[dataBytes]);

    internal static byte[] File(ReadOnlySpan<byte> header, ReadOnlySpan<byte> data, ulong? length = null)
    {
        byte[] prefix = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(prefix, length ?? (ulong)header.Length);
        return [.. prefix, .. header, .. data];
    }

    /// <summary>Header text of one tensor.</summary>
    internal static string Tensor(string name, string dtype, string shape, long begin, long end) =>
        $"\"{name}\":{{\"dtype\":\"{dtype}\",\"shape\":{shape},\"data_offsets\":[{begin},{end}]}}";
}
