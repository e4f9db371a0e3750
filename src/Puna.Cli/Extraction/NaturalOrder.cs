namespace Puna.Cli.Extraction;

/// <summary>Names in the order people expect: <c>rows.csv#9</c> before <c>rows.csv#10</c>.</summary>
internal sealed class NaturalOrder : IComparer<string>
{
    internal static NaturalOrder Instance { get; } = new();

    public int Compare(string? x, string? y)
    {
        ReadOnlySpan<char> a = x, b = y;
        while (!a.IsEmpty && !b.IsEmpty)
        {
            int digitsA = Digits(a), digitsB = Digits(b);
            int order;
            if (digitsA > 0 && digitsB > 0)
            {
                ReadOnlySpan<char> numberA = a[..digitsA].TrimStart('0'), numberB = b[..digitsB].TrimStart('0');
                order = numberA.Length != numberB.Length ? numberA.Length - numberB.Length : numberA.SequenceCompareTo(numberB);
                a = a[digitsA..];
                b = b[digitsB..];
            }
            else
            {
                order = a[0] - b[0];
                a = a[1..];
                b = b[1..];
            }

            if (order != 0) return order;
        }

        return a.Length != b.Length ? a.Length - b.Length : string.CompareOrdinal(x, y);
    }

    private static int Digits(ReadOnlySpan<char> text)
    {
        int count = 0;
        while (count < text.Length && char.IsAsciiDigit(text[count])) count++;
        return count;
    }
}
