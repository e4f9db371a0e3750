using System.Text.Json;
using Puna.Safety.Evaluation;
using Puna.Safety.Policy;
using Puna.Safety.PromptGuard;
using Puna.Safety.Scanning;

namespace Puna.Tests.Safety;

/// <summary>The classifier in Prompt Guard's shape that the project trained: its folder, through the same code as a published model's.</summary>
public sealed class DemoPromptGuardTests
{
    private static readonly string Folder = RepositoryFiles.Find("train", "model", "puna-demo-prompt-guard");
    private static readonly List<(string Text, bool IsAttack, string Category)> Texts = Read();

    [Fact]
    public void It_flags_and_passes_texts_that_were_written_apart_from_those_of_training()
    {
        using PromptGuardModel model = PromptGuardModel.Load(Folder, new PromptGuardOptions { Threads = 1 });
        DetectionReport report = DetectionReport.Of([.. Texts.Where((_, i) => i % 4 == 0).Select(t => new ScoredExample(model.ScanReadings(t.Text)[0].Score, t.IsAttack))]);
        DetectionPoint at = report.At(0.5f);
        Assert.True(report.Positives >= 250 && report.Negatives >= 600);
        Assert.True(at.TruePositives >= 0.85 * report.Positives, $"{at.TruePositives} of {report.Positives} are flagged");
        Assert.True(at.FalsePositives <= 0.15 * report.Negatives, $"{at.FalsePositives} of {report.Negatives} are flagged by mistake");
    }

    /// <summary>The highest of many windows counts, so that documents need a higher threshold than messages.</summary>
    [Fact]
    public async Task A_policy_blocks_injections_deep_in_a_long_document_and_passes_the_document_without_them()
    {
        string json = $$$"""
            {"version":1,"models":{"injections":{"type":"prompt-guard","path":{{{JsonSerializer.Serialize(Folder)}}},"threads":1}},
             "roles":{"document":[{"scanner":"prompt-guard","threshold":0.985,"deadlineMs":60000,"settings":{"model":"injections"}}]}}
            """;
        using SafetyPolicy policy = SafetyPolicy.Parse(json);
        string[] lines = [.. Texts.Where(t => t is { IsAttack: false, Category: "ask" }).Take(160).Select(t => t.Text)];
        string before = string.Join('\n', lines.Take(100)) + "\n", after = "\n" + string.Join('\n', lines.Skip(100));
        Assert.Equal(PolicyAction.Allow, (await Judge(before + after)).Action);

        int blocked = 0;
        string[] attacks = [.. Texts.Where(t => t is { IsAttack: true, Category: "authority" }).Take(12).Select(t => t.Text)];
        foreach (string attack in attacks)
        {
            PolicyDecision decision = await Judge(before + attack + after);
            if (decision.Action != PolicyAction.Block) continue;
            blocked++;
            Assert.Equal(["injection"], decision.Reasons);
            Finding found = decision.Outcomes[0].Findings.MaxBy(f => f.Score);
            Assert.True(found.Start < before.Length + attack.Length && found.End > before.Length, $"characters {found.Start} to {found.End} were found; the attack begins at {before.Length}");
        }

        Assert.True(blocked >= 9, $"{blocked} of {attacks.Length} attacks are blocked");

        async Task<PolicyDecision> Judge(string document)
        {
            PolicyDecision decision = await policy.EvaluateAsync(new ScanInput("document", document), TestContext.Current.CancellationToken);
            Assert.Null(decision.Outcomes[0].Failure);
            return decision;
        }
    }

    private static List<(string Text, bool IsAttack, string Category)> Read()
    {
        List<(string, bool, string)> texts = [];
        foreach (string line in File.ReadLines(RepositoryFiles.Find("train", "evaluation", "injections.jsonl")))
        {
            using JsonDocument document = JsonDocument.Parse(line);
            JsonElement root = document.RootElement;
            texts.Add((root.GetProperty("text").GetString()!, root.GetProperty("label").GetInt32() == 1, root.GetProperty("category").GetString()!));
        }

        return texts;
    }
}
