using System.Text.Json.Nodes;
using Puna.Evaluation.Data;
using Puna.Evaluation.Models;

namespace Puna.Evaluation.Tasks.Choices;

/// <summary>MMLU by the log-likelihood of the letters behind "Answer:", as base models are scored.</summary>
/// <remarks>Sources: EleutherAI lm-evaluation-harness, lm_eval/tasks/mmlu; hendrycks/test, evaluate.py.</remarks>
internal sealed class MmluScored : ScoredChoiceTask
{
    private readonly bool _original;

    private MmluScored(string name, string summary, int shots, ModelVariant? variant, bool original)
    {
        (Name, Summary, DefaultShots, Variant, _original) = (name, summary, shots, variant, original);
    }

    internal static IEnumerable<EvaluationTask> All =>
    [
        new MmluScored("lmeval/mmlu", "MMLU, log-likelihood of A to D; micro average as lm-evaluation-harness reports it", 0, null, original: false),
        new MmluScored("meta/mmlu-5shot", "MMLU as Meta scores base models: 5 shots, log-likelihood of A to D; macro average over subjects", 5, ModelVariant.Base, original: false),
        new MmluScored("orig/mmlu", "MMLU as its authors' script writes it: two spaces before the subject, questions untrimmed", 5, null, original: true),
    ];

    public override string Name { get; }

    public override string Summary { get; }

    public override ModelVariant? Variant { get; }

    public override int DefaultShots { get; }

    public override int MaxShots => 5;

    public override DataLayout Data => MmluItems.Layout;

    public override EvaluationItem Read(JsonObject row, RowPlace place) => MmluItems.Read(row, place);

    private protected override string Header(EvaluationItem item) =>
        $"The following are multiple choice questions (with answers) about {(_original ? " " : "")}{item.Text("subject").Replace('_', ' ')}.\n\n";

    private protected override string Question(EvaluationItem item) =>
        $"{(_original ? item.Text("question") : item.Text("question").Trim())}{ChoiceLetters.Lines(item.Texts(Choices))}\nAnswer:";

    private protected override IReadOnlyList<string> Scored(EvaluationItem item) => [.. item.Texts(Choices).Select((_, i) => ChoiceLetters.Letter(i))];
}
