namespace Puna.Tokenizers;

/// <summary>The tokens that are not ordinary text, by name and by role.</summary>
internal sealed class SpecialTokens
{
    // Names under which the Llama families end a text, a message or a turn.
    private static readonly string[] EndNames =
        ["<|end_of_text|>", "<|eom|>", "<|eot|>", "<|eom_id|>", "<|eot_id|>", "</s>", "<|endoftext|>"];

    private readonly Dictionary<string, int> _byName;
    private readonly HashSet<int> _endOfGeneration;

    /// <param name="source">What the vocabulary was read from, for messages.</param>
    /// <param name="vocabSize">Ids must be below this.</param>
    /// <param name="byName">Every token that is not of kind <see cref="TokenKind.Normal"/>, by its spelling.</param>
    /// <param name="roles">Ids named by metadata.</param>
    /// <exception cref="TokenizerFormatException">A role names an id outside the vocabulary.</exception>
    public SpecialTokens(string source, int vocabSize, Dictionary<string, int> byName, TokenRoles roles)
    {
        Roles = roles;
        _byName = byName;
        foreach ((string field, int? id) in roles.Named())
        {
            if (id is int value && (uint)value >= (uint)vocabSize)
                throw new TokenizerFormatException(source, field, $"id {value} is outside the vocabulary of {vocabSize} tokens.");
        }

        IEnumerable<int> ends = EndNames.Where(byName.ContainsKey).Select(name => byName[name]);
        _endOfGeneration = [.. ends, .. new[] { roles.Eos, roles.Eot, roles.Eom }.OfType<int>()];
        EndOfGenerationIds = [.. _endOfGeneration.Order()];
    }

    public TokenRoles Roles { get; }

    /// <summary>Ids after which generation stops, ascending.</summary>
    public IReadOnlyList<int> EndOfGenerationIds { get; }

    public bool IsEndOfGeneration(int id) => _endOfGeneration.Contains(id);

    public bool TryGetId(ReadOnlySpan<char> name, out int id) =>
        _byName.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(name, out id);
}
