using System.Runtime.CompilerServices;

namespace Puna.Chat.Templates.Jinja;

/// <summary>Counts the work of one rendering against its limits. Not safe for several threads.</summary>
internal sealed class RenderBudget(ChatTemplateLimits limits)
{
    private long _steps;
    private long _text;
    private int _depth;

    public ChatTemplateLimits Limits { get; } = limits;

    public void Step(long count = 1)
    {
        _steps += count;
        if (_steps > Limits.MaxSteps)
            throw TemplateFault.Limit($"the template needs more than {Limits.MaxSteps} steps ({nameof(ChatTemplateLimits.MaxSteps)}).");
    }

    /// <summary>Charges characters read or written.</summary>
    public void Text(long characters)
    {
        _text += characters;
        if (_text > Limits.MaxTextWork)
            throw TemplateFault.Limit($"the template works on more than {Limits.MaxTextWork} characters ({nameof(ChatTemplateLimits.MaxTextWork)}).");
    }

    /// <summary>Charges a search; the product term covers the worst case of a search that almost matches everywhere.</summary>
    public void Search(long textLength, long patternLength) => Text(1 + textLength + (textLength * patternLength / 64));

    /// <summary>Refuses a text of this length before it is built.</summary>
    public void CheckTextLength(long length)
    {
        if (length > Limits.MaxTextLength)
            throw TemplateFault.Limit($"a text of {length} characters exceeds {Limits.MaxTextLength} ({nameof(ChatTemplateLimits.MaxTextLength)}).");
    }

    /// <summary>Charges and refuses a list of this size before it is built.</summary>
    public void Items(long count)
    {
        if (count > Limits.MaxItems)
            throw TemplateFault.Limit($"a list of {count} items exceeds {Limits.MaxItems} ({nameof(ChatTemplateLimits.MaxItems)}).");
        Step(count);
    }

    public void Enter()
    {
        if (++_depth > Limits.MaxCallDepth)
            throw TemplateFault.Limit($"calls nest deeper than {Limits.MaxCallDepth} ({nameof(ChatTemplateLimits.MaxCallDepth)}).");
        EnsureStack();
    }

    public void Leave() => _depth--;

    public void CheckValueDepth(int depth)
    {
        if (depth > Limits.MaxValueDepth)
            throw TemplateFault.Limit($"values nest deeper than {Limits.MaxValueDepth} ({nameof(ChatTemplateLimits.MaxValueDepth)}).");
    }

    public static void EnsureStack()
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
            throw TemplateFault.Limit("the template nests deeper than this thread's stack allows.");
    }
}
