using System.Text;
using Puna.Engine.Sampling;

namespace Puna.Tests.Engine.Sampling;

public class StopMatcherTests
{
    [Fact]
    public void Text_that_may_begin_a_stop_string_is_held_until_decided()
    {
        StopMatcher matcher = new(["</end>"]);

        Assert.Equal("a ", matcher.Append("a </e"));
        Assert.Equal("</e", matcher.Append("<"));
        Assert.Equal("", matcher.Append("/en"));
        Assert.Equal("", matcher.Append("d> more"));
        Assert.Equal("</end>", matcher.Stop);
        Assert.Equal("", matcher.Append("even more"));
        Assert.Equal("", matcher.Flush());
    }

    [Fact]
    public void End_of_the_stream_releases_what_was_held()
    {
        StopMatcher matcher = new(["stop"]);

        Assert.Equal("x", matcher.Append("xsto"));
        Assert.Equal("sto", matcher.Flush());
        Assert.Equal("", matcher.Flush());
        Assert.Equal("p", matcher.Append("p")); // what was flushed no longer belongs to a match
        Assert.Null(matcher.Stop);
    }

    [Fact]
    public void First_to_end_wins_and_the_longest_of_those()
    {
        StopMatcher matcher = new(["abcd", "bc", "c"]);

        Assert.Equal("xa", matcher.Append("xabcd"));
        Assert.Equal("bc", matcher.Stop);
    }

    [Fact]
    public void Surrogate_pairs_stay_whole()
    {
        StopMatcher matcher = new(["🙃"]); // shares its high surrogate with 🙂

        Assert.Equal("a", matcher.Append("a\uD83D"));
        Assert.Equal("🙂", matcher.Append("\uDE42"));
        Assert.Equal("b", new StopMatcher([]).Append("b\uD83D"));
    }

    [Fact]
    public void Without_stop_strings_everything_passes()
    {
        StopMatcher matcher = new([]);

        Assert.Equal("abc", matcher.Append("abc"));
        Assert.Equal(new string('x', 5000), matcher.Append(new string('x', 5000)));
    }

    [Fact]
    public void Agrees_with_a_search_of_the_whole_text_however_it_is_cut()
    {
        Random random = new(1);
        string[] letters = ["a", "b", "c", "🙂", "🙃"]; // few, so that overlaps abound
        string Text(int max) => string.Concat(Enumerable.Range(0, random.Next(1, max)).Select(_ => letters[random.Next(letters.Length)]));
        int found = 0;
        for (int round = 0; round < 5000; round++)
        {
            string[] stops = [.. Enumerable.Range(0, random.Next(1, 6)).Select(_ => Text(7))];
            string text = Text(60);
            (string expected, string? expectedStop) = Naive(text, stops);

            StopMatcher matcher = new(stops);
            StringBuilder emitted = new();
            for (int i = 0; i < text.Length;)
            {
                int length = Math.Min(random.Next(0, 6), text.Length - i);
                Emit(matcher.Append(text.AsSpan(i, length)));
                i += length;
            }

            Emit(matcher.Flush());
            Assert.Equal(expected, emitted.ToString());
            Assert.Equal(expectedStop, matcher.Stop);
            found += expectedStop is null ? 0 : 1;

            void Emit(ReadOnlySpan<char> piece)
            {
                if (piece.Length > 0) Assert.False(char.IsLowSurrogate(piece[0]) || char.IsHighSurrogate(piece[^1]), "a pair was split");
                emitted.Append(piece);
            }
        }

        Assert.InRange(found, 500, 4900);
    }

    [Fact]
    public void Emits_as_early_as_possible()
    {
        StopMatcher matcher = new(["aab"]);

        Assert.Equal("a", matcher.Append("aaa")); // "aa" may still become the stop string
        Assert.Equal("a", matcher.Append("a"));
        Assert.Equal("aac", matcher.Append("c"));
    }

    [Fact]
    public void Reset_starts_over()
    {
        StopMatcher matcher = new(["ab"]);
        matcher.Append("xab");
        matcher.Reset();

        Assert.Null(matcher.Stop);
        Assert.Equal("b", matcher.Append("b"));
    }

    [Fact]
    public void Limits_are_enforced()
    {
        Assert.Contains("65 stop strings", Assert.Throws<ArgumentException>(() => new StopMatcher([.. Enumerable.Repeat("x", 65)])).Message);
        Assert.Contains("stop[1] has 257", Assert.Throws<ArgumentException>(() => new StopMatcher(["a", new string('x', 257)])).Message);
        Assert.Contains("stop[0] has 0", Assert.Throws<ArgumentException>(() => new StopMatcher([""])).Message);
        Assert.Contains("surrogate", Assert.Throws<ArgumentException>(() => new StopMatcher(["\uDE42x"])).Message);
        Assert.Contains("surrogate", Assert.Throws<ArgumentException>(() => new StopMatcher(["x\uD83D"])).Message);
    }

    [Fact]
    public void Nothing_is_allocated_per_piece()
    {
        StopMatcher matcher = new(["\n\nUser:", "</s>"]);
        matcher.Append("warm up");
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++) matcher.Append(i % 7 == 0 ? "\n\nUs" : " word");

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static (string Text, string? Stop) Naive(string text, string[] stops)
    {
        for (int end = 1; end <= text.Length; end++)
        {
            string? stop = stops.Where(s => text.AsSpan(0, end).EndsWith(s, StringComparison.Ordinal)).MaxBy(s => s.Length);
            if (stop is not null) return (text[..(end - stop.Length)], stop);
        }

        return (text, null);
    }
}
