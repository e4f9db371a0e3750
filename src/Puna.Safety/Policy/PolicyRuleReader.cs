using System.Text.Json;
using Puna.Safety.Scanning;

namespace Puna.Safety.Policy;

/// <summary>Makes a rule of a policy whose shape was checked.</summary>
internal static class PolicyRuleReader
{
    /// <summary>The rule, or null where a problem was added.</summary>
    internal static PolicyRule? Read(JsonElement rule, string place, string role, PolicyModels models, List<PolicyProblem> problems)
    {
        ScannerType type = ScannerCatalog.Find(rule.GetProperty("scanner").GetString()!)!;
        float threshold = Number(rule, "threshold") ?? type.Threshold;
        Dictionary<string, (PolicyAction? Action, float? Threshold)> categories = [];
        if (rule.TryGetProperty("categories", out JsonElement named))
        {
            foreach (JsonProperty category in named.EnumerateObject()) categories[category.Name] = (Action(category.Value, "action"), Number(category.Value, "threshold"));
        }

        TimeSpan deadline = rule.TryGetProperty("deadlineMs", out JsonElement milliseconds) ? TimeSpan.FromMilliseconds(milliseconds.GetDouble()) : type.Deadline;
        float lowest = categories.Values.Select(c => c.Threshold ?? threshold).Append(threshold).Min();
        IScanner scanner;
        try
        {
            scanner = type.Create(new ScannerSettings(rule.TryGetProperty("settings", out JsonElement settings) ? settings : default, role, lowest, deadline, models.Find));
        }
        catch (SettingException error)
        {
            // A model that could not be loaded was told of at its own place.
            if (!models.Failed(rule)) problems.Add(new PolicyProblem(error.Place.Length == 0 ? place : $"{place}/settings/{error.Place}", error.Message));
            return null;
        }

        foreach (string unknown in categories.Keys.Except(scanner.Categories))
            problems.Add(new PolicyProblem($"{place}/categories/{PolicyShape.Escape(unknown)}", $"the scanner {type.Name} has no such category; it has {string.Join(", ", scanner.Categories)}."));

        return new PolicyRule
        {
            Place = place,
            ScannerName = type.Name,
            Scanner = scanner,
            Action = Action(rule, "action") ?? PolicyAction.Block,
            Threshold = threshold,
            Categories = categories,
            Deadline = deadline,
            OnError = Action(rule, "onError") ?? PolicyAction.Block,
        };
    }

    private static PolicyAction? Action(JsonElement element, string name) => element.TryGetProperty(name, out JsonElement value) ? PolicyActions.Parse(value.GetString()!) : null;

    private static float? Number(JsonElement element, string name) => element.TryGetProperty(name, out JsonElement value) ? value.GetSingle() : null;
}
