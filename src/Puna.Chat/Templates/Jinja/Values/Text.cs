using Puna.Chat.Templates.Jinja.Python;

namespace Puna.Chat.Templates.Jinja.Values;

/// <summary>
/// A string that knows for every character whether the template or the caller's data supplied it. Equality and
/// ordering look at the characters only. Offsets are UTF-16 units; the template counts code points, see
/// <see cref="CodePoints"/>.
/// </summary>
/// <remarks>Trust is kept as the trust of the first character and the ascending offsets at which it changes.</remarks>
internal sealed class Text : Value
{
    private readonly bool _firstTrusted;
    private readonly int[] _flips;
    private int _codePoints = -1;

    public Text(string chars, bool trusted) : this(chars, trusted, [])
    {
    }

    internal Text(string chars, bool firstTrusted, int[] flips)
    {
        Chars = chars;
        _firstTrusted = firstTrusted;
        _flips = flips;
    }

    public static Text Empty { get; } = new("", trusted: true);

    public string Chars { get; }

    public int Length => Chars.Length;

    public override string TypeName => "str";

    public override bool IsTrue => Chars.Length > 0;

    public override bool IsIterable => true;

    public override int? Count => CodePoints;

    /// <summary>True when no character came from the caller's data.</summary>
    public bool IsTrusted => Chars.Length == 0 || (_firstTrusted && _flips.Length == 0);

    /// <summary>Length as the template counts it.</summary>
    public int CodePoints
    {
        get
        {
            if (_codePoints >= 0) return _codePoints;

            int count = 0;
            for (int i = 0; i < Chars.Length; i += UnitsAt(i)) count++;
            return _codePoints = count;
        }
    }

    public static Text Trusted(string chars) => new(chars, trusted: true);

    /// <summary>UTF-16 units of the code point at an offset: 2 for a surrogate pair.</summary>
    public int UnitsAt(int offset) =>
        char.IsHighSurrogate(Chars[offset]) && offset + 1 < Chars.Length && char.IsLowSurrogate(Chars[offset + 1]) ? 2 : 1;

    /// <summary>UTF-16 offset of a code point index in [0, <see cref="CodePoints"/>].</summary>
    public int OffsetOf(int codePoint)
    {
        if (CodePoints == Chars.Length) return codePoint;

        int offset = 0;
        for (int i = 0; i < codePoint; i++) offset += UnitsAt(offset);
        return offset;
    }

    /// <summary>Code point index of a UTF-16 offset.</summary>
    public int CodePointAt(int offset)
    {
        if (CodePoints == Chars.Length) return offset;

        int count = 0;
        for (int i = 0; i < offset; i += UnitsAt(i)) count++;
        return count;
    }

    public bool TrustedAt(int offset) => _firstTrusted ^ ((FlipsUpTo(offset) & 1) == 1);

    public Text Slice(int start, int length)
    {
        if (length == 0) return Empty;
        if (length == Chars.Length) return this;

        string chars = Chars.Substring(start, length);
        if (_flips.Length == 0) return new Text(chars, _firstTrusted);

        int from = FlipsUpTo(start), to = FlipsUpTo(start + length - 1);
        int[] flips = new int[to - from];
        for (int i = 0; i < flips.Length; i++) flips[i] = _flips[from + i] - start;
        return new Text(chars, _firstTrusted ^ ((from & 1) == 1), flips);
    }

    public Text Slice(int start) => Slice(start, Chars.Length - start);

    /// <summary>The stretches of one trust, in order.</summary>
    public IEnumerable<(int Start, int Length, bool Trusted)> Runs()
    {
        bool trusted = _firstTrusted;
        int start = 0;
        for (int i = 0; i <= _flips.Length; i++, trusted = !trusted)
        {
            int end = i < _flips.Length ? _flips[i] : Chars.Length;
            if (end > start) yield return (start, end - start, trusted);
            start = end;
        }
    }

    public override void AppendStr(TextBuilder output) => output.Append(this);

    public override void AppendRepr(TextBuilder output) => PythonString.AppendRepr(this, output);

    public override IEnumerable<Value> Iterate()
    {
        for (int i = 0; i < Chars.Length;)
        {
            int units = UnitsAt(i);
            yield return Slice(i, units);
            i += units;
        }
    }

    public override string ToString() => Chars;

    /// <summary>Orders by code point, as Python does; UTF-16 order differs above U+FFFF.</summary>
    public static int Compare(Text a, Text b)
    {
        int common = a.Chars.AsSpan().CommonPrefixLength(b.Chars);
        if (common == a.Length || common == b.Length) return a.Length.CompareTo(b.Length);

        char x = a.Chars[common], y = b.Chars[common];
        if (char.IsSurrogate(x) != char.IsSurrogate(y)) return char.IsSurrogate(x) ? 1 : -1;
        return x.CompareTo(y);
    }

    /// <summary>Trust changes at or before an offset.</summary>
    private int FlipsUpTo(int offset)
    {
        int index = Array.BinarySearch(_flips, offset);
        return index >= 0 ? index + 1 : ~index;
    }
}
