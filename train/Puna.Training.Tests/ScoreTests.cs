using Puna.Training.Evaluation;
using Xunit;

namespace Puna.Training.Tests;

public sealed class ScoreTests
{
    [Theory]
    [InlineData("""{"a":"x","n":2.50}""", """{"n":2.5,"a":"x"}""", 2)]
    [InlineData("""{"a":"x","n":2.50}""", """{"a":"X","n":"2.50"}""", 0)]
    [InlineData("""{"a":"x","n":null}""", """{"a":"x"}""", 1)]
    [InlineData("""{"a":"x","n":null}""", """{"a":"x","n":null,"more":1}""", 2)]
    [InlineData("""{"a":[{"q":1.0,"t":"b"}]}""", """{"a":[{"t":"b","q":1}]}""", 1)]
    [InlineData("""{"a":[1,2]}""", """{"a":[2,1]}""", 0)]
    [InlineData("""{"a":"x"}""", """{"a":"x","a":"x"}""", 0)]
    [InlineData("""{"a":"x"}""", """{"a":"x" """, 0)]
    [InlineData("""{"a":"x"}""", """["a","x"]""", 0)]
    public void Fields_are_right_when_their_values_are_equal(string expected, string answer, int right) =>
        Assert.Equal(right, Score.Fields(expected, answer).Count(field => field.Right));

    [Fact]
    public void The_interval_is_Wilson_s()
    {
        Score score = new();
        for (int i = 0; i < 50; i++) score.Add(i < 40);

        Assert.Equal("80.0 % (40 of 50; 95 % interval 67.0 to 88.8)", score.ToString()); // (p + z²/2n ± z √(p(1−p)/n + z²/4n²)) / (1 + z²/n)
        Assert.Equal("none", new Score().ToString());
    }
}
