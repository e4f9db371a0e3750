using Puna.Safety.LlamaGuard;

namespace Puna.Safety.Scanning;

/// <summary>Harm by category, judged by a Llama Guard model in the conversation so far. For the words of users and assistants.</summary>
public sealed class LlamaGuardScanner : IScanner
{
    /// <summary>Category of the probability of a message that no category was decoded for.</summary>
    public const string Unsafe = "unsafe";

    /// <summary>Category of a message that belongs to none of the allowed topics.</summary>
    public const string OffTopic = "off-topic";

    private readonly LlamaGuardModel _model;
    private readonly LlamaGuardPromptOptions _prompt;
    private readonly LlamaGuardThresholds _decodeFrom;
    private readonly Dictionary<string, string>? _names;
    private readonly bool _allowed;

    /// <param name="model">The model; the caller's.</param>
    /// <param name="prompt">What the prompt asks; null for what the model was loaded with.</param>
    /// <param name="decodeFrom">Probability from which categories are asked for; below it they cost nothing.</param>
    public LlamaGuardScanner(LlamaGuardModel model, LlamaGuardPromptOptions? prompt = null, float decodeFrom = 0.5f)
        : this(model, prompt ?? model.Options.Prompt, decodeFrom, null, allowed: false)
    {
    }

    private LlamaGuardScanner(LlamaGuardModel model, LlamaGuardPromptOptions prompt, float decodeFrom, Dictionary<string, string>? names, bool allowed)
    {
        _allowed = allowed;
        _model = model;
        _prompt = prompt;
        _names = names;
        _decodeFrom = new LlamaGuardThresholds { User = decodeFrom, Agent = decodeFrom };
        IEnumerable<string> codes = (prompt.Categories ?? LlamaGuardCategory.Default(model.Kind, withImages: false)).Select(c => c.Code).Except(prompt.ExcludedCategories);
        Categories = allowed ? [OffTopic] : [.. names is null ? codes : names.Values, Unsafe];
    }

    public IReadOnlyList<string> Categories { get; }

    public string? Model => _model.Identity;

    /// <summary>
    /// A scanner for topics of the operator's own. The model sees them as its policy; it works as far as a topic is like what
    /// the model was trained on.
    /// </summary>
    /// <param name="model">The model; the caller's.</param>
    /// <param name="topics">Topics by name with a description, at most 99.</param>
    /// <param name="allowed">The topics are the only ones that may be: findings are messages of none of them.</param>
    /// <param name="decodeFrom">Probability from which topics are asked for.</param>
    /// <exception cref="ArgumentException">There is no topic, or a name is empty or has line breaks.</exception>
    public static LlamaGuardScanner ForTopics(LlamaGuardModel model, IReadOnlyList<(string Name, string? Description)> topics, bool allowed, float decodeFrom)
    {
        LlamaGuardCategory[] categories = [.. topics.Select((topic, i) => new LlamaGuardCategory($"S{i + 1}", topic.Name, topic.Description))];
        LlamaGuardCategory.Check(categories);
        LlamaGuardPromptOptions prompt = model.Options.Prompt with { Categories = categories, ExcludedCategories = [] };
        return new LlamaGuardScanner(model, prompt, allowed ? 1 : decodeFrom, categories.ToDictionary(c => c.Code, c => c.Name), allowed);
    }

    /// <inheritdoc/>
    /// <exception cref="GuardFailureException">The model gave no verdict.</exception>
    /// <exception cref="NotSupportedException">There are images, which the model cannot judge here.</exception>
    public IReadOnlyList<Finding> Scan(ScanInput input, CancellationToken cancellationToken)
    {
        if (string.IsNullOrWhiteSpace(input.Text) && input.Images == 0) return [];

        GuardMessage judged = new(input.Role, input.Text, input.Images);
        LlamaGuardVerdict verdict = _model.Judge([.. input.Before, judged], _prompt, _decodeFrom, cancellationToken);
        if (_allowed) return [new Finding(OffTopic, 1 - verdict.Probability, 0, input.Text.Length)];
        if (verdict.Codes.Count == 0) return [new Finding(Unsafe, verdict.Probability, 0, input.Text.Length)];
        return [.. verdict.Codes.Select(code => new Finding(_names is null ? code : _names[code], verdict.CategoryScores[code], 0, input.Text.Length, _names is null ? NameOf(code) : null))];
    }

    private string? NameOf(string code) => (_prompt.Categories ?? LlamaGuardCategory.Hazards).FirstOrDefault(c => c.Code == code)?.Name;
}
