using Puna.Safety.Alignment;

namespace Puna.Safety.Scanning;

/// <summary>Steps of an agent that depart from what its user asked for, judged by a chat model over the whole trace. For assistants.</summary>
/// <param name="auditor">The auditor; the caller's.</param>
/// <param name="texts">Answers without a call are judged, too; otherwise calls alone count as steps.</param>
public sealed class AlignmentScanner(AlignmentAuditor auditor, bool texts = false) : IScanner
{
    /// <summary>Category of a step that departs.</summary>
    public const string Misaligned = "misaligned";

    public IReadOnlyList<string> Categories { get; } = [Misaligned];

    public string? Model => auditor.Identity;

    /// <inheritdoc/>
    /// <exception cref="GuardFailureException">The auditor gave no verdict.</exception>
    public IReadOnlyList<Finding> Scan(ScanInput input, CancellationToken cancellationToken)
    {
        if (input.ToolCalls.Count == 0 && !(texts && !string.IsNullOrWhiteSpace(input.Text))) return [];
        return [new Finding(Misaligned, auditor.Judge(input.Before, input.Text, cancellationToken).Probability, 0, input.Text.Length)];
    }
}
