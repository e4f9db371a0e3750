using Puna.Evaluation.Models;

namespace Puna.Evaluation.Tasks.Choices;

/// <summary>A recipe that scores the continuations that stand for the choices. Items have choices (texts) and an answer (number from 0).</summary>
public abstract class ScoredChoiceTask : EvaluationTask
{
    internal const string Choices = "choices", Answer = "answer";

    private protected ScoredChoiceTask()
    {
    }

    /// <inheritdoc/>
    public override bool ScoresContinuations => true;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Metrics => ChoiceGrade.Metrics;

    /// <inheritdoc/>
    public sealed override ModelRequest Ask(EvaluationItem item, IReadOnlyList<EvaluationItem> shots, int repeat) => new()
    {
        Prompt = Header(item) + string.Concat(shots.Select(shot => Question(shot) + Join + Scored(shot)[shot.Number(Answer)] + "\n\n")) + Question(item),
        Continuations = [.. Scored(item).Select(text => Join + text)],
    };

    /// <inheritdoc/>
    public override ItemGrade Grade(EvaluationItem item, ModelAnswer answer, int repeat) =>
        ChoiceGrade.Of(answer.LogLikelihoods, Scored(item), item.Number(Answer), Metrics[0]);

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, double> Unanswered(EvaluationItem item) => Metrics.Where(metric => metric.StartsWith("acc", StringComparison.Ordinal)).ToDictionary(metric => metric, _ => 0.0);

    /// <inheritdoc/>
    public override string RightAnswer(EvaluationItem item, int repeat) => Scored(item)[item.Number(Answer)];

    /// <inheritdoc/>
    public override double? Chance(EvaluationItem item) => 1.0 / item.Texts(Choices).Count;

    /// <summary>What stands between a question and its answer.</summary>
    private protected virtual string Join => " ";

    /// <summary>What stands before everything.</summary>
    private protected virtual string Header(EvaluationItem item) => "";

    /// <summary>The question up to where the answer goes.</summary>
    private protected abstract string Question(EvaluationItem item);

    /// <summary>The texts that are scored, in the order of the choices.</summary>
    private protected abstract IReadOnlyList<string> Scored(EvaluationItem item);
}
