using Puna.Safety.Injections;
using Puna.Safety.Obfuscation;

namespace Puna.Safety.Scanning;

/// <summary>Attempts to override instructions, scored by a linear classifier, in the text and in its readings without obfuscation.</summary>
/// <param name="classifier">The classifier.</param>
/// <param name="readings">Ways of hiding that are undone; every reading is scored.</param>
public sealed class InjectionClassifierScanner(InjectionClassifier classifier, ObfuscationPasses readings = ObfuscationPasses.All) : IScanner
{
    private const string Injection = "injection";

    public IReadOnlyList<string> Categories { get; } = [Injection];

    public string? Model => classifier.Identity;

    /// <inheritdoc/>
    public IReadOnlyList<Finding> Scan(ScanInput input, CancellationToken cancellationToken)
    {
        IReadOnlyList<InjectionFinding> found = classifier.ScanReadings(input.Text, readings, cancellationToken);
        return [.. InjectionFinding.Places(found, MathF.Min(InjectionClassifier.Threshold, found.Count > 0 ? found[0].Score : 0)).Select(f =>
            new Finding(Injection, f.Score, f.Start, f.End, f.Passes == ObfuscationPasses.None ? null : $"read after: {f.Passes}"))];
    }
}
