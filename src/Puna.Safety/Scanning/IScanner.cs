using Puna.Safety.Obfuscation;

namespace Puna.Safety.Scanning;

/// <summary>
/// Looks at a text for one kind of thing. It only finds and scores; a policy decides what that leads to. Safe for concurrent
/// callers. A caller may stop waiting at its deadline, so the token is to be looked at often.
/// </summary>
public interface IScanner
{
    /// <summary>Categories that it can find, as policies and reports name them.</summary>
    IReadOnlyList<string> Categories { get; }

    /// <summary>Identity of the model that judges, in hexadecimal; null where there is none.</summary>
    string? Model { get; }

    /// <summary>
    /// Finds what there is, of every score: thresholds are the policy's. A model that found nothing gives its score all the
    /// same. Any exception is a failure of the scanner and never a pass.
    /// </summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    IReadOnlyList<Finding> Scan(ScanInput input, CancellationToken cancellationToken);
}

/// <summary>A text to look at.</summary>
/// <param name="Role">Whose it is: user, assistant, tool, system or document.</param>
/// <param name="Text">The text.</param>
/// <param name="Before">Messages before it, oldest first; scanners that judge a conversation read them.</param>
public sealed record ScanInput(string Role, string Text, IReadOnlyList<LlamaGuard.GuardMessage> Before)
{
    /// <summary>A text without a conversation.</summary>
    public ScanInput(string role, string text)
        : this(role, text, [])
    {
    }

    /// <summary>Images beside the text.</summary>
    public int Images { get; init; }

    /// <summary>Ranges [start, end) of the text that are tool calls, as JSON.</summary>
    public IReadOnlyList<(int Start, int End)> ToolCalls { get; init; } = [];
}

/// <summary>Something found in a text.</summary>
/// <param name="Category">What it is, one of the scanner's <see cref="IScanner.Categories"/>.</param>
/// <param name="Score">How surely, 0 to 1.</param>
/// <param name="Start">First UTF-16 unit.</param>
/// <param name="End">Unit behind the last.</param>
/// <param name="Detail">Why, in words that repeat nothing of the text; null where the category says all.</param>
public readonly record struct Finding(string Category, float Score, int Start, int End, string? Detail = null)
{
    /// <summary>Category of an attempt to override instructions.</summary>
    internal const string Injection = "injection";

    /// <summary>The places of injections whose score is worth telling, and in any case that of the highest.</summary>
    /// <param name="found">Parts of a text, of the highest score first.</param>
    /// <param name="worth">Score from which a place is told of.</param>
    internal static IReadOnlyList<Finding> OfInjections(IReadOnlyList<InjectionFinding> found, float worth) =>
    [
        .. InjectionFinding.Places(found, MathF.Min(worth, found.Count > 0 ? found[0].Score : 0))
            .Select(f => new Finding(Injection, f.Score, f.Start, f.End, f.Passes == ObfuscationPasses.None ? null : $"read after: {f.Passes}")),
    ];
}
