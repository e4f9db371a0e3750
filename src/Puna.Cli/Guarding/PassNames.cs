using Puna.Safety.Obfuscation;

namespace Puna.Cli.Guarding;

/// <summary>Names of ways to hide text, as options and reports write them: in small letters, <c>all</c> and <c>none</c> beside.</summary>
internal static class PassNames
{
    internal static IEnumerable<string> Each(ObfuscationPasses passes) =>
        Enum.GetValues<ObfuscationPasses>().Where(p => p is not (ObfuscationPasses.None or ObfuscationPasses.All) && passes.HasFlag(p)).Select(p => p.ToString().ToLowerInvariant());

    internal static string Of(ObfuscationPasses passes) => string.Join(", ", Each(passes));

    internal static ObfuscationPasses Parse(string names)
    {
        ObfuscationPasses passes = ObfuscationPasses.None;
        foreach (string name in names.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (!char.IsAsciiLetter(name[0]) || !Enum.TryParse(name, ignoreCase: true, out ObfuscationPasses pass))
                throw new UsageException($"--undo {name}: choose of all, none, {Of(ObfuscationPasses.All)}.");
            passes |= pass;
        }

        return passes;
    }
}
