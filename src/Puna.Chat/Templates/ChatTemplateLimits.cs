namespace Puna.Chat.Templates;

/// <summary>
/// Bounds on the work an untrusted template may cause. Reaching one ends the rendering with
/// <see cref="ChatTemplateErrorKind.Limit"/>.
/// </summary>
public sealed record ChatTemplateLimits
{
    /// <summary>Bounds far above what published templates need at a context of ten million tokens.</summary>
    public static ChatTemplateLimits Default { get; } = new();

    /// <summary>Longest template, in UTF-16 units.</summary>
    public int MaxSourceLength { get; init; } = 1 << 20;

    /// <summary>Deepest nesting of expressions, and of statements, in the template.</summary>
    public int MaxNesting { get; init; } = 128;

    /// <summary>Deepest nesting of macro calls and recursive loops.</summary>
    public int MaxCallDepth { get; init; } = 64;

    /// <summary>Deepest nesting of lists and dictionaries, in the input and built by the template.</summary>
    public int MaxValueDepth { get; init; } = 128;

    /// <summary>Statements executed, expressions evaluated and items visited.</summary>
    public long MaxSteps { get; init; } = 20_000_000;

    /// <summary>Longest prompt, and longest single text on the way, in UTF-16 units.</summary>
    public int MaxTextLength { get; init; } = 64 << 20;

    /// <summary>Characters read and written by all text operations together.</summary>
    public long MaxTextWork { get; init; } = 1L << 30;

    /// <summary>Most items in a list the template builds, as in <c>range</c> or multiplication.</summary>
    public int MaxItems { get; init; } = 100_000;
}
