namespace Puna.Safety.LlamaGuard;

/// <summary>A category of unsafe content.</summary>
/// <param name="Code">Code that the model answers with, such as <c>S1</c>: S and a number of one or two digits.</param>
/// <param name="Name">Name in the prompt.</param>
/// <param name="Description">Policy text below the name, or null for the name alone.</param>
public sealed record LlamaGuardCategory(string Code, string Name, string? Description = null)
{
    /// <summary>S1 to S14, as Llama Guard 3 and 4 number them. Llama Guard 1 and 2 used other numbers.</summary>
    public static IReadOnlyList<LlamaGuardCategory> Hazards { get; } =
    [
        new("S1", "Violent Crimes"), new("S2", "Non-Violent Crimes"), new("S3", "Sex Crimes"), new("S4", "Child Exploitation"), new("S5", "Defamation"),
        new("S6", "Specialized Advice"), new("S7", "Privacy"), new("S8", "Intellectual Property"), new("S9", "Indiscriminate Weapons"), new("S10", "Hate"),
        new("S11", "Self-Harm"), new("S12", "Sexual Content"), new("S13", "Elections"), new("S14", "Code Interpreter Abuse"),
    ];

    /// <summary>The default list: S14 is missing for the models and prompts that were not trained on it.</summary>
    /// <param name="kind">The model.</param>
    /// <param name="withImages">The conversation has images.</param>
    public static IReadOnlyList<LlamaGuardCategory> Default(LlamaGuardKind kind, bool withImages) =>
        kind == LlamaGuardKind.LlamaGuard3_8B || (kind == LlamaGuardKind.LlamaGuard4 && !withImages) ? Hazards : [.. Hazards.Take(13)];

    /// <summary>Checks a list of one's own.</summary>
    /// <exception cref="ArgumentException">A code is malformed or occurs twice, a text has line breaks, or the list is empty.</exception>
    internal static void Check(IReadOnlyList<LlamaGuardCategory> categories)
    {
        if (categories.Count == 0) throw new ArgumentException("There is no category left to judge by.");
        foreach (LlamaGuardCategory category in categories)
        {
            if (category.Code is not ['S', >= '1' and <= '9'] and not ['S', >= '1' and <= '9', >= '0' and <= '9'])
                throw new ArgumentException($"The category code '{category.Code}' is not S and a number from 1 to 99.");
            if (category.Name.AsSpan().ContainsAny('\n', '\r') || string.IsNullOrWhiteSpace(category.Name))
                throw new ArgumentException($"The name of category {category.Code} is empty or has line breaks.");
        }

        if (categories.Select(c => c.Code).Distinct().Count() != categories.Count) throw new ArgumentException("A category code occurs twice.");
    }
}
