using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Puna.Tokenizers.Bpe;

namespace Puna.Tests.Tokenizers.Bpe;

public class PieceScannerTests
{
    public static TheoryData<SplitPattern> Patterns => [SplitPattern.Llama4, SplitPattern.Llama3, SplitPattern.Gpt2];

    [Theory]
    [InlineData(SplitPattern.Llama4, 1)]
    [InlineData(SplitPattern.Llama3, 2)]
    [InlineData(SplitPattern.Gpt2, 3)]
    public void Pieces_are_those_of_an_independent_regex_engine(SplitPattern pattern, int column)
    {
        PieceScanner scanner = PieceScanner.For(pattern);
        int cases = 0;
        foreach (string line in File.ReadLines(TokenizerFiles.Data("split-cases.jsonl")))
        {
            using JsonDocument entry = JsonDocument.Parse(line);
            string text = entry.RootElement[0].GetString()!;
            int[] expected = [.. entry.RootElement[column].EnumerateArray().Select(length => length.GetInt32())];

            Assert.True(expected.SequenceEqual(Split(scanner, Encoding.UTF8.GetBytes(text))), $"case {cases}: {line}");
            cases++;
        }

        Assert.True(cases > 2500);
    }

    [Theory, MemberData(nameof(Patterns))]
    public void Pieces_are_those_of_the_pattern_itself(SplitPattern pattern)
    {
        // .NET's engine sees UTF-16 units, so it is an oracle for the first plane only. U+017F is left out: without
        // culture data it does not match s regardless of case.
        string expression = pattern switch { SplitPattern.Llama4 => SplitPatterns.Llama4, SplitPattern.Llama3 => SplitPatterns.Llama3, _ => SplitPatterns.Gpt2 };
        Regex regex = new(expression, RegexOptions.CultureInvariant);
        PieceScanner scanner = PieceScanner.For(pattern);
        Random random = new(1);
        const string Common = " \t\n\r/'asSlLtdmre0129.,!AZ\u00a0\u3000\u0301\u02b0\u01c5éÉ世प\u093fก\u0e31";
        for (int n = 0; n < 8_000; n++)
        {
            StringBuilder builder = new();
            for (int i = random.Next(1, 14); i > 0; i--)
            {
                char c = random.Next(8) > 0 ? Common[random.Next(Common.Length)] : (char)random.Next(1, 0x10000);
                builder.Append(char.IsSurrogate(c) || c == '\u017f' ? 'x' : c);
            }

            string text = builder.ToString();
            int[] expected = [.. regex.Matches(text).Select(m => Encoding.UTF8.GetByteCount(m.ValueSpan))];

            Assert.True(expected.SequenceEqual(Split(scanner, Encoding.UTF8.GetBytes(text))), string.Join(' ', text.Select(c => $"{(int)c:X4}")));
        }
    }

    [Theory, MemberData(nameof(Patterns))]
    public void Invalid_bytes_split_as_replacement_characters(SplitPattern pattern)
    {
        PieceScanner scanner = PieceScanner.For(pattern);
        byte[][] invalid = [[0x80], [0xC0], [0xFF], [0xE2, 0x82], [0xED], [0xF0, 0x9F, 0x98], [0xC3], [0xF5]]; // each replaced by one U+FFFD
        Random random = new(2);
        for (int n = 0; n < 2_000; n++)
        {
            List<byte> raw = [];
            StringBuilder replaced = new();
            List<int> rawEnds = [], replacedEnds = []; // of every character, in both texts
            for (int i = random.Next(1, 10); i > 0; i--)
            {
                byte[] sequence = random.Next(2) == 0 ? invalid[random.Next(invalid.Length)] : [(byte)" aB1'\n.s"[random.Next(8)]];
                if (sequence[0] == 0x80 && raw.Count > 0 && raw[^1] >= 0x80) sequence = "x"u8.ToArray(); // would complete the one before
                raw.AddRange(sequence);
                replaced.Append(sequence[0] < 0x80 ? (char)sequence[0] : '\uFFFD');
                rawEnds.Add(raw.Count);
                replacedEnds.Add(Encoding.UTF8.GetByteCount(replaced.ToString()));
            }

            int[] expected = [.. Ends(Split(scanner, Encoding.UTF8.GetBytes(replaced.ToString()))).Select(end => rawEnds[replacedEnds.IndexOf(end)])];

            Assert.Equal(expected, Ends(Split(scanner, [.. raw])));
        }
    }

    private static int[] Split(PieceScanner scanner, ReadOnlySpan<byte> text)
    {
        List<int> lengths = [];
        for (int start = 0; start < text.Length;)
        {
            int end = scanner.NextPiece(text, start);
            Assert.InRange(end, start + 1, text.Length);
            lengths.Add(end - start);
            start = end;
        }

        return [.. lengths];
    }

    private static int[] Ends(int[] lengths)
    {
        int end = 0;
        return [.. lengths.Select(length => end += length)];
    }
}
