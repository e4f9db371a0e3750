using Puna.Safety.Obfuscation;
using Puna.Safety.PromptGuard;

namespace Puna.Safety.Scanning;

/// <summary>Attempts to override instructions, scored by a Prompt Guard model, in the text and in its readings without obfuscation.</summary>
/// <param name="model">The model; the caller's.</param>
/// <param name="readings">Ways of hiding that are undone; every reading is scored.</param>
public sealed class PromptGuardScanner(PromptGuardModel model, ObfuscationPasses readings = ObfuscationPasses.All) : IScanner
{
    private const float Worth = 0.5f; // score from which a place is told of; the highest is in any case

    public IReadOnlyList<string> Categories { get; } = [Finding.Injection];

    public string? Model => model.Identity;

    /// <inheritdoc/>
    /// <exception cref="GuardFailureException">A score is no number.</exception>
    public IReadOnlyList<Finding> Scan(ScanInput input, CancellationToken cancellationToken)
    {
        PromptGuardScan scan = new() { ThirdParty = input.Role is "tool" or "document" };
        return Finding.OfInjections(model.ScanReadings(input.Text, readings, scan, cancellationToken), Worth);
    }
}
