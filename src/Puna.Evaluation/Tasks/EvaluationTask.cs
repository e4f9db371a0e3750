using System.Text.Json.Nodes;
using Puna.Evaluation.Data;
using Puna.Evaluation.Models;
using Puna.Evaluation.Sandbox;

namespace Puna.Evaluation.Tasks;

/// <summary>
/// A recipe: a frozen way to ask the questions of a benchmark and to mark the answers. Whatever changes a score (prompt, shots,
/// limits, extraction, metric) is part of it; a change of any makes a new <see cref="Version"/>. Without state: everything but
/// <see cref="Read"/> is a function of stored records.
/// </summary>
public abstract class EvaluationTask
{
    /// <summary>Family and recipe, such as <c>lmeval/mmlu</c>.</summary>
    public abstract string Name { get; }

    /// <summary>Counts the recipe's changes.</summary>
    public virtual int Version => 1;

    /// <summary>One line: what is asked, how, and how it is marked.</summary>
    public abstract string Summary { get; }

    /// <summary>The kind of model that the recipe is for; null for any.</summary>
    public virtual ModelVariant? Variant => null;

    /// <summary>Worked examples in front of a question where the caller names no number.</summary>
    public virtual int DefaultShots => 0;

    /// <summary>Most worked examples; 0 where the recipe has none or a fixed set.</summary>
    public virtual int MaxShots => 0;

    /// <summary>Times that every question is asked; the score of an item is the mean.</summary>
    public virtual int Repeats => 1;

    /// <summary>Files that the items come from.</summary>
    public abstract DataLayout Data { get; }

    /// <summary>Names of what a grade has, the score first.</summary>
    public abstract IReadOnlyList<string> Metrics { get; }

    /// <summary>True where the model scores given continuations, false where it writes.</summary>
    public abstract bool ScoresContinuations { get; }

    /// <summary>Makes an item of a row in the upstream layout.</summary>
    /// <param name="row">The row.</param>
    /// <param name="place">Where it stands.</param>
    /// <returns>The item, or null for a row that the recipe leaves out.</returns>
    /// <exception cref="EvaluationException">The row lacks what the layout promises.</exception>
    public abstract EvaluationItem? Read(JsonObject row, RowPlace place);

    /// <summary>Whether worked examples are drawn from all of the pool, anew for every question, by the run's seed; <see cref="Shots"/> is not asked then.</summary>
    public virtual bool DrawsShots => false;

    /// <summary>Worked examples for an item: the first of its group, in file order, unless the recipe says otherwise.</summary>
    public virtual IReadOnlyList<EvaluationItem> Shots(EvaluationItem item, IReadOnlyList<EvaluationItem> pool, int count) =>
        [.. pool.Where(shot => shot.Group == item.Group).Take(count)];

    /// <summary>The request that puts an item to a model.</summary>
    /// <param name="item">The item.</param>
    /// <param name="shots">Worked examples from <see cref="Shots"/>.</param>
    /// <param name="repeat">Which time it is asked, from 0.</param>
    public abstract ModelRequest Ask(EvaluationItem item, IReadOnlyList<EvaluationItem> shots, int repeat);

    /// <summary>Marks an answer; never fails for what a model wrote.</summary>
    public abstract ItemGrade Grade(EvaluationItem item, ModelAnswer answer, int repeat);

    /// <summary>Whether answers are programs that are run to mark them.</summary>
    public virtual bool RunsCode => false;

    /// <summary>Checks before anything is asked that programs of the recipe's language can be run.</summary>
    /// <exception cref="EvaluationException">They cannot; the message says what is missing.</exception>
    internal virtual void Require(CodeRunner code)
    {
    }

    /// <summary>Marks an answer, running it where it is a program.</summary>
    /// <param name="item">The item.</param>
    /// <param name="answer">The answer.</param>
    /// <param name="repeat">Which time it was asked.</param>
    /// <param name="code">What runs programs; null where the recipe needs none.</param>
    /// <param name="cancellationToken">Stops.</param>
    public virtual Task<ItemGrade> GradeAsync(EvaluationItem item, ModelAnswer answer, int repeat, CodeRunner? code, CancellationToken cancellationToken) => Task.FromResult(Grade(item, answer, repeat));

    /// <summary>The right answer as the recipe wants it written.</summary>
    public abstract string RightAnswer(EvaluationItem item, int repeat);

    /// <summary>Part of the score that guessing earns, or null where guessing earns nothing.</summary>
    public virtual double? Chance(EvaluationItem item) => null;

    /// <summary>What a metric is the mean of: itself, unless the recipe defines it by others or lets items count by a weight.</summary>
    public virtual IReadOnlyList<MetricPart> PartsOf(string metric) => [new MetricPart(metric)];

    /// <summary>
    /// The marks of an item without an answer: wrong. Metrics in which 0 is not the worst, or that say something about answers
    /// only, are left out, and are averages over the answered items.
    /// </summary>
    public virtual IReadOnlyDictionary<string, double> Unanswered(EvaluationItem item) => Metrics.ToDictionary(metric => metric, _ => 0.0);
}
