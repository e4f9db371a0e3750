using Puna.Safety.Injections;
using Puna.Safety.Obfuscation;

namespace Puna.Safety.Scanning;

/// <summary>Attempts to override instructions, scored by a linear classifier, in the text and in its readings without obfuscation.</summary>
/// <param name="classifier">The classifier.</param>
/// <param name="readings">Ways of hiding that are undone; every reading is scored.</param>
public sealed class InjectionClassifierScanner(InjectionClassifier classifier, ObfuscationPasses readings = ObfuscationPasses.All) : IScanner
{
    public IReadOnlyList<string> Categories { get; } = [Finding.Injection];

    public string? Model => classifier.Identity;

    /// <inheritdoc/>
    public IReadOnlyList<Finding> Scan(ScanInput input, CancellationToken cancellationToken) =>
        Finding.OfInjections(classifier.ScanReadings(input.Text, readings, cancellationToken), InjectionClassifier.Threshold);
}
