namespace Puna.Safety.Policy;

/// <summary>What a finding leads to, the mildest first: of several the severest decides.</summary>
public enum PolicyAction
{
    /// <summary>It goes on as it is.</summary>
    Allow,

    /// <summary>What was found is replaced by its category in brackets, and the rest goes on.</summary>
    Redact,

    /// <summary>It goes on, and the decision says so.</summary>
    Warn,

    /// <summary>It goes on only when a person agrees; where nobody can be asked it does not.</summary>
    Review,

    /// <summary>It does not go on.</summary>
    Block,
}

/// <summary>Names of actions, as policies and records write them.</summary>
public static class PolicyActions
{
    /// <summary>All names, the mildest first.</summary>
    public static IReadOnlyList<string> Names { get; } = ["allow", "redact", "warn", "review", "block"];

    /// <summary>The name of an action.</summary>
    public static string NameOf(PolicyAction action) => Names[(int)action];

    internal static PolicyAction Parse(string name)
    {
        for (int i = 0; i < Names.Count; i++)
        {
            if (Names[i] == name) return (PolicyAction)i;
        }

        throw new ArgumentException($"'{name}' is no action; choose one of {string.Join(", ", Names)}.");
    }
}
