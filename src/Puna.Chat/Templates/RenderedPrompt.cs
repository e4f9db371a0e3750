namespace Puna.Chat.Templates;

/// <summary>
/// A prompt and where each character of it came from. Neighbouring segments differ in trust. Ordinary text may be
/// tokenized across a border; a special token counts only where it lies wholly inside one trusted segment.
/// </summary>
/// <param name="Text">The whole prompt; equals the segments joined.</param>
/// <param name="Segments">The prompt in order, without empty segments.</param>
public sealed record RenderedPrompt(string Text, IReadOnlyList<PromptSegment> Segments)
{
    /// <summary><see cref="Text"/>.</summary>
    public override string ToString() => Text;
}
