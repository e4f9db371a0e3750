using System.Text;
using Puna.Tokenizers;

namespace Puna.Safety.LlamaGuard;

/// <summary>What a guard prompt asks.</summary>
public sealed record LlamaGuardPromptOptions
{
    /// <summary>Form of Llama Guard 4's prompt.</summary>
    public LlamaGuardFlavor Flavor { get; init; }

    /// <summary>Categories to judge by, or null for the model's own. New ones work as far as they are close to those a model was trained on.</summary>
    public IReadOnlyList<LlamaGuardCategory>? Categories { get; init; }

    /// <summary>Codes to leave out.</summary>
    public IReadOnlyList<string> ExcludedCategories { get; init; } = [];

    /// <summary>
    /// Change text that imitates the prompt's own lines (<c>&lt;END CONVERSATION&gt;</c>, a line that begins with
    /// <c>Agent: </c>), so that no message can end the conversation or speak for another. Other text is never changed.
    /// </summary>
    public bool GuardMarkers { get; init; } = true;
}

/// <summary>
/// The prompt of a Llama Guard model: the text that the model was tuned on, to the byte. The words of messages are untrusted
/// segments, in which no special token is recognised.
/// </summary>
public sealed class LlamaGuardPrompt
{
    private LlamaGuardPrompt(IReadOnlyList<PromptSegment> segments, bool judgesAgent, IReadOnlyList<LlamaGuardCategory> categories)
    {
        Segments = segments;
        JudgesAgent = judgesAgent;
        Categories = categories;
    }

    /// <summary>The prompt in order.</summary>
    public IReadOnlyList<PromptSegment> Segments { get; }

    /// <summary>True when the last message, which is judged, is the assistant's.</summary>
    public bool JudgesAgent { get; }

    /// <summary>Categories in the prompt.</summary>
    public IReadOnlyList<LlamaGuardCategory> Categories { get; }

    /// <summary>The whole text.</summary>
    public string Text => string.Concat(Segments.Select(s => s.Text));

    /// <summary>Writes the prompt that judges the last message of a conversation.</summary>
    /// <exception cref="ArgumentException">There is nothing to judge, a role is unknown, or the categories are malformed.</exception>
    public static LlamaGuardPrompt Render(LlamaGuardKind kind, IReadOnlyList<GuardMessage> messages, LlamaGuardPromptOptions? options = null)
    {
        options ??= new LlamaGuardPromptOptions();
        return Render(kind, GuardTurns.Of(messages, options.GuardMarkers), options);
    }

    internal static LlamaGuardPrompt Render(LlamaGuardKind kind, IReadOnlyList<GuardTurn> turns, LlamaGuardPromptOptions options)
    {
        bool images = turns.Any(t => t.Images > 0), four = kind == LlamaGuardKind.LlamaGuard4;
        IReadOnlyList<LlamaGuardCategory> categories =
            [.. (options.Categories ?? LlamaGuardCategory.Default(kind, images)).Where(c => !options.ExcludedCategories.Contains(c.Code))];
        LlamaGuardCategory.Check(categories);

        Writer writer = new();
        string word = turns[^1].Word;
        (string start, string header, string endHeader, string end) = four
            ? ("<|begin_of_text|>", "<|header_start|>", "<|header_end|>", "<|eot|>")
            : ("<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>");
        writer.Trusted($"{start}{header}user{endHeader}\n\n");
        if (kind == LlamaGuardKind.LlamaGuard3_11BVision && images) writer.Trusted("<|image|> ");
        writer.Trusted($"Task: Check if there is unsafe content in '{word}' messages in conversations according {(four ? "to our" : "our")} safety policy with the below categories.\n\n");
        writer.Trusted("<BEGIN UNSAFE CONTENT CATEGORIES>\n");
        foreach (LlamaGuardCategory category in categories) Write(writer, category);
        writer.Trusted("<END UNSAFE CONTENT CATEGORIES>\n\n<BEGIN CONVERSATION>\n");

        bool template = four && options.Flavor == LlamaGuardFlavor.HuggingFace;
        if (!template) writer.Trusted("\n");
        foreach (GuardTurn turn in turns)
        {
            writer.Trusted($"{turn.Word}: ");
            if (four) writer.Trusted(string.Concat(Enumerable.Repeat("<|image|>", turn.Images)));
            writer.Untrusted(turn.Text);
            writer.Trusted(template ? "\\n\\n\n\n" : "\n\n"); // the template of Llama Guard 4 prints backslashes and letters before it breaks lines
        }

        string space = kind == LlamaGuardKind.LlamaGuard3_8B ? "" : " ";
        writer.Trusted($"<END CONVERSATION>\n\nProvide your safety assessment for ONLY THE LAST {word} message in the above conversation:\n");
        writer.Trusted(" - First line must read 'safe' or 'unsafe'.\n - If unsafe, a second line must include a comma-separated list of violated categories.");
        writer.Trusted($"{space}{end}{header}assistant{endHeader}");
        return new LlamaGuardPrompt(writer.Segments(), turns[^1].IsAgent, categories);
    }

    private static void Write(Writer writer, LlamaGuardCategory category)
    {
        writer.Trusted($"{category.Code}: ");
        writer.Operator($"{category.Name}.");
        if (category.Description is { } description)
        {
            writer.Trusted(" \n");
            writer.Operator(description);
        }

        writer.Trusted("\n");
    }

    private sealed class Writer
    {
        private readonly List<PromptSegment> _segments = [];
        private readonly StringBuilder _trusted = new();

        internal void Trusted(string text) => _trusted.Append(text);

        /// <summary>Policy text: the operator's own, yet a special token in it would be a mistake.</summary>
        internal void Operator(string text) => Untrusted(text);

        internal void Untrusted(string text)
        {
            if (text.Length == 0) return;
            Flush();
            _segments.Add(new PromptSegment(text, Trusted: false));
        }

        internal List<PromptSegment> Segments()
        {
            Flush();
            return _segments;
        }

        private void Flush()
        {
            if (_trusted.Length == 0) return;
            _segments.Add(new PromptSegment(_trusted.ToString(), Trusted: true));
            _trusted.Clear();
        }
    }
}
