using System.Text.Json;
using Puna.Safety.Alignment;
using Puna.Safety.Injections;
using Puna.Safety.LlamaGuard;
using Puna.Safety.Obfuscation;
using Puna.Safety.PromptGuard;
using Puna.Safety.Scanning;
using static Puna.Safety.Policy.PolicyShape;

namespace Puna.Safety.Policy;

/// <summary>A scanner that policies can name.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Summary">What it finds.</param>
/// <param name="Settings">What its settings may hold.</param>
/// <param name="Threshold">Score from which its findings count, where a rule says nothing.</param>
/// <param name="Deadline">Time that it may take, where a rule says nothing.</param>
/// <param name="Create">Makes it.</param>
internal sealed record ScannerType(string Name, string Summary, Record Settings, float Threshold, TimeSpan Deadline, Func<ScannerSettings, IScanner> Create)
{
    /// <summary>Its settings have keys that must be there.</summary>
    internal bool NeedsSettings => Settings.Members.Any(m => m.Required);
}

/// <summary>The scanners that policies can name. A further one is a further entry.</summary>
internal static class ScannerCatalog
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1), HalfMinute = TimeSpan.FromSeconds(30);

    private static readonly Text ModelName = new("Name of a model under /models.");

    internal static readonly IReadOnlyList<ScannerType> All =
    [
        new("regex", "Patterns of your own, matched in linear time.",
            new Record("", new Member("patterns", new Items("Patterns; a finding's category is the pattern's name.", new Record("",
                new Member("name", new Text("Category of findings.", most: 64), Required: true),
                new Member("pattern", new Text("Regular expression of .NET without backreferences, look-around and atomic groups."), Required: true),
                new Member("ignoreCase", new Flag("Letters match in both cases."))), least: 1), Required: true)),
            1, Second, Patterns),
        new("secrets", "Keys, tokens and passwords.", new Record(""), 0.5f, Second, _ => new SecretScanner()),
        new("personal-data", "E-mail addresses, telephone numbers, cards, accounts and national numbers, by their check digits.", new Record(""), 0.5f, Second, _ => new PersonalDataScanner()),
        new("hidden-characters", "Characters that show nothing and say something.", new Record(""), 0.5f, Second, _ => new HiddenCharacterScanner()),
        new("code-risk", "Constructs in code that make holes, by CWE.", new Record("", new Member("unfenced", new Flag("A text without a fence is code, too."))), 0.5f, Second,
            settings => new CodeRiskScanner(settings.Flag("unfenced", otherwise: false))),
        new("llama-guard", "Harm by category, judged by a Llama Guard model. For users and assistants.",
            new Record("", new Member("model", ModelName, Required: true), new Member("exclude", new Items("Codes of categories to leave out.", new Text("", most: 3)))),
            0.5f, HalfMinute, settings => new LlamaGuardScanner(Guard(settings), Excluding(settings), settings.LowestThreshold)),
        new("topics", "Topics of your own, judged by a Llama Guard model. For users and assistants.",
            new Record("", new Member("model", ModelName, Required: true), new Member("deny", TopicList("Topics that count as findings.")),
                new Member("allow", TopicList("The only topics; a message of none of them counts as off-topic. In place of deny."))),
            0.5f, HalfMinute, Topics),
        new("prompt-guard", "Attempts to override instructions, scored by a Prompt Guard model.",
            new Record("", new Member("model", ModelName, Required: true),
                new Member("readings", new Items("Ways of hiding text that are undone; all where the key is missing.", new Text("", ReadingNames)))),
            0.9f, HalfMinute, settings => new PromptGuardScanner(settings.Model<PromptGuardModel>(), Readings(settings))),
        new("alignment", "Steps of an agent that depart from what its user asked for, judged by a chat model over all that was said and done. For assistants.",
            new Record("", new Member("model", ModelName, Required: true), new Member("texts", new Flag("Answers without a call of a tool are judged, too."))),
            0.5f, HalfMinute, settings => settings.Role == "assistant" ? new AlignmentScanner(settings.Model<AlignmentAuditor>(), settings.Flag("texts", otherwise: false))
                : throw new SettingException("", $"the steps of an agent are an assistant's; {settings.Role} texts have none.")),
        new(InjectionClassifier.Name, "Attempts to override instructions, by the small classifier that is shipped: no model is needed.",
            new Record("", new Member("readings", new Items("Ways of hiding text that are undone; all where the key is missing.", new Text("", ReadingNames)))),
            InjectionClassifier.Threshold, Second, settings => new InjectionClassifierScanner(InjectionClassifier.Shipped, Readings(settings))),
    ];

    private static string[] ReadingNames => [.. Enum.GetValues<ObfuscationPasses>().Where(p => p is not (ObfuscationPasses.None or ObfuscationPasses.All)).Select(NameOf)];

    internal static ScannerType? Find(string name) => All.FirstOrDefault(type => type.Name == name);

    private static RegexScanner Patterns(ScannerSettings settings)
    {
        List<NamedPattern> patterns = [];
        foreach (JsonElement item in settings.Items("patterns"))
        {
            NamedPattern pattern = new(item.GetProperty("name").GetString()!, item.GetProperty("pattern").GetString()!, item.TryGetProperty("ignoreCase", out JsonElement ignore) && ignore.GetBoolean());
            try
            {
                _ = new RegexScanner([pattern], settings.Deadline);
            }
            catch (ArgumentException error)
            {
                throw new SettingException($"patterns/{patterns.Count}/pattern", error.Message);
            }

            patterns.Add(pattern);
        }

        return new RegexScanner(patterns, settings.Deadline);
    }

    private static LlamaGuardModel Guard(ScannerSettings settings) => settings.Role is "user" or "assistant"
        ? settings.Model<LlamaGuardModel>()
        : throw new SettingException("", $"Llama Guard's prompt has a place for users and assistants alone; for {settings.Role} texts use prompt-guard.");

    private static LlamaGuardPromptOptions Excluding(ScannerSettings settings)
    {
        LlamaGuardPromptOptions prompt = settings.Model<LlamaGuardModel>().Options.Prompt;
        IReadOnlyList<string> codes = settings.Texts("exclude");
        for (int i = 0; i < codes.Count; i++)
        {
            if (LlamaGuardCategory.Hazards.All(c => c.Code != codes[i])) throw new SettingException($"exclude/{i}", $"'{codes[i]}' is no code; S1 to S14 are.");
        }

        return codes.Distinct().Count() < LlamaGuardCategory.Hazards.Count ? prompt with { ExcludedCategories = codes } : throw new SettingException("exclude", "no category is left to judge by.");
    }

    private static Items TopicList(string description) => new(description, new Record("",
        new Member("name", new Text("Name of the topic, and category of findings.", most: 64), Required: true), new Member("description", new Text("What belongs to the topic."))), least: 1, most: 99);

    private static LlamaGuardScanner Topics(ScannerSettings settings)
    {
        if (settings.Has("deny") == settings.Has("allow")) throw new SettingException("", "deny or allow is needed, one of them.");

        string key = settings.Has("deny") ? "deny" : "allow";
        (string Name, string? Description)[] topics =
            [.. settings.Items(key).Select(item => (item.GetProperty("name").GetString()!, item.TryGetProperty("description", out JsonElement text) ? text.GetString() : null))];
        if (topics.Select(t => t.Name).Distinct().Count() != topics.Length) throw new SettingException(key, "a name occurs twice.");
        try
        {
            return LlamaGuardScanner.ForTopics(Guard(settings), topics, allowed: key == "allow", settings.LowestThreshold);
        }
        catch (ArgumentException error)
        {
            throw new SettingException(key, error.Message);
        }
    }

    private static ObfuscationPasses Readings(ScannerSettings settings)
    {
        if (!settings.Has("readings")) return ObfuscationPasses.All;
        IReadOnlyList<string> names = settings.Texts("readings");
        return Enum.GetValues<ObfuscationPasses>().Where(pass => names.Contains(NameOf(pass))).Aggregate(ObfuscationPasses.None, (all, pass) => all | pass);
    }

    private static string NameOf(ObfuscationPasses pass) => pass.ToString().ToLowerInvariant();
}
