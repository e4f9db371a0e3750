using System.Text.Json.Nodes;
using Puna.Evaluation;
using Puna.Evaluation.Data;
using Puna.Evaluation.Models;
using Puna.Evaluation.Tasks;
using Puna.Evaluation.Tasks.Choices;

namespace Puna.Tests.Evaluation.Tasks;

public sealed class ChoiceTests
{
    private static readonly string[] Letters = ["A", "B", "C", "D"];

    [Fact]
    public void Confidence_and_brier_come_of_the_softmax_over_the_choices()
    {
        double[] scores = [-1.2, -0.4, -2.0, -3.1];

        ItemGrade grade = ChoiceGrade.Of(scores, Letters, 1);

        Assert.Equal(1, grade.Metrics["acc"]);
        Assert.Equal(0.258489, grade.Metrics["brier"], 6);
        Assert.Equal(0.581926, grade.Metrics["confidence"], 6);
        Assert.Equal("B", grade.Prediction);
    }

    [Fact]
    public void A_score_per_character_may_choose_another()
    {
        string[] texts = ["red", "a dark shade of blue", "green", "none"];

        Assert.Equal((1.0, 0.0), Of(0));
        Assert.Equal((0.0, 1.0), Of(1));

        (double, double) Of(int right)
        {
            ItemGrade grade = ChoiceGrade.Of([-4.0, -9.0, -4.4, -5.0], texts, right);
            return (grade.Metrics["acc"], grade.Metrics["acc_norm"]);
        }
    }

    [Fact]
    public void The_first_of_equals_is_chosen() => Assert.Equal("A", ChoiceGrade.Of([-1, -1, -1, -1], Letters, 0).Prediction);

    [Fact]
    public void Characters_are_code_points_and_bytes_are_utf8()
    {
        // Two code points of four bytes each against four letters: per character -1.5 and -1, per byte -0.375 and -1.
        ItemGrade grade = ChoiceGrade.Of([-3, -4], ["\U0001F600\U0001F600", "abcd"], 0);

        Assert.Equal(0, grade.Metrics["acc_norm"]);
        Assert.Equal(1, grade.Metrics["acc_bytes"]);
    }

    [Theory]
    [InlineData("lmeval/mmlu", "The following are multiple choice questions (with answers) about kitchen science.\n\nx?\nA. a\nB. b\nC. c\nD. d\nAnswer: B\n\nWhy?\nA. p\nB. q\nC. r\nD. s\nAnswer:")]
    [InlineData("orig/mmlu", "The following are multiple choice questions (with answers) about  kitchen science.\n\nx?\nA. a\nB. b\nC. c\nD. d\nAnswer: B\n\n Why? \nA. p\nB. q\nC. r\nD. s\nAnswer:")]
    public void Mmlu_is_asked_byte_for_byte(string recipe, string expected)
    {
        EvaluationTask task = EvaluationTasks.Find(recipe);
        EvaluationItem shot = task.Read(Row("{\"question\":\"x?\",\"A\":\"a\",\"B\":\"b\",\"C\":\"c\",\"D\":\"d\",\"answer\":\"B\"}"), new RowPlace("kitchen_science_dev", 0, 0))!;
        EvaluationItem item = task.Read(Row("{\"question\":\" Why? \",\"subject\":\"kitchen_science\",\"choices\":[\"p\",\"q\",\"r\",\"s\"],\"answer\":2}"), new RowPlace("test", 7, 7))!;

        ModelRequest request = task.Ask(item, [shot], 0);

        Assert.Equal(expected, request.Prompt);
        Assert.Equal([" A", " B", " C", " D"], request.Continuations);
        Assert.Equal("kitchen_science", shot.Group);
    }

    [Fact]
    public void Arc_is_read_in_both_of_its_layouts()
    {
        EvaluationTask task = EvaluationTasks.Find("lmeval/arc_challenge");
        RowPlace place = new("test", 0, 0);

        EvaluationItem hub = task.Read(Row("{\"id\":\"1\",\"question\":\"Q?\",\"choices\":{\"text\":[\"x\",\"y\"],\"label\":[\"1\",\"2\"]},\"answerKey\":\"2\"}"), place)!;
        EvaluationItem authors = task.Read(Row("{\"id\":\"1\",\"question\":{\"stem\":\"Q?\",\"choices\":[{\"text\":\"x\",\"label\":\"1\"},{\"text\":\"y\",\"label\":\"2\"}]},\"answerKey\":\"2\"}"), place)!;

        Assert.Equal(hub.Hash, authors.Hash);
        Assert.Equal(1, hub.Number("answer"));
        Assert.Null(EvaluationTasks.Find("meta/arc-25shot").Read(Row("{\"id\":\"1\",\"question\":\"Q?\",\"choices\":{\"text\":[\"x\",\"y\"],\"label\":[\"1\",\"2\"]},\"answerKey\":\"2\"}"), place));
    }

    [Theory]
    [InlineData("{\"question\":\"x\",\"choices\":[\"a\",\"b\"],\"answer\":2}", "names none of the 2 choices")]
    [InlineData("{\"question\":\"x\",\"answer\":2}", "neither choices nor a column 'A'")]
    [InlineData("{\"choices\":[\"a\"],\"answer\":0}", "no question")]
    public void A_row_that_is_not_as_promised_is_an_error(string row, string expected) =>
        Assert.Contains(expected, Assert.Throws<EvaluationException>(() => EvaluationTasks.Find("lmeval/mmlu").Read(Row(row), new RowPlace("test", 0, 0))).Message, StringComparison.Ordinal);

    private static JsonObject Row(string json) => (JsonObject)JsonNode.Parse(json)!;
}
