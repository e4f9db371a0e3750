using System.Globalization;
using Puna.Extraction;
using Puna.Extraction.Evidence;

namespace Puna.Cli.Extraction;

/// <summary>The values of a result for a person: how sure the model was, and where the document says so.</summary>
internal static class FieldDisplay
{
    private const int MaxQuote = 60;

    internal static void Write(ExtractionResult result, TextWriter output)
    {
        int width = Math.Min(40, result.Fields.Select(field => field.Pointer.Length).DefaultIfEmpty(0).Max());
        foreach (ExtractedField field in result.Fields)
            output.WriteLine(TerminalText.Printable(string.Create(CultureInfo.InvariantCulture, $"{field.Pointer.PadRight(width)}  {field.Confidence,6:P0}  {Source(field)}")));
    }

    private static string Source(ExtractedField field) => field.Evidence switch
    {
        { } evidence => $"{Place(evidence)}: {Quote(evidence.Text)}{(evidence.Match == EvidenceMatch.Exact ? "" : $" ({evidence.Match.ToString().ToLowerInvariant()})")}",
        null => field.IsNotInSource ? "NOT IN SOURCE" : "-",
    };

    private static string Place(FieldEvidence evidence) => evidence.Page is { } page ? $"page {page} line {evidence.Line}" : $"line {evidence.Line}";

    private static string Quote(string text) => (text.Length <= MaxQuote ? text : text[..(char.IsHighSurrogate(text[MaxQuote - 1]) ? MaxQuote - 1 : MaxQuote)] + "…").ReplaceLineEndings(" ");
}
