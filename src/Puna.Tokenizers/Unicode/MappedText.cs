using System.Text;
using System.Text.RegularExpressions;

namespace Puna.Tokenizers.Unicode;

/// <summary>
/// Text as Unicode scalar values, each with the range of UTF-16 units of an original text that it came from, so that what
/// is found in changed text can be shown in the original. Immutable.
/// </summary>
public sealed class MappedText
{
    private readonly int[] _scalars, _starts, _ends;

    private MappedText(int[] scalars, int[] starts, int[] ends)
    {
        _scalars = scalars;
        _starts = starts;
        _ends = ends;
    }

    /// <summary>Scalar values.</summary>
    public int Length => _scalars.Length;

    /// <summary>The scalar values.</summary>
    public ReadOnlySpan<int> Scalars => _scalars;

    /// <summary>The scalar at <paramref name="index"/>.</summary>
    public int this[int index] => _scalars[index];

    /// <summary>A text that is its own original. Unpaired surrogates become U+FFFD.</summary>
    public static MappedText Of(string text)
    {
        Builder builder = new(text.Length);
        int at = 0;
        foreach (Rune rune in text.EnumerateRunes())
        {
            int length = rune.Utf16SequenceLength;
            builder.Add(rune.Value, at, at + length);
            at += length;
        }

        return builder.Build();
    }

    /// <summary>First original unit of a scalar.</summary>
    public int StartOf(int index) => _starts[index];

    /// <summary>Original unit behind a scalar.</summary>
    public int EndOf(int index) => _ends[index];

    /// <summary>The original range that scalars [first, end) came from; empty where the range is.</summary>
    public (int Start, int End) OriginalRange(int first, int end)
    {
        if (first >= end) return first < Length ? (_starts[first], _starts[first]) : Length == 0 ? (0, 0) : (_ends[^1], _ends[^1]);

        int start = int.MaxValue, stop = 0;
        for (int i = first; i < end; i++)
        {
            start = Math.Min(start, _starts[i]);
            stop = Math.Max(stop, _ends[i]);
        }

        return (start, stop);
    }

    /// <summary>Scalars [first, end).</summary>
    public MappedText Slice(int first, int end) => first == 0 && end == Length ? this : new(_scalars[first..end], _starts[first..end], _ends[first..end]);

    /// <summary>Each scalar replaced by another, or left out where <paramref name="map"/> gives a negative number.</summary>
    public MappedText Map(Func<int, int> map)
    {
        Builder builder = new(Length);
        for (int i = 0; i < Length; i++)
        {
            int mapped = map(_scalars[i]);
            if (mapped >= 0) builder.Add(mapped, _starts[i], _ends[i]);
        }

        return builder.Build();
    }

    /// <summary>Matches of a pattern replaced; one stays where <paramref name="replace"/> gives null. The same object where nothing changes.</summary>
    public MappedText Replace(Regex pattern, Func<Match, string?> replace)
    {
        (string all, int[] scalarOf) = ToStringWithIndex();
        Builder? builder = null;
        int done = 0;
        for (Match match = pattern.Match(all); match.Success; match = match.NextMatch())
        {
            if (replace(match) is not { } content) continue;

            builder ??= new Builder(Length);
            int first = scalarOf[match.Index], end = scalarOf[match.Index + match.Length];
            for (int i = done; i < first; i++) builder.Add(this, i);
            (int start, int stop) = OriginalRange(first, end);
            builder.Add(content, start, stop);
            done = Math.Max(done, end);
        }

        if (builder is null) return this;
        for (int i = done; i < Length; i++) builder.Add(this, i);
        return builder.Build();
    }

    /// <summary>True when both have the same scalars, wherever they came from.</summary>
    public bool SameText(MappedText other) => Scalars.SequenceEqual(other.Scalars);

    /// <summary>The text, and for each of its UTF-16 units and its end the index of the scalar.</summary>
    public (string Text, int[] ScalarOf) ToStringWithIndex()
    {
        string text = ToString();
        int[] scalarOf = new int[text.Length + 1];
        int at = 0;
        for (int i = 0; i < Length; i++)
        {
            int units = _scalars[i] > 0xFFFF ? 2 : 1;
            for (int u = 0; u < units; u++) scalarOf[at++] = i;
        }

        scalarOf[at] = Length;
        return (text, scalarOf);
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(_scalars.Sum(s => s > 0xFFFF ? 2 : 1), _scalars, static (span, scalars) =>
    {
        foreach (int scalar in scalars) span = span[new Rune(scalar).EncodeToUtf16(span)..];
    });

    /// <summary>Collects scalars.</summary>
    public sealed class Builder(int capacity)
    {
        private readonly List<int> _scalars = new(capacity), _starts = new(capacity), _ends = new(capacity);

        /// <summary>Scalars so far.</summary>
        public int Length => _scalars.Count;

        /// <summary>Appends a scalar that came from original units [start, end).</summary>
        public void Add(int scalar, int start, int end)
        {
            _scalars.Add(scalar);
            _starts.Add(start);
            _ends.Add(end);
        }

        /// <summary>Appends scalar <paramref name="index"/> of a text.</summary>
        public void Add(MappedText text, int index) => Add(text._scalars[index], text._starts[index], text._ends[index]);

        /// <summary>Appends a text that all came from original units [start, end).</summary>
        public void Add(string text, int start, int end)
        {
            foreach (Rune rune in text.EnumerateRunes()) Add(rune.Value, start, end);
        }

        /// <summary>The scalar at <paramref name="index"/>.</summary>
        public int this[int index]
        {
            get => _scalars[index];
            set => _scalars[index] = value;
        }

        /// <summary>Sorts the scalars [first, end) by a key, their ranges with them; equal keys keep their order.</summary>
        internal void SortStable(int first, int end, Func<int, int> key)
        {
            (int Scalar, int Start, int End)[] sorted = [.. Enumerable.Range(first, end - first).OrderBy(i => key(_scalars[i])).Select(i => (_scalars[i], _starts[i], _ends[i]))];
            for (int i = first; i < end; i++) (_scalars[i], _starts[i], _ends[i]) = sorted[i - first];
        }

        /// <summary>Makes scalar <paramref name="index"/> stand for what scalar <paramref name="other"/> stood for, too.</summary>
        public void Absorb(int index, int other)
        {
            _starts[index] = Math.Min(_starts[index], _starts[other]);
            _ends[index] = Math.Max(_ends[index], _ends[other]);
        }

        /// <summary>Moves scalar <paramref name="from"/> to <paramref name="to"/>.</summary>
        public void Copy(int from, int to) => (_scalars[to], _starts[to], _ends[to]) = (_scalars[from], _starts[from], _ends[from]);

        /// <summary>Drops scalars from <paramref name="length"/> on.</summary>
        public void Truncate(int length)
        {
            _scalars.RemoveRange(length, _scalars.Count - length);
            _starts.RemoveRange(length, _starts.Count - length);
            _ends.RemoveRange(length, _ends.Count - length);
        }

        /// <summary>The text.</summary>
        public MappedText Build() => new([.. _scalars], [.. _starts], [.. _ends]);
    }
}
