using System.Text;
using UglyToad.PdfPig;
using UglyToad.PdfPig.DocumentLayoutAnalysis.TextExtractor;
using UglyToad.PdfPig.Exceptions;

namespace Puna.Extraction.Documents;

/// <summary>
/// The text of a PDF file, page by page, in reading order. The parser is another's and sees bytes of strangers, so it runs on a thread of
/// its own with bounds on pages, unpacked bytes, depth and time, and whatever it throws is an error of the document.
/// </summary>
internal static class PdfText
{
    private const int StackBytes = 16 << 20;
    private const int MaxDepth = 64;

    internal static SourceDocument Read(byte[] bytes, string name, DocumentLimits limits)
    {
        if (!bytes.AsSpan(0, Math.Min(bytes.Length, 1024)).IndexOf("%PDF-"u8).IsFound()) throw new DocumentException("its first 1024 bytes have no %PDF-; this is not a PDF file.");

        SourceDocument? document = null;
        Exception? failure = null;
        using CancellationTokenSource tooLong = new(limits.PdfTime);
        CancellationToken stop = tooLong.Token;
        Thread thread = new(() =>
        {
            try
            {
                document = Parse(bytes, name, limits, stop);
            }
            catch (Exception error) // a parser of untrusted bytes may throw anything
            {
                failure = error;
            }
        }, StackBytes)
        { IsBackground = true, Name = "puna pdf" };
        thread.Start();

        // A page that takes for ever cannot be stopped from outside; its thread is left behind and ends with the process.
        if (!thread.Join(limits.PdfTime + TimeSpan.FromSeconds(1)) || failure is OperationCanceledException)
            throw new DocumentException($"reading it takes more than {limits.PdfTime.TotalSeconds:F0} seconds, the most that is spent on a PDF file.");
        return failure switch
        {
            null => document!,
            DocumentException known => throw known,
            PdfDocumentEncryptedException => throw new DocumentException("it is encrypted and asks for a password. Save it without one.", failure),
            _ => throw new DocumentException($"the PDF file is damaged: {failure.Message}", failure),
        };
    }

    private static SourceDocument Parse(byte[] bytes, string name, DocumentLimits limits, CancellationToken stop)
    {
        using PdfDocument pdf = PdfDocument.Open(bytes, new ParsingOptions { UseLenientParsing = true, SkipMissingFonts = true, MaxStackDepth = MaxDepth, FilterProvider = new BoundedFilters(limits.PdfUnpackedBytes, stop) });
        if (pdf.NumberOfPages > limits.PdfPages) throw new DocumentException($"it has {pdf.NumberOfPages} pages; the most that is read is {limits.PdfPages}. Split it.");

        StringBuilder text = new();
        List<int> pageStarts = [];
        for (int page = 1; page <= pdf.NumberOfPages; page++)
        {
            stop.ThrowIfCancellationRequested();
            if (page > 1) text.Append("\n\n");
            pageStarts.Add(text.Length);
            string pageText = ContentOrderTextExtractor.GetText(pdf.GetPage(page), addDoubleNewline: true).ReplaceLineEndings("\n").Replace('\0', '\uFFFD').Trim();
            text.Append(WholeCharacters(pageText));
            if (text.Length > limits.Characters) throw new DocumentException($"page {page} takes it above {limits.Characters} characters, the most that is read. Split it.");
        }

        string all = text.ToString();
        if (string.IsNullOrWhiteSpace(all)) throw new DocumentException("it has no text: its pages may be scanned images. Recognise the text first (OCR).");
        return new SourceDocument(name, all, pageStarts);
    }

    /// <summary>The text with U+FFFD for half surrogate pairs, which a font's table may give.</summary>
    private static string WholeCharacters(string text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));

    private static bool IsFound(this int index) => index >= 0;
}
