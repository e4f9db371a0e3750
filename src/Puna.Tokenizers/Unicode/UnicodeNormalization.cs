using System.Collections.Frozen;
using System.Globalization;
using System.IO.Compression;
using System.Text;

namespace Puna.Tokenizers.Unicode;

/// <summary>
/// The four normalization forms, from tables of the project's own: a program built without culture data has none, and
/// offsets into the original text are kept. Source of the algorithms: Unicode Standard Annex 15.
/// </summary>
public static class UnicodeNormalization
{
    private const int HangulBase = 0xAC00, LBase = 0x1100, VBase = 0x1161, TBase = 0x11A7;
    private const int LCount = 19, VCount = 21, TCount = 28, HangulCount = LCount * VCount * TCount;

    private static readonly Lazy<Tables> LazyTables = new(Tables.Load);

    /// <summary>Normalizes a text.</summary>
    public static MappedText Normalize(MappedText text, NormalizationForm form)
    {
        if (IsAscii(text.Scalars)) return text;

        Tables tables = LazyTables.Value;
        bool compatibility = form is NormalizationForm.FormKC or NormalizationForm.FormKD;
        MappedText.Builder output = new(text.Length + 16);
        for (int i = 0; i < text.Length; i++) Decompose(tables, text[i], text.StartOf(i), text.EndOf(i), compatibility, output);
        Order(tables, output);
        if (form is NormalizationForm.FormC or NormalizationForm.FormKC) Compose(tables, output);
        return output.Build();
    }

    /// <summary>Normalizes a string.</summary>
    public static string Normalize(string text, NormalizationForm form) => Normalize(MappedText.Of(text), form).ToString();

    /// <summary>Canonical combining class; 0 for characters that begin something.</summary>
    public static int CombiningClass(int scalar) => scalar < 0x300 ? 0 : LazyTables.Value.Classes.GetValueOrDefault(scalar);

    private static bool IsAscii(ReadOnlySpan<int> scalars)
    {
        foreach (int scalar in scalars)
        {
            if (scalar > 0x7F) return false;
        }

        return true;
    }

    private static void Decompose(Tables tables, int scalar, int start, int end, bool compatibility, MappedText.Builder output)
    {
        if ((uint)(scalar - HangulBase) < HangulCount)
        {
            int s = scalar - HangulBase;
            output.Add(LBase + (s / (VCount * TCount)), start, end);
            output.Add(VBase + (s % (VCount * TCount) / TCount), start, end);
            if (s % TCount != 0) output.Add(TBase + (s % TCount), start, end);
        }
        else if (scalar > 0x9F && tables.Decompositions.TryGetValue(scalar, out Decomposition decomposition) && (compatibility || !decomposition.IsCompatibility))
        {
            foreach (int part in decomposition.Parts) Decompose(tables, part, start, end, compatibility, output);
        }
        else
        {
            output.Add(scalar, start, end);
        }
    }

    /// <summary>Sorts runs of combining marks by class, without changing the order within a class.</summary>
    private static void Order(Tables tables, MappedText.Builder text)
    {
        for (int end, first = 0; first < text.Length; first = end)
        {
            end = first + 1;
            if (tables.Class(text[first]) == 0) continue;

            bool sorted = true;
            for (; end < text.Length && tables.Class(text[end]) is var own && own != 0; end++) sorted &= tables.Class(text[end - 1]) <= own;
            if (!sorted) text.SortStable(first, end, tables.Class);
        }
    }

    private static void Compose(Tables tables, MappedText.Builder text)
    {
        int starter = -1, written = 0, lastClass = 0;
        for (int i = 0; i < text.Length; i++)
        {
            int scalar = text[i], own = tables.Class(scalar);
            bool adjacent = starter == written - 1;
            if (starter >= 0 && (adjacent || (lastClass < own && lastClass != 0)) && Pair(tables, text[starter], scalar) is int composed)
            {
                text[starter] = composed;
                text.Absorb(starter, i);
                continue;
            }

            text.Copy(i, written);
            if (own == 0) starter = written;
            lastClass = own;
            written++;
        }

        text.Truncate(written);
    }

    private static int? Pair(Tables tables, int first, int second)
    {
        if ((uint)(first - LBase) < LCount && (uint)(second - VBase) < VCount) return HangulBase + ((((first - LBase) * VCount) + second - VBase) * TCount);
        if ((uint)(first - HangulBase) < HangulCount && (first - HangulBase) % TCount == 0 && second > TBase && second < TBase + TCount) return first + second - TBase;
        return tables.Pairs.TryGetValue((first, second), out int composed) ? composed : null;
    }

    private readonly record struct Decomposition(bool IsCompatibility, int[] Parts);

    private sealed class Tables
    {
        internal required FrozenDictionary<int, Decomposition> Decompositions { get; init; }

        internal required FrozenDictionary<int, int> Classes { get; init; }

        internal required FrozenDictionary<(int, int), int> Pairs { get; init; }

        internal int Class(int scalar) => scalar < 0x300 ? 0 : Classes.GetValueOrDefault(scalar);

        internal static Tables Load()
        {
            Dictionary<int, Decomposition> decompositions = [];
            Dictionary<int, int> classes = [];
            Dictionary<(int, int), int> pairs = [];
            using Stream resource = typeof(UnicodeNormalization).Assembly.GetManifestResourceStream("Puna.Tokenizers.Unicode.decompositions.txt.gz")!;
            using StreamReader reader = new(new GZipStream(resource, CompressionMode.Decompress), Encoding.ASCII);
            while (reader.ReadLine() is { } line)
            {
                if (line.StartsWith('#')) continue;

                string[] fields = line.Split(';');
                if (fields.Length == 1)
                {
                    string[] sides = line.Split('=');
                    classes.Add(Hex(sides[0]), int.Parse(sides[1], CultureInfo.InvariantCulture));
                    continue;
                }

                int[] parts = [.. fields[2].Split(' ').Select(Hex)];
                decompositions.Add(Hex(fields[0]), new Decomposition(fields[1][0] == 'k', parts));
                if (fields[1].EndsWith('*')) pairs.Add((parts[0], parts[1]), Hex(fields[0]));
            }

            return new Tables { Decompositions = decompositions.ToFrozenDictionary(), Classes = classes.ToFrozenDictionary(), Pairs = pairs.ToFrozenDictionary() };
        }

        private static int Hex(string text) => int.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
    }
}
