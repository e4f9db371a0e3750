using Puna.Extraction.Parts;

namespace Puna.Tests.Extraction.Parts;

public sealed class DocumentSplitterTests
{
    [Theory]
    [InlineData(20, 0)]
    [InlineData(20, 5)]
    [InlineData(57, 10)]
    [InlineData(1000, 100)]
    public void Parts_cover_the_text_in_order_and_fit(int maxTokens, int overlap)
    {
        foreach (string text in (string[])["", "a", Prose, new string('x', 3000), string.Concat(Enumerable.Repeat("😀", 500)), string.Concat(Enumerable.Repeat("\n", 500))])
        {
            List<(int Start, int End)> parts = new DocumentSplitter(text, part => part.Length, maxTokens, overlap).Split();

            Assert.Equal((0, text.Length), (parts[0].Start, parts[^1].End));
            for (int i = 0; i < parts.Count; i++)
            {
                Assert.InRange(parts[i].End - parts[i].Start, 0, maxTokens);
                if (i == 0) continue;
                Assert.True(parts[i].Start <= parts[i - 1].End && parts[i].Start > parts[i - 1].Start && parts[i].End > parts[i - 1].End);
                Assert.InRange(parts[i - 1].End - parts[i].Start, 0, overlap);
                Assert.False(char.IsLowSurrogate(text[parts[i].Start]) && maxTokens > 1);
            }
        }
    }

    [Fact]
    public void It_cuts_before_a_heading_else_between_paragraphs()
    {
        const string Markdown = "# One\n\nfirst paragraph\n\nsecond paragraph\n## Two\nthird paragraph that is long";
        Assert.Equal("## Two", Second(Markdown, 65)[..6]);
        Assert.Equal("second", Second(Markdown, 40)[..6]);

        static string Second(string text, int max) => text[new DocumentSplitter(text, part => part.Length, max, 0).Split()[1].Start..];
    }

    [Fact]
    public void Overlap_starts_at_a_line()
    {
        string text = string.Concat(Enumerable.Range(0, 50).Select(i => $"line number {i}\n"));
        List<(int Start, int End)> parts = new DocumentSplitter(text, part => part.Length, 200, 40).Split();

        Assert.All(parts.Skip(1), part => Assert.StartsWith("line number", text[part.Start..], StringComparison.Ordinal));
        Assert.All(parts.Zip(parts.Skip(1)), pair => Assert.True(pair.Second.Start < pair.First.End));
    }

    private static string Prose { get; } = string.Concat(Enumerable.Range(0, 80).Select(i => i % 7 == 0 ? "\n\n" : i % 3 == 0 ? "Some words end here. " : $"word{i}\n"));
}
