using Puna.Training.Evaluation;
using Xunit;

namespace Puna.Training.Tests;

public sealed class ChatCheckTests
{
    [Fact]
    public void Turns_keep_what_belongs_to_them()
    {
        ChatCheck check = Assert.Single(Read("# notes\n=== size\ns Be brief.\nu How big?\n+ small\n- \\bhuge\nu Sure?\n+ yes\n"));

        Assert.Equal(("size", "Be brief."), (check.Subject, check.System));
        Assert.Equal(["How big?", "Sure?"], check.Turns.Select(t => t.Text));
        Assert.True(check.Turns[0].Accepts("Very SMALL."));
        Assert.False(check.Turns[0].Accepts("Small, not huge."));
        Assert.False(check.Turns[0].Accepts("Who knows."));
    }

    [Theory]
    [InlineData("u Hello\n+ hi\n", "line 1")]
    [InlineData("=== a\n+ hi\n", "line 2")]
    [InlineData("=== a\nu Hello\n+ (\n", "line 3")]
    [InlineData("=== a\nu Hello\n", "nothing would be checked")]
    [InlineData("=== a\n", "nothing would be checked")]
    [InlineData("=== a\nu\n", "line 2")]
    public void What_would_check_nothing_is_refused(string text, string told) => Assert.Contains(told, Assert.Throws<FormatException>(() => Read(text)).Message, StringComparison.Ordinal);

    private static List<ChatCheck> Read(string text)
    {
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, text);
            return ChatCheck.Read(path);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
