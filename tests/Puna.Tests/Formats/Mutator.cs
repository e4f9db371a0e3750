using System.Buffers.Binary;

namespace Puna.Tests.Formats;

/// <summary>Damages bytes the way discs, networks and attackers do; what it does depends on the seed alone.</summary>
internal sealed class Mutator(int seed)
{
    private static readonly ulong[] Blasts =
    [
        0, 1, 2, 7, 31, 63, 64, 255, 256, 65535, 65536, int.MaxValue, 1UL << 31, uint.MaxValue, 1UL << 32,
        1UL << 61, 1UL << 62, long.MaxValue - 31, long.MaxValue, 1UL << 63, ulong.MaxValue - 7, ulong.MaxValue,
    ];

    private readonly Random _random = new(seed);

    internal int Next(int exclusive) => _random.Next(exclusive);

    /// <summary>One to three damages in a row; <paramref name="donor"/> gives foreign bytes.</summary>
    internal byte[] Damage(byte[] source, byte[] donor)
    {
        byte[] bytes = [.. source];
        for (int times = 1 + Next(3); times > 0; times--)
        {
            if (bytes.Length == 0) return bytes;

            bytes = Next(7) switch
            {
                0 => bytes[..Next(bytes.Length)],
                1 => Splice(bytes, donor),
                2 => Remove(bytes),
                3 or 4 => Blast(bytes),
                _ => Flip(bytes),
            };
        }

        return bytes;
    }

    private byte[] Flip(byte[] bytes)
    {
        for (int bits = 1 + Next(8); bits > 0; bits--) bytes[Next(bytes.Length)] ^= (byte)(1 << Next(8));
        return bytes;
    }

    /// <summary>Puts a telling number over 4 or 8 bytes: lengths, counts, sizes and offsets all look like that.</summary>
    private byte[] Blast(byte[] bytes)
    {
        Span<byte> number = stackalloc byte[8];
        ulong value = Next(4) == 0 ? (ulong)(bytes.Length + Next(17) - 8) : Blasts[Next(Blasts.Length)];
        BinaryPrimitives.WriteUInt64LittleEndian(number, value);
        if (Next(4) == 0) number.Reverse();

        int at = Next(bytes.Length), width = Next(2) == 0 ? 4 : 8;
        number[..Math.Min(width, bytes.Length - at)].CopyTo(bytes.AsSpan(at));
        return bytes;
    }

    private byte[] Splice(byte[] bytes, byte[] donor)
    {
        int from = Next(donor.Length), length = 1 + Next(Math.Min(64, donor.Length - from)), to = Next(bytes.Length + 1);
        int over = Next(2) == 0 ? 0 : Math.Min(length, bytes.Length - to); // insert, or put over what is there
        return [.. bytes[..to], .. donor[from..(from + length)], .. bytes[(to + over)..]];
    }

    private byte[] Remove(byte[] bytes)
    {
        int from = Next(bytes.Length), length = 1 + Next(Math.Min(32, bytes.Length - from));
        return [.. bytes[..from], .. bytes[(from + length)..]];
    }
}
