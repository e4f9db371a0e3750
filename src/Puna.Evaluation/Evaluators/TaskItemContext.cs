using Microsoft.Extensions.AI;
using Microsoft.Extensions.AI.Evaluation;
using Puna.Evaluation.Models;
using Puna.Evaluation.Tasks;

namespace Puna.Evaluation.Evaluators;

/// <summary>What a <see cref="TaskEvaluator"/> must know of a question: the item with its right answer, and the request that was made of it.</summary>
/// <param name="item">The item.</param>
/// <param name="request">The request; its stop texts cut answers of clients that do not stop there.</param>
/// <param name="repeat">Which time the item was asked, from 0.</param>
public sealed class TaskItemContext(EvaluationItem item, ModelRequest request, int repeat = 0)
    : EvaluationContext(ContextName, [new TextContent($"{item.Id}, time {repeat + 1}, contents {item.Hash}")])
{
    /// <summary>Name of the context in reports, which see the item's name and hash, never its answer.</summary>
    public const string ContextName = "Puna item";

    /// <summary>The item.</summary>
    public EvaluationItem Item { get; } = item;

    /// <summary>The request that was made of it.</summary>
    public ModelRequest Request { get; } = request;

    /// <summary>Which time it was asked, from 0.</summary>
    public int Repeat { get; } = repeat;
}
