namespace Puna.Training.Data;

/// <summary>A stretch of a conversation in the Llama 4 chat format.</summary>
/// <param name="Text">What is said, or the header and end tokens around it.</param>
/// <param name="Special">Whether special tokens are recognised in it.</param>
/// <param name="Weight">How much predicting its tokens counts.</param>
internal readonly record struct Stretch(string Text, bool Special, float Weight);

/// <summary>Messages in the Llama 4 chat format. Answers count fully, what is read only a little, headers not at all.</summary>
internal sealed class Conversation
{
    /// <summary>Weight of text the model only reads.</summary>
    public const float ReadWeight = 0.08f;

    private readonly List<Stretch> _stretches = [];

    public IReadOnlyList<Stretch> Stretches => _stretches;

    /// <summary>What to answer, for evaluation: the last answer.</summary>
    public string Expected { get; private set; } = "";

    /// <summary>The JSON Schema that the last answer fits, where there is one, for evaluation.</summary>
    public string? Schema { get; private set; }

    /// <summary>Role and content of every message, for evaluation through the engine.</summary>
    public List<(string Role, string Content)> Messages { get; } = [];

    /// <summary>The message that a guard judges, or null where this is no guard's task: then its prompt comes before the stretches.</summary>
    public string? Judged { get; private init; }

    /// <summary>A guard's task: of its prompt nothing counts, of its verdict everything.</summary>
    /// <param name="judged">The message of a user.</param>
    /// <param name="code">Code of the category that it violates, or null for none.</param>
    public static Conversation Guard(string judged, string? code)
    {
        Conversation conversation = new() { Judged = judged, Expected = code is null ? "safe" : $"unsafe\n{code}" };
        conversation._stretches.Add(new Stretch("\n\n", false, ReadWeight));
        conversation._stretches.AddRange((code is null ? (string[])["safe"] : ["unsafe", "\n", code]).Select(part => new Stretch(part, false, 1)));
        conversation._stretches.Add(new Stretch("<|eot|>", true, 1));
        return conversation;
    }

    public Conversation System(string text) => Add("system", text, ReadWeight / 4, 0);

    public Conversation User(string text, float weight = ReadWeight) => Add("user", text, weight, 0);

    public Conversation Tool(string text) => Add("ipython", text, ReadWeight / 4, 0);

    public Conversation Answer(string text, string? schema = null)
    {
        Schema = schema;
        Expected = text;
        return Add("assistant", text, 1, 1);
    }

    private Conversation Add(string role, string text, float weight, float endWeight)
    {
        text = text.Trim();
        Messages.Add((role, text));
        _stretches.Add(new Stretch($"<|header_start|>{role}<|header_end|>\n\n", true, 0));
        _stretches.Add(new Stretch(text, false, weight));
        _stretches.Add(new Stretch("<|eot|>", true, endWeight));
        return this;
    }
}
