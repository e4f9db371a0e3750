using Puna.Engine.Constraints.Automata;

namespace Puna.Engine.Constraints.Matching;

/// <summary>Characters that may be repeated at will, as bytes: a set of ASCII ones, and whether all others.</summary>
/// <param name="Low">Bytes 0 to 63.</param>
/// <param name="High">Bytes 64 to 127.</param>
/// <param name="NonAscii">Every character above U+007F.</param>
internal readonly record struct LoopSet(ulong Low, ulong High, bool NonAscii)
{
    internal int AsciiCount => System.Numerics.BitOperations.PopCount(Low) + System.Numerics.BitOperations.PopCount(High);

    internal bool Contains(int ascii) => ((ascii < 64 ? Low >> ascii : High >> (ascii - 64)) & 1) != 0;

    /// <summary>Those of a set that a text spells as they are; inside quotation marks some must be escaped.</summary>
    internal static LoopSet Of(CodePointSet set, bool isQuoted)
    {
        ulong low = 0, high = 0;
        foreach ((int first, int last) in set.Ranges)
        {
            for (int c = first; c <= last && c < 128; c++)
            {
                if (isQuoted && (c < ' ' || c == '"' || c == '\\')) continue;
                if (c < 64) low |= 1UL << c;
                else high |= 1UL << (c - 64);
            }
        }

        return new LoopSet(low, high, set.Ranges is [.., var before, (0xE000, CodePointSet.MaxCodePoint)] && before.Low <= 0x80 && before.High == 0xD7FF);
    }
}
