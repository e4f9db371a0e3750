using System.IO.Compression;
using System.Text;
using Puna.Extraction.Documents;
using UglyToad.PdfPig.Content;
using UglyToad.PdfPig.Core;
using UglyToad.PdfPig.Fonts.Standard14Fonts;
using UglyToad.PdfPig.Writer;

namespace Puna.Tests.Extraction.Documents;

public sealed class PdfTextTests
{
    [Fact]
    public void Pages_are_read_in_order_with_their_lines()
    {
        SourceDocument document = PdfText.Read(Pdf(["Invoice number: HC-1", "Total: 298.00 EUR"], ["Second page"]), "a.pdf", new DocumentLimits());

        Assert.Equal(2, document.PageStarts.Count);
        Assert.Equal(["Invoice number: HC-1", "Total: 298.00 EUR"], document.Text[..document.PageStarts[1]].Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
        Assert.Equal("Second page", document.Text[document.PageStarts[1]..].Trim());
    }

    [Fact]
    public void Too_many_pages_are_refused() => Assert.Contains("2 pages; the most that is read is 1",
        Assert.Throws<DocumentException>(() => PdfText.Read(Pdf(["a"], ["b"]), "a.pdf", new DocumentLimits { PdfPages = 1 })).Message, StringComparison.Ordinal);

    [Fact]
    public void A_file_without_text_says_that_it_may_be_scanned() => Assert.Contains("OCR", Assert.Throws<DocumentException>(() => PdfText.Read(Pdf([]), "a.pdf", new DocumentLimits())).Message, StringComparison.Ordinal);

    [Fact]
    public void What_is_no_pdf_is_refused() => Assert.Contains("not a PDF", Assert.Throws<DocumentException>(() => PdfText.Read("hello"u8.ToArray(), "a.pdf", new DocumentLimits())).Message, StringComparison.Ordinal);

    [Fact]
    public void A_stream_that_unpacks_to_more_than_the_limit_is_refused_before_it_is_unpacked()
    {
        byte[] bomb = WithContent(Deflate(new byte[64 << 20]));
        Assert.InRange(bomb.Length, 0, 1 << 20);

        Assert.Contains("unpack to more than 1048576 bytes", Assert.Throws<DocumentException>(() => PdfText.Read(bomb, "a.pdf", new DocumentLimits { PdfUnpackedBytes = 1 << 20 })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_packed_as_usual_is_read() => Assert.Equal("Hello", PdfText.Read(WithContent(Deflate("BT /F1 12 Tf 50 700 Td (Hello) Tj ET"u8.ToArray())), "a.pdf", new DocumentLimits()).Text);

    [Fact]
    public void Damaged_files_are_errors_and_nothing_else()
    {
        byte[] whole = Pdf(["Invoice number: HC-1"]);
        Random random = new(1);
        for (int i = 0; i < 60; i++)
        {
            byte[] damaged = whole[..(i % 3 == 0 ? random.Next(10, whole.Length) : whole.Length)];
            for (int flips = 0; flips < 8; flips++) damaged[random.Next(9, damaged.Length)] = (byte)random.Next(256);
            try
            {
                _ = PdfText.Read(damaged, "a.pdf", new DocumentLimits { PdfTime = TimeSpan.FromSeconds(5) });
            }
            catch (DocumentException error)
            {
                Assert.NotEmpty(error.Message);
            }
        }
    }

    internal static byte[] Pdf(params string[][] pages)
    {
        using PdfDocumentBuilder builder = new();
        PdfDocumentBuilder.AddedFont font = builder.AddStandard14Font(Standard14Font.Helvetica);
        foreach (string[] lines in pages)
        {
            PdfPageBuilder page = builder.AddPage(PageSize.A4);
            foreach ((int index, string line) in lines.Index()) page.AddText(line, 12, new PdfPoint(50, 750 - (20 * index)), font);
        }

        return builder.Build();
    }

    private static byte[] Deflate(byte[] content)
    {
        using MemoryStream packed = new();
        using (ZLibStream zlib = new(packed, CompressionLevel.SmallestSize)) zlib.Write(content);
        return packed.ToArray();
    }

    /// <summary>A file of one page whose content is a deflated stream.</summary>
    private static byte[] WithContent(byte[] packed)
    {
        using MemoryStream file = new();
        List<long> offsets = [];
        void Write(string text) => file.Write(Encoding.Latin1.GetBytes(text));
        void Begin()
        {
            offsets.Add(file.Position);
            Write($"{offsets.Count} 0 obj\n");
        }

        Write("%PDF-1.4\n");
        Begin();
        Write("<< /Type /Catalog /Pages 2 0 R >>\nendobj\n");
        Begin();
        Write("<< /Type /Pages /Kids [3 0 R] /Count 1 >>\nendobj\n");
        Begin();
        Write("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>\nendobj\n");
        Begin();
        Write($"<< /Length {packed.Length} /Filter /FlateDecode >>\nstream\n");
        file.Write(packed);
        Write("\nendstream\nendobj\n");
        Begin();
        Write("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>\nendobj\n");
        long table = file.Position;
        Write($"xref\n0 {offsets.Count + 1}\n0000000000 65535 f \n{string.Concat(offsets.Select(offset => $"{offset:d10} 00000 n \n"))}trailer\n<< /Size {offsets.Count + 1} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n");
        return file.ToArray();
    }
}
