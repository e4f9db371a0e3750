using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Json;
using Puna.Safety.LlamaGuard;
using Puna.Safety.Scanning;
using Puna.Safety.Streams;

namespace Puna.Safety.Policy;

/// <summary>
/// A policy: by whose message it is, rules that each run a scanner and say what its findings lead to. All rules of a role
/// run side by side, each within its deadline; the severest action decides, whatever the scores of different scanners are.
/// Safe for concurrent callers. Dispose it when no decision is under way.
/// </summary>
public sealed class SafetyPolicy : IDisposable
{
    private readonly Dictionary<string, PolicyRule[]> _rules;
    private readonly PolicyModels _models;

    private SafetyPolicy(string name, string hash, bool dryRun, StreamSettings stream, Dictionary<string, PolicyRule[]> rules, PolicyModels models)
    {
        Name = name;
        Hash = hash;
        DryRun = dryRun;
        Stream = stream;
        _rules = rules;
        _models = models;
    }

    public string Name { get; }

    /// <summary>SHA-256 of the file, in hexadecimal.</summary>
    public string Hash { get; }

    /// <summary>Everything goes on, whatever is decided.</summary>
    public bool DryRun { get; }

    /// <summary>When the words of an answer leave.</summary>
    public StreamSettings Stream { get; }

    /// <summary>Roles that have a rule.</summary>
    public IReadOnlyCollection<string> Roles => _rules.Keys;

    /// <summary>The first Llama Guard under the policy's models, or null.</summary>
    public LlamaGuardModel? Guard => _models.First<LlamaGuardModel>();

    /// <summary>Names of the scanners of a role, in order.</summary>
    public IReadOnlyList<string> ScannersOf(string role) => [.. _rules.GetValueOrDefault(role, []).Select(rule => rule.ScannerName)];

    /// <summary>JSON Schema of policy files, as UTF-8.</summary>
    public static byte[] Schema() => PolicyFile.Schema();

    /// <summary>Reads a policy and loads the models that it names.</summary>
    /// <exception cref="PolicyException">It is malformed, names what is not there, or a model cannot be loaded.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static SafetyPolicy Load(string path) => Load(path, new ModelPool());

    /// <summary>As <see cref="Load(string)"/>, from text.</summary>
    /// <param name="json">The policy.</param>
    /// <param name="folder">Where relative paths of models begin.</param>
    public static SafetyPolicy Parse(string json, string folder = ".") => Parse(System.Text.Encoding.UTF8.GetBytes(json), "policy", folder, new ModelPool());

    internal static SafetyPolicy Load(string path, ModelPool pool)
    {
        FileInfo file = new(path);
        if (!file.Exists) throw new FileNotFoundException($"{path}: there is no such file.", path);
        if (file.Length > PolicyFile.MaxBytes) throw new PolicyException(path, [new PolicyProblem("", $"it has {file.Length} bytes; {PolicyFile.MaxBytes} are possible.")]);
        return Parse(File.ReadAllBytes(path), path, Path.GetDirectoryName(Path.GetFullPath(path))!, pool);
    }

    /// <summary>A policy of rules that are made already.</summary>
    internal static SafetyPolicy Of(StreamSettings stream, Dictionary<string, PolicyRule[]> rules) => new("", new string('0', 64), dryRun: false, stream, rules, new PolicyModels());

    /// <summary>Judges a text by the rules of its role; without a rule it is allowed.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async ValueTask<PolicyDecision> EvaluateAsync(ScanInput input, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(input);
        cancellationToken.ThrowIfCancellationRequested();
        long started = Stopwatch.GetTimestamp();
        RuleOutcome[] outcomes = _rules.TryGetValue(input.Role, out PolicyRule[]? rules) ? await Task.WhenAll(rules.Select(rule => rule.RunAsync(input, cancellationToken))).ConfigureAwait(false) : [];
        PolicyAction action = outcomes.Select(o => o.Action).DefaultIfEmpty(PolicyAction.Allow).Max();
        return new PolicyDecision(input.Role, action, outcomes, Reasons(rules, outcomes, action), Redactions(rules, outcomes), DryRun, Hash, Stopwatch.GetElapsedTime(started));
    }

    /// <summary>Unloads the models.</summary>
    public void Dispose() => _models.Dispose();

    private static StreamSettings ReadStream(JsonElement root)
    {
        StreamSettings defaults = new();
        if (!root.TryGetProperty("stream", out JsonElement stream)) return defaults;
        return new StreamSettings(
            stream.TryGetProperty("mode", out JsonElement mode) ? (StreamMode)StreamSettings.ModeNames.ToList().IndexOf(mode.GetString()!) : defaults.Mode,
            stream.TryGetProperty("checkEvery", out JsonElement check) ? (int)check.GetDouble() : defaults.CheckEvery,
            stream.TryGetProperty("holdBack", out JsonElement hold) ? (int)hold.GetDouble() : defaults.HoldBack);
    }

    private static string[] Reasons(PolicyRule[]? rules, RuleOutcome[] outcomes, PolicyAction action)
    {
        if (action == PolicyAction.Allow) return [];

        List<(string Category, float Score)> reasons = [];
        for (int i = 0; i < outcomes.Length; i++)
        {
            if (outcomes[i].Failure is not null && outcomes[i].Action == action) reasons.Add((PolicyDecision.ScannerFailure, 1));
            reasons.AddRange(outcomes[i].Findings.Where(f => rules![i].Judge(f) == action).Select(f => (f.Category, f.Score)));
        }

        return [.. reasons.OrderByDescending(r => r.Score).Select(r => r.Category).Distinct()];
    }

    private static List<Redaction> Redactions(PolicyRule[]? rules, RuleOutcome[] outcomes)
    {
        List<Redaction> ranges = [];
        for (int i = 0; i < outcomes.Length; i++)
            ranges.AddRange(outcomes[i].Findings.Where(f => f.End > f.Start && rules![i].Judge(f) == PolicyAction.Redact).Select(f => new Redaction(f.Start, f.End, f.Category)));

        return Redaction.Merge(ranges);
    }

    private static SafetyPolicy Parse(byte[] utf8, string source, string folder, ModelPool pool)
    {
        using JsonDocument document = PolicyFile.Parse(utf8, source);
        JsonElement root = document.RootElement;
        List<PolicyProblem> problems = [];
        PolicyModels models = new();
        try
        {
            if (root.TryGetProperty("models", out JsonElement named)) models.Load(named, folder, pool, problems);
            Dictionary<string, PolicyRule[]> rules = [];
            foreach (JsonProperty role in root.GetProperty("roles").EnumerateObject())
                rules[role.Name] = [.. role.Value.EnumerateArray().Select((rule, i) => PolicyRuleReader.Read(rule, $"/roles/{role.Name}/{i}", role.Name, models, problems)).OfType<PolicyRule>()];

            if (problems.Count > 0) throw new PolicyException(source, problems);
            string name = root.TryGetProperty("name", out JsonElement given) ? given.GetString()! : Path.GetFileNameWithoutExtension(source);
            return new SafetyPolicy(name, Convert.ToHexStringLower(SHA256.HashData(utf8)), root.TryGetProperty("dryRun", out JsonElement dry) && dry.GetBoolean(), ReadStream(root), rules, models);
        }
        catch
        {
            models.Dispose();
            throw;
        }
    }
}
