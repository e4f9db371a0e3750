using System.Text.Json.Nodes;
using Puna.Evaluation.Data;
using Puna.Evaluation.Models;
using Puna.Evaluation.Runs;
using Puna.Evaluation.Tasks;

namespace Puna.Tests.Evaluation.Tasks;

public sealed class WrittenTaskTests
{
    private const string Mmlu = "{\"question\":\"Why?\",\"subject\":\"s\",\"choices\":[\"p\",\"q\",\"r\",\"t\"],\"answer\":2}";

    [Fact]
    public void Shots_of_an_instruct_model_are_turns_and_its_answer_is_begun()
    {
        (EvaluationTask task, EvaluationItem item) = Item("meta/mmlu-instruct-5shot", Mmlu);

        ModelRequest request = task.Ask(item, [item], 0);

        const string question = "Given the following question and four candidate answers (A, B, C and D), choose the best answer.\nQuestion: Why?\nA. p\nB. q\nC. r\nD. t\n"
            + "Your response should end with \"The best answer is [the_answer_letter]\" where the [the_answer_letter] is one of A, B, C or D.";
        Assert.Equal([new PromptTurn("user", question), new PromptTurn("assistant", "The best answer is C."), new PromptTurn("user", question)], request.Turns);
        Assert.Equal("The best answer is", request.Prefill);
        Assert.Equal(10, request.MaxTokens);
        Assert.Equal(1, task.Grade(item, FakeModel.Text(" c"), 0).Metrics["acc"]);
        Assert.Equal(0, task.Grade(item, FakeModel.Text(" B"), 0).Metrics["acc"]);
        Assert.Equal(ItemGrade.NoRule, task.Grade(item, FakeModel.Text(" "), 0).Rule);
    }

    [Fact]
    public void Simple_evals_ask_with_a_parenthesis_behind_the_letter()
    {
        (EvaluationTask task, EvaluationItem item) = Item("simple/mmlu", Mmlu);

        Assert.Equal(
            "Answer the following multiple choice question. The last line of your response should be of the following format: 'Answer: $LETTER' (without quotes) where LETTER is one of ABCD. "
            + "Think step by step before answering.\n\nWhy?\n\nA) p\nB) q\nC) r\nD) t",
            task.Ask(item, [], 0).Turns.Single().Text);
    }

    [Fact]
    public void Mmlu_pro_is_asked_with_steps_and_without_choices_that_are_not_there()
    {
        (EvaluationTask task, EvaluationItem item) = Item("lmeval/mmlu_pro", "{\"question_id\":7,\"question\":\"Q?\",\"options\":[\"x\",\"y\",\"N/A\"],\"answer\":\"B\",\"category\":\"law\",\"cot_content\":\"A: Let's think step by step. So. The answer is (B).\"}");

        ModelRequest request = task.Ask(item, [item], 0);

        const string question = "Question:\nQ?\nOptions:\nA. x\nB. y\nAnswer: Let's think step by step.";
        Assert.Equal(
            "The following are multiple choice questions (with answers) about law. Think step by step and then finish your answer with \"the answer is (X)\" where X is the correct letter choice.\n"
            + $"{question} So. The answer is (B).\n\n{question}",
            request.Prompt);
        Assert.Equal(["Question:"], request.Stop);
    }

    [Fact]
    public void Gpqa_orders_its_choices_by_item_and_repeat_alone()
    {
        (EvaluationTask task, EvaluationItem item) = Item("simple/gpqa", "{\"Record ID\":\"r\",\"Question\":\"Q?\",\"Correct Answer\":\"right\",\"Incorrect Answer 1\":\"w1\",\"Incorrect Answer 2\":\"w2\",\"Incorrect Answer 3\":\"w3\"}");

        string[] prompts = [.. Enumerable.Range(0, 4).Select(repeat => task.Ask(item, [], repeat).Turns[0].Text)];

        Assert.Equal(prompts, Enumerable.Range(0, 4).Select(repeat => task.Ask(item, [], repeat).Turns[0].Text));
        Assert.True(prompts.Distinct().Count() > 1);
        for (int repeat = 0; repeat < 4; repeat++) Assert.Contains($"\n{task.RightAnswer(item, repeat)[^1]}) right", prompts[repeat], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("lmeval/gsm8k", "so 9.\n#### 18", 1, 1)]
    [InlineData("lmeval/gsm8k", "The final answer is $1,8.", 0, 1)]
    [InlineData("lmeval/gsm8k", "The answer is 18 dollars. Thanks 2 u", 0, 0)]
    [InlineData("meta/gsm8k-8shot", "The final answer is 18. I hope this helps", 1, 1)]
    [InlineData("meta/gsm8k-8shot", "The final answer is **18**", 0, 1)]
    public void Gsm8k_is_marked_strictly_and_flexibly(string recipe, string answer, double strict, double flexible)
    {
        (EvaluationTask task, EvaluationItem item) = Item(recipe, "{\"question\":\"Q?\",\"answer\":\"x\\n#### 18\"}");

        ItemGrade grade = task.Grade(item, FakeModel.Text(answer), 0);

        Assert.Equal((strict, flexible), (grade.Metrics["exact_match"], grade.Metrics["exact_match_flexible"]));
    }

    [Theory]
    [InlineData("Final Answer: The final answer is $\\frac12$. I hope it is correct.", 1, 1)]
    [InlineData("Final Answer: The final answer is $0.5$. I hope it is correct.", 0, 1)]
    [InlineData("Final Answer: The final answer is $2$. I hope it is correct.", 0, 0)]
    [InlineData("Final Answer: The final answer is $\\frac12$", 0, 0)]
    public void Math_is_marked_by_form_and_by_value(string answer, double exact, double equal)
    {
        (EvaluationTask task, EvaluationItem item) = Item("meta/math-4shot", "{\"problem\":\"P\",\"solution\":\"so \\\\boxed{\\\\frac{1}{2}}\",\"type\":\"Algebra\"}");

        ItemGrade grade = task.Grade(item, FakeModel.Text(answer), 0);

        Assert.Equal((exact, equal), (grade.Metrics["exact_match"], grade.Metrics["equiv"]));
    }

    [Fact]
    public void Instructions_count_each_and_prompts_as_a_whole()
    {
        (EvaluationTask task, EvaluationItem item) = Item("orig/ifeval", "{\"key\":1,\"prompt\":\"P\",\"instruction_id_list\":[\"punctuation:no_comma\",\"detectable_format:title\"],\"kwargs\":[{},{}]}");

        ItemGrade grade = task.Grade(item, FakeModel.Text("no comma and no title"), 0);

        Assert.Equal((0.0, 0.5, 2.0), (grade.Metrics["prompt_strict"], grade.Metrics["instruction_strict"], grade.Metrics["instructions"]));
    }

    [Fact]
    public void The_score_of_ifeval_is_the_mean_of_the_two_scores_over_everything_with_errors_as_wrong()
    {
        EvaluationTask task = EvaluationTasks.Find("orig/ifeval");
        ItemResult[] results =
        [
            Result("a", new Dictionary<string, double> { ["prompt_strict"] = 1, ["instruction_strict"] = 1, ["prompt_loose"] = 1, ["instruction_loose"] = 1, ["instructions"] = 1 }),
            Result("b", new Dictionary<string, double> { ["prompt_strict"] = 0, ["instruction_strict"] = 0.5, ["prompt_loose"] = 1, ["instruction_loose"] = 1, ["instructions"] = 4 }),
            Result("c", task.Unanswered(Item("orig/ifeval", "{\"key\":1,\"prompt\":\"P\",\"instruction_id_list\":[\"punctuation:no_comma\",\"detectable_format:title\",\"punctuation:no_comma\"],\"kwargs\":[{},{},{}]}").Item)),
        ];

        RunSummary summary = RunSummary.Of(task, task.Name, "m", results, chance: null);

        MetricScore Metric(string name) => summary.Metrics.Single(metric => metric.Name == name);
        Assert.Equal(1.0 / 3, Metric("prompt_strict").Micro, 12);
        Assert.Equal(3.0 / 8, Metric("instruction_strict").Micro, 12); // 1 of 1, 2 of 4 and 0 of 3
        Assert.Equal((1.0 / 3 + 3.0 / 8) / 2, Metric("mean_strict").Micro, 12);
        Assert.Equal((1.0 / 3 + 3.0 / 8 + 2.0 / 3 + 5.0 / 8) / 4, Metric("mean_all").Micro, 12);
        Assert.True(Metric("instruction_strict").MicroLow < 3.0 / 8 && Metric("instruction_strict").MicroHigh > 3.0 / 8);
    }

    [Fact]
    public void A_weighted_score_without_misses_has_no_width()
    {
        EvaluationTask task = EvaluationTasks.Find("orig/ifeval");
        ItemResult[] results = [.. Enumerable.Range(1, 5).Select(i => Result($"{i}", new Dictionary<string, double> { ["prompt_strict"] = 1, ["instruction_strict"] = 1, ["prompt_loose"] = 1, ["instruction_loose"] = 1, ["instructions"] = i }))];

        MetricScore score = RunSummary.Of(task, task.Name, "m", results, chance: null).Metrics.Single(metric => metric.Name == "instruction_strict");

        Assert.Equal((1.0, 1.0, 1.0), (score.Micro, score.MicroLow, score.MicroHigh));
    }

    [Fact]
    public void An_error_is_wrong_and_neither_sure_nor_well_calibrated_nor_free_of_inventions()
    {
        EvaluationTask mmlu = EvaluationTasks.Find("lmeval/mmlu"), fields = EvaluationTasks.Find("puna/fields");
        ItemResult answered = Result("a", new Dictionary<string, double> { ["acc"] = 1, ["acc_norm"] = 1, ["acc_bytes"] = 1, ["brier"] = 0.4, ["nll"] = 0.5, ["confidence"] = 0.6 });
        EvaluationItem item = Item("puna/fields", "{\"text\":\"T\",\"schema\":{\"type\":\"object\"},\"expected\":{\"a\":1}}").Item;

        RunSummary summary = RunSummary.Of(mmlu, mmlu.Name, "m", [answered, Result("b", mmlu.Unanswered(item))], chance: null);

        Assert.Equal((0.5, 0.4, 0.5), (summary.Metrics[0].Micro, summary.Metrics.Single(m => m.Name == "brier").Micro, summary.Metrics.Single(m => m.Name == "nll").Micro));
        Assert.Equal(0.4, summary.CalibrationError!.Value, 12);
        Assert.DoesNotContain("made_up", fields.Unanswered(item).Keys);
        Assert.Equal(0, fields.Unanswered(item)["f1"]);
    }

    [Fact]
    public void Json_that_spells_half_a_surrogate_pair_is_no_document()
    {
        (EvaluationTask task, EvaluationItem item) = Item("puna/fields", "{\"text\":\"T\",\"schema\":{\"type\":\"object\"},\"expected\":{\"a\":\"x\"}}");

        Assert.Equal(0, task.Grade(item, FakeModel.Text("{\"a\":\"\\ud800\"}"), 0).Metrics["parsed"]);
        Assert.Equal(0, task.Grade(item, FakeModel.Text("{\"\\udc00\":1}"), 0).Metrics["parsed"]);
    }

    private static ItemResult Result(string id, IReadOnlyDictionary<string, double> marks) => new() { Id = id, ItemHash = "", PromptHash = "", TargetHash = "", Metrics = marks };

    [Fact]
    public void Fields_of_an_answer_that_is_no_json_are_all_missing()
    {
        (EvaluationTask task, EvaluationItem item) = Item("puna/fields", "{\"text\":\"T\",\"schema\":{\"type\":\"object\"},\"expected\":{\"a\":1,\"b\":2}}");

        Assert.Equal(0, task.Grade(item, FakeModel.Text("sorry"), 0).Metrics["f1"]);
        ItemGrade half = task.Grade(item, FakeModel.Text("```json\n{\"a\": 1, \"b\": 3}\n```"), 0);
        Assert.Equal(0.5, half.Metrics["f1"], 12);
        Assert.Equal(1, half.Metrics["parsed"]);
    }

    [Fact]
    public void Quotes_prove_the_values_that_stand_in_them()
    {
        (EvaluationTask task, EvaluationItem item) = Item("puna/fields", """
            {"text":"Total due: 80. Sold by North Mill.","schema":{"type":"object"},"evidence":"quotes","expected":{"total":80,"lines":[{"by":"North Mill"}],"quotes":{}}}
            """);

        ItemGrade grade = task.Grade(item, FakeModel.Text("""{"total":80,"lines":[{"by":"North Mill"}],"quotes":{"total":"Total due: 80","lines[0].by":"Bought at North Mill"}}"""), 0);

        Assert.Equal((1.0, 1.0, 0.0), (grade.Metrics["f1"], grade.Metrics["document"], grade.Metrics["made_up"])); // quotes are no fields
        Assert.Equal(0.5, grade.Metrics["evidence"]);
        Assert.Equal(0, task.Grade(item, FakeModel.Text("""{"total":80,"quotes":["80"]}"""), 0).Metrics["evidence"]);
        Assert.Equal(0, task.Grade(item, FakeModel.Text("[1]"), 0).Metrics["evidence"]);
        Assert.Equal(0, task.Unanswered(item)["evidence"]);
    }

    private static (EvaluationTask Task, EvaluationItem Item) Item(string recipe, string row)
    {
        EvaluationTask task = EvaluationTasks.Find(recipe);
        return (task, task.Read((JsonObject)JsonNode.Parse(row)!, new RowPlace("test", 0, 0))!);
    }
}
