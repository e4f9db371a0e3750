using System.Numerics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Puna.Engine.Sampling;

/// <summary>
/// The xoshiro256** random generator: 256 bits of state, period 2^256 - 1, integer operations only, so a seed gives the same
/// numbers on every platform and runtime version. Copying the value saves the state. Not for cryptography; not thread safe.
/// </summary>
/// <remarks>
/// Source: Blackman and Vigna 2021, "Scrambled linear pseudorandom number generators", ACM TOMS 47(4). A seed is spread over the
/// state by four outputs of SplitMix64, as its authors advise.
/// </remarks>
public record struct Xoshiro256
{
    private ulong _s0, _s1, _s2, _s3;

    /// <summary>A generator at the start of the sequence of <paramref name="seed"/>.</summary>
    public Xoshiro256(ulong seed)
    {
        _s0 = SplitMix64(ref seed);
        _s1 = SplitMix64(ref seed);
        _s2 = SplitMix64(ref seed);
        _s3 = SplitMix64(ref seed);
    }

    /// <summary>A generator in a saved state.</summary>
    /// <param name="state">Four words as <see cref="Save"/> wrote them.</param>
    /// <exception cref="ArgumentException">Not four words, or all zero, from which the generator never leaves.</exception>
    public Xoshiro256(ReadOnlySpan<ulong> state)
    {
        if (state.Length != 4) throw new ArgumentException($"The state has {state.Length} words; xoshiro256 has 4.", nameof(state));
        if (!state.ContainsAnyExcept(0UL)) throw new ArgumentException("The state is all zero, which only yields zeros; restore a saved one.", nameof(state));

        (_s0, _s1, _s2, _s3) = (state[0], state[1], state[2], state[3]);
    }

    /// <summary>Writes the state as four words.</summary>
    public readonly void Save(Span<ulong> state)
    {
        if (state.Length != 4) throw new ArgumentException($"Room for {state.Length} words; the state has 4.", nameof(state));

        (state[0], state[1], state[2], state[3]) = (_s0, _s1, _s2, _s3);
    }

    /// <summary>A seed from the operating system's source of randomness.</summary>
    internal static ulong NewSeed()
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        RandomNumberGenerator.Fill(bytes);
        return MemoryMarshal.Read<ulong>(bytes) >> 11; // 53 bits: JSON and JavaScript give it back whole
    }

    /// <summary>The next 64 bits.</summary>
    public ulong Next()
    {
        ulong result = BitOperations.RotateLeft(_s1 * 5, 7) * 9;
        ulong shifted = _s1 << 17;
        _s2 ^= _s0;
        _s3 ^= _s1;
        _s1 ^= _s2;
        _s0 ^= _s3;
        _s2 ^= shifted;
        _s3 = BitOperations.RotateLeft(_s3, 45);
        return result;
    }

    /// <summary>The next number of [0, 1): the upper 53 bits over 2^53.</summary>
    public double NextUnit() => (Next() >> 11) * (1.0 / (1UL << 53));

    private static ulong SplitMix64(ref ulong state)
    {
        state += 0x9E3779B97F4A7C15;
        ulong z = state;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
