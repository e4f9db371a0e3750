namespace Puna.Safety.LlamaGuard;

/// <summary>A generation of Llama Guard; each was tuned on a prompt of its own.</summary>
public enum LlamaGuardKind
{
    /// <summary>Llama Guard 4, 12B.</summary>
    LlamaGuard4,

    /// <summary>Llama Guard 3, 8B.</summary>
    LlamaGuard3_8B,

    /// <summary>Llama Guard 3, 1B.</summary>
    LlamaGuard3_1B,

    /// <summary>Llama Guard 3, 11B with vision.</summary>
    LlamaGuard3_11BVision,
}

/// <summary>Which published form of Llama Guard 4's prompt; they differ in blank lines, and it is not published which one the model was tuned on.</summary>
public enum LlamaGuardFlavor
{
    /// <summary>As the chat template of the Hugging Face repository writes it.</summary>
    HuggingFace,

    /// <summary>As Meta's documentation shows it.</summary>
    MetaDocs,
}

/// <summary>Names of the kinds, as commands and policies write them.</summary>
public static class LlamaGuardKinds
{
    /// <summary>All names.</summary>
    public static IReadOnlyList<string> Names { get; } = ["llama-guard-4", "llama-guard-3-8b", "llama-guard-3-1b", "llama-guard-3-11b-vision"];

    /// <summary>The kind of a name; <c>-vision</c> may be left out.</summary>
    /// <exception cref="ArgumentException">There is no such kind.</exception>
    public static LlamaGuardKind Parse(string name)
    {
        for (int i = 0; i < Names.Count; i++)
        {
            if (string.Equals(Names[i], name, StringComparison.OrdinalIgnoreCase) || string.Equals(Names[i], name + "-vision", StringComparison.OrdinalIgnoreCase)) return (LlamaGuardKind)i;
        }

        throw new ArgumentException($"'{name}' is no kind of guard model; choose one of {string.Join(", ", Names)}.");
    }

    /// <summary>The kind that a model's name or path tells of, or null.</summary>
    internal static LlamaGuardKind? Detect(string text)
    {
        string bare = string.Concat(text.Where(char.IsLetterOrDigit)).ToLowerInvariant();
        int at = bare.LastIndexOf("guard", StringComparison.Ordinal);
        if (at < 0) return null;

        string version = bare[(at + "guard".Length)..];
        if (version.StartsWith('4')) return LlamaGuardKind.LlamaGuard4;
        if (!version.StartsWith('3')) return null;
        if (version.Contains("11b", StringComparison.Ordinal)) return LlamaGuardKind.LlamaGuard3_11BVision;
        return version.Contains("1b", StringComparison.Ordinal) ? LlamaGuardKind.LlamaGuard3_1B : version.Contains("8b", StringComparison.Ordinal) ? LlamaGuardKind.LlamaGuard3_8B : null;
    }
}
