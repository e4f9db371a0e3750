using System.Globalization;
using System.Text.RegularExpressions;

namespace Puna.Formats.Gguf;

/// <summary>File names and metadata keys of a model split over several files, <c>PREFIX-00001-of-00003.gguf</c>.</summary>
internal static partial class GgufSplit
{
    /// <summary>Key of the 0-based number of a part.</summary>
    internal const string NumberKey = "split.no";

    /// <summary>Key of the number of parts.</summary>
    internal const string CountKey = "split.count";

    /// <summary>Key of the number of tensors in all parts together.</summary>
    internal const string TensorsKey = "split.tensors.count";

    /// <summary>Most parts: the name has five digits and the key 16 bits.</summary>
    internal const int MaxParts = ushort.MaxValue;

    /// <summary>The name of a part taken apart: folder and prefix, 0-based number, count.</summary>
    internal readonly record struct PartName(string Prefix, int Number, int Count)
    {
        /// <summary>Path of part <paramref name="number"/> (0-based) of the same set.</summary>
        internal string Of(int number) => string.Create(CultureInfo.InvariantCulture, $"{Prefix}-{number + 1:D5}-of-{Count:D5}.gguf");
    }

    /// <summary>Takes the path of a part apart, or returns null if it is not named like one.</summary>
    internal static PartName? Parse(string path)
    {
        string file = Path.GetFileName(path);
        Match match = Pattern().Match(file);
        if (!match.Success) return null;

        int number = int.Parse(match.Groups[2].ValueSpan, CultureInfo.InvariantCulture);
        int count = int.Parse(match.Groups[3].ValueSpan, CultureInfo.InvariantCulture);
        return new PartName(Path.Combine(Path.GetDirectoryName(path) ?? "", match.Groups[1].Value), number - 1, count);
    }

    [GeneratedRegex(@"^(.+)-([0-9]{5})-of-([0-9]{5})\.gguf\z", RegexOptions.CultureInvariant | RegexOptions.Singleline)]
    private static partial Regex Pattern();
}
