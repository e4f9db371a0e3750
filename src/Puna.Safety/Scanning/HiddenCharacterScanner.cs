using System.Text;
using Puna.Safety.Obfuscation;

namespace Puna.Safety.Scanning;

/// <summary>
/// Finds characters that show nothing and say something: tag characters that spell hidden text, bytes in variation
/// selectors, direction overrides, and zero-width characters inside words. Those that scripts and emoji need (joiners in
/// emoji, in Arabic and in Indic words, one variation selector behind a sign, tags of flags) are none.
/// </summary>
public sealed class HiddenCharacterScanner : IScanner
{
    private const string Tags = "tag-characters", Selectors = "variation-selectors", Direction = "direction-override", ZeroWidth = "zero-width", Control = "control-characters";
    private const int BlackFlag = 0x1F3F4;

    public IReadOnlyList<string> Categories { get; } = [Tags, Selectors, Direction, ZeroWidth, Control];

    public string? Model => null;

    /// <inheritdoc/>
    public IReadOnlyList<Finding> Scan(ScanInput input, CancellationToken cancellationToken)
    {
        string text = input.Text;
        List<Finding> findings = [];
        int before = ' ', steps = 0;
        for (int at = 0; at < text.Length;)
        {
            if ((++steps & 65535) == 0) cancellationToken.ThrowIfCancellationRequested();
            int scalar = Scalar(text, at, out int units);
            string? category = CategoryOf(scalar);
            if (category is null)
            {
                before = scalar;
                at += units;
                continue;
            }

            int end = at, count = 0, latin = -1;
            while (end < text.Length && CategoryOf(latin = Scalar(text, end, out units)) == category)
            {
                end += units;
                count++;
            }

            int after = end < text.Length ? latin : ' ';
            if (Judge(category, count, scalar, before, after, at) is var (score, detail) && score > 0) findings.Add(new Finding(category, score, at, end, detail));
            at = end;
        }

        return findings;
    }

    private static string? CategoryOf(int scalar) => scalar switch
    {
        < 0x20 when scalar is '\t' or '\n' or '\r' => null,
        >= 0xE0100 and <= 0xE01EF => Selectors,
        >= 0xFE00 and <= 0xFE0F => Selectors,
        >= 0xE0000 and <= 0xE0FFF => Tags,
        (>= 0x202A and <= 0x202E) or (>= 0x2066 and <= 0x2069) => Direction,
        < 0x20 or 0x7F => Control,
        _ when CharacterPasses.IsInvisible(scalar) => ZeroWidth,
        _ => null,
    };

    private static (float Score, string? Detail) Judge(string category, int count, int scalar, int before, int after, int at) => category switch
    {
        Tags => before == BlackFlag && count <= 7 ? (0, null) : (1, $"{count} tag characters"),
        Selectors => count < 2 ? (0, null) : (1, $"{count} variation selectors in a row"),
        Direction => scalar is 0x202D or 0x202E ? (0.9f, "the order of characters is overridden") : (0.4f, "a direction is embedded"),
        Control => (0.5f, $"{count} control characters"),
        _ when scalar == 0xFEFF && at == 0 => (0, null), // a byte order mark
        _ when count > 2 => (0.9f, $"{count} invisible characters in a row"),
        _ when CharacterPasses.IsLatin(before) && CharacterPasses.IsLatin(after) => scalar == 0xAD ? (0.3f, "a soft hyphen inside a word") : (0.8f, "an invisible character inside a word"),
        _ => (scalar is 0x200C or 0x200D && before > 0x7F ? 0 : 0.3f, null), // joiners that a script or an emoji asks for
    };

    private static int Scalar(string text, int at, out int units)
    {
        if (Rune.TryGetRuneAt(text, at, out Rune rune))
        {
            units = rune.Utf16SequenceLength;
            return rune.Value;
        }

        units = 1;
        return 0xFFFD;
    }
}
