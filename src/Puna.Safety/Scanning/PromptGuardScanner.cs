using Puna.Safety.Obfuscation;
using Puna.Safety.PromptGuard;

namespace Puna.Safety.Scanning;

/// <summary>Attempts to override instructions, scored by a Prompt Guard model, in the text and in its readings without obfuscation.</summary>
/// <param name="model">The model; the caller's.</param>
/// <param name="readings">Ways of hiding that are undone; every reading is scored.</param>
public sealed class PromptGuardScanner(PromptGuardModel model, ObfuscationPasses readings = ObfuscationPasses.All) : IScanner
{
    private const string Injection = "injection";
    private const float Worth = 0.5f; // score from which a place is told of; the highest is in any case

    public IReadOnlyList<string> Categories { get; } = [Injection];

    public string? Model => model.Identity;

    /// <inheritdoc/>
    /// <exception cref="GuardFailureException">A score is no number.</exception>
    public IReadOnlyList<Finding> Scan(ScanInput input, CancellationToken cancellationToken)
    {
        PromptGuardScan scan = new() { ThirdParty = input.Role is "tool" or "document" };
        IReadOnlyList<InjectionFinding> found = model.ScanReadings(input.Text, readings, scan, cancellationToken);
        return [.. InjectionFinding.Places(found, MathF.Min(Worth, found.Count > 0 ? found[0].Score : 0)).Select(f =>
            new Finding(Injection, f.Score, f.Start, f.End, f.Passes == ObfuscationPasses.None ? null : $"read after: {f.Passes}"))];
    }
}
