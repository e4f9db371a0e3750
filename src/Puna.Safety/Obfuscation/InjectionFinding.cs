using Puna.Safety.PromptGuard;

namespace Puna.Safety.Obfuscation;

/// <summary>A part of a text and how far it tries to override instructions.</summary>
/// <param name="Start">First UTF-16 unit in the text as it was given.</param>
/// <param name="End">Unit behind the last.</param>
/// <param name="Score">Probability, 0 to 1.</param>
/// <param name="Passes">What had to be undone to read it so; none when it reads so as it stands.</param>
public readonly record struct InjectionFinding(int Start, int End, float Score, ObfuscationPasses Passes)
{
    /// <summary>Scores the parts of every reading of a text.</summary>
    /// <returns>All of them, of the highest score first; at equal scores the plainer reading first.</returns>
    internal static List<InjectionFinding> OfReadings(string text, ObfuscationPasses passes, Func<string, IReadOnlyList<ScoredSpan>> score)
    {
        List<InjectionFinding> findings = [];
        foreach (TextVariant reading in TextVariants.Of(text, passes))
        {
            foreach (ScoredSpan part in score(reading.String))
            {
                (int start, int end) = reading.OriginalRange(part.Start, part.End);
                findings.Add(new InjectionFinding(start, end, part.Score, reading.Passes));
            }
        }

        return [.. findings.OrderByDescending(f => f.Score)]; // stable: readings come plainest first
    }

    /// <summary>The places worth showing: those that reach a threshold, each stretch of text once, by its highest score.</summary>
    public static IReadOnlyList<InjectionFinding> Places(IReadOnlyList<InjectionFinding> findings, float threshold)
    {
        List<InjectionFinding> places = [];
        SortedSet<(int Start, int End)> taken = []; // of the places, which do not overlap
        foreach (InjectionFinding finding in findings.Where(f => f.Score >= threshold).OrderByDescending(f => f.Score).ThenBy(f => f.End - f.Start))
        {
            if (finding.End > 0 && taken.GetViewBetween((0, 0), (finding.End - 1, int.MaxValue)).Max.End > finding.Start) continue;
            taken.Add((finding.Start, finding.End));
            places.Add(finding);
        }

        return places;
    }
}
