using System.Globalization;

namespace Puna.Cli;

/// <summary>Token ids written as text: numbers separated by anything that is not one.</summary>
internal static class TokenIdList
{
    /// <summary>Reads ids from an option or a file, of which just one must be given.</summary>
    internal static int[] Read(string? text, string? file)
    {
        if (text is null == file is null) throw new UsageException("give token ids with either --ids 1,2,3 or --ids-file FILE.");
        int[] ids = Parse(text ?? File.ReadAllText(file!));
        return ids.Length > 0 ? ids : throw new UsageException("no token id was given; give whole numbers, such as --ids 1,2,3.");
    }

    internal static int[] Parse(string text)
    {
        List<int> ids = [];
        foreach (string word in text.Split([' ', ',', ';', '[', ']', '\t', '\r', '\n'], StringSplitOptions.RemoveEmptyEntries))
        {
            if (!int.TryParse(word, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int id))
                throw new UsageException($"'{TerminalText.Printable(word)}' is not a token id; give whole numbers, such as 1,2,3.");
            ids.Add(id);
        }

        return [.. ids];
    }
}
