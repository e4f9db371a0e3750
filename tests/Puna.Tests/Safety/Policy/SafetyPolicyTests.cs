using System.Diagnostics;
using System.Text.Json;
using Puna.Safety.Policy;
using Puna.Safety.Scanning;

namespace Puna.Tests.Safety.Policy;

public sealed class SafetyPolicyTests(GuardModelFile guard, TriggerModelFolder injections) : IClassFixture<GuardModelFile>, IClassFixture<TriggerModelFolder>
{
    [Fact]
    public async Task The_severest_action_decides_and_every_finding_is_told()
    {
        using SafetyPolicy policy = SafetyPolicy.Parse(
            """
            {"version":1,"roles":{"user":[
              {"scanner":"personal-data","action":"redact","categories":{"ip-address":{"action":"allow"},"iban":{"action":"block"}}},
              {"scanner":"regex","action":"warn","settings":{"patterns":[{"name":"rival","pattern":"acme","ignoreCase":true}]}},
              {"scanner":"hidden-characters","action":"review","threshold":0.85}]}}
            """);
        PolicyDecision redacted = await Judge(policy, "mail a@b.example or 10.0.0.1");
        Assert.Equal(PolicyAction.Redact, redacted.Action);
        Assert.Equal("mail [email] or 10.0.0.1", redacted.Redact("mail a@b.example or 10.0.0.1"));
        Assert.Equal(["email"], redacted.Reasons);
        Assert.Equal(2, redacted.Outcomes[0].Findings.Count);

        PolicyDecision warned = await Judge(policy, "mail a@b.example at ACME");
        Assert.Equal(PolicyAction.Warn, warned.Action);
        Assert.False(warned.Refused);
        Assert.Equal("mail [email] at ACME", warned.Redact("mail a@b.example at ACME"));

        Assert.Equal(PolicyAction.Review, (await Judge(policy, "acme \u202Ex")).Action);
        PolicyDecision blocked = await Judge(policy, "acme \u202Ex GB82WEST12345698765432");
        Assert.Equal(PolicyAction.Block, blocked.Action);
        Assert.Equal(["iban"], blocked.Reasons);
        Assert.All(blocked.Outcomes, outcome => Assert.NotEmpty(outcome.Findings));
        Assert.Equal(PolicyAction.Allow, (await policy.EvaluateAsync(new ScanInput("tool", "GB82WEST12345698765432"))).Action); // no rule
    }

    [Fact]
    public void Whole_numbers_may_have_an_exponent_as_the_schema_lets_them()
    {
        using SafetyPolicy policy = SafetyPolicy.Parse("""{"version":1,"stream":{"checkEvery":1e3,"holdBack":2.0e2},"roles":{}}""");
        Assert.Equal((1000, 200), (policy.Stream.CheckEvery, policy.Stream.HoldBack));
    }

    [Fact]
    public async Task A_dry_run_decides_and_lets_everything_go_on()
    {
        using SafetyPolicy policy = SafetyPolicy.Parse("""{"version":1,"dryRun":true,"roles":{"user":[{"scanner":"secrets"},{"scanner":"personal-data","action":"redact"}]}}""");
        PolicyDecision decision = await Judge(policy, "password=Tr0ub4dor99 a@b.example");
        Assert.Equal((PolicyAction.Block, PolicyAction.Allow, false), (decision.Action, decision.Enforced, decision.Refused));
        Assert.Equal("password=Tr0ub4dor99 a@b.example", decision.Redact("password=Tr0ub4dor99 a@b.example"));
    }

    [Fact]
    public async Task Models_judge_within_a_policy()
    {
        using SafetyPolicy policy = SafetyPolicy.Parse(WithModels(
            """
            {"user":[{"scanner":"prompt-guard","settings":{"model":"injections"}},
                     {"scanner":"llama-guard","threshold":0,"action":"warn","settings":{"model":"guard","exclude":["S1"]}},
                     {"scanner":"topics","action":"warn","threshold":0,"settings":{"model":"guard","deny":[{"name":"sports","description":"games"},{"name":"pets"}]}},
                     {"scanner":"topics","action":"warn","threshold":0,"settings":{"model":"guard","allow":[{"name":"cooking"}]}}],
             "document":[{"scanner":"prompt-guard","settings":{"model":"injections"}}]}
            """));
        PolicyDecision decision = await Judge(policy, "ab ab ignore ab");
        Assert.Equal(PolicyAction.Block, decision.Action);
        Assert.Equal(["injection"], decision.Reasons);
        Assert.All(decision.Outcomes, outcome => Assert.Equal(64, outcome.Model!.Length));
        Assert.All(decision.Outcomes[1].Findings, f => Assert.StartsWith("S", f.Category, StringComparison.Ordinal));
        Assert.DoesNotContain(decision.Outcomes[1].Findings, f => f.Category == "S1");
        Assert.All(decision.Outcomes[2].Findings, f => Assert.Contains(f.Category, new[] { "sports", "pets" }));
        Assert.Equal("off-topic", Assert.Single(decision.Outcomes[3].Findings).Category);
        Assert.Equal(PolicyAction.Warn, (await Judge(policy, "ab ab ab")).Action);
        Assert.Equal(PolicyAction.Block, (await policy.EvaluateAsync(new ScanInput("document", "ab ignore"))).Action);
    }

    [Theory]
    [InlineData("{", "", "it is no JSON")]
    [InlineData("[]", "", "an object is needed")]
    [InlineData("""{"version":2,"roles":{}}""", "/version", "out of range")]
    [InlineData("""{"version":1}""", "/roles", "missing")]
    [InlineData("""{"version":1,"roles":{},"extra":1}""", "/extra", "unknown")]
    [InlineData("""{"version":1,"version":1,"roles":{}}""", "", "Duplicate")]
    [InlineData("""{"version":1,"roles":{"boss":[]}}""", "/roles/boss", "unknown")]
    [InlineData("""{"version":1,"roles":{"user":[{"scanner":"magic"}]}}""", "/roles/user/0/scanner", "unknown")]
    [InlineData("""{"version":1,"roles":{"user":[{"action":"block"}]}}""", "/roles/user/0/scanner", "missing")]
    [InlineData("""{"version":1,"roles":{"user":[{"scanner":"secrets","action":"maybe"}]}}""", "/roles/user/0/action", "choose one of")]
    [InlineData("""{"version":1,"roles":{"user":[{"scanner":"secrets","threshold":1.5}]}}""", "/roles/user/0/threshold", "0 to 1")]
    [InlineData("""{"version":1,"roles":{"user":[{"scanner":"secrets","onError":"redact"}]}}""", "/roles/user/0/onError", "choose one of")]
    [InlineData("""{"version":1,"roles":{"user":[{"scanner":"secrets","deadlineMs":0}]}}""", "/roles/user/0/deadlineMs", "out of range")]
    [InlineData("""{"version":1,"roles":{"user":[{"scanner":"secrets","settings":{"x":1}}]}}""", "/roles/user/0/settings/x", "none is possible")]
    [InlineData("""{"version":1,"roles":{"user":[{"scanner":"secrets","categories":{"email":{}}}]}}""", "/roles/user/0/categories/email", "no such category")]
    [InlineData("""{"version":1,"roles":{"user":[{"scanner":"regex"}]}}""", "/roles/user/0/settings", "missing")]
    [InlineData("""{"version":1,"roles":{"user":[{"scanner":"regex","settings":{"patterns":[{"name":"a","pattern":"x"},{"name":"b/c","pattern":"(a)\\1"}]}}]}}""", "/roles/user/0/settings/patterns/1/pattern", "linear time")]
    [InlineData("""{"version":1,"roles":{"user":[{"scanner":"llama-guard","settings":{"model":"none"}}]}}""", "/roles/user/0/settings/model", "no model 'none'")]
    [InlineData("""{"version":1,"models":{"m":{"type":"llama-guard","path":"absent.gguf"}},"roles":{"user":[{"scanner":"llama-guard","settings":{"model":"m"}}]}}""", "/models/m", "absent.gguf")]
    [InlineData("""{"version":1,"models":{"m":{"type":"llama-guard","path":"a\u0000b"}},"roles":{}}""", "/models/m", "Null character")]
    [InlineData("""{"version":1,"models":{"m":{"type":"oracle","path":"x"}},"roles":{}}""", "/models/m/type", "choose one of")]
    public void A_bad_policy_is_refused_at_its_place(string json, string pointer, string message)
    {
        PolicyException error = Assert.Throws<PolicyException>(() => SafetyPolicy.Parse(json));
        PolicyProblem problem = Assert.Single(error.Problems);
        Assert.Equal(pointer, problem.Pointer);
        Assert.Contains(message, problem.Message, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void Models_of_the_wrong_kind_and_roles_that_a_model_cannot_judge_are_refused()
    {
        PolicyException error = Assert.Throws<PolicyException>(() => SafetyPolicy.Parse(WithModels(
            """
            {"user":[{"scanner":"llama-guard","settings":{"model":"injections"}},{"scanner":"prompt-guard","settings":{"model":"guard"}},{"scanner":"llama-guard","settings":{"model":"guard","exclude":["S77"]}},
                     {"scanner":"topics","settings":{"model":"guard"}}],
             "tool":[{"scanner":"llama-guard","settings":{"model":"guard"}}]}
            """)));
        Assert.Equal(["/roles/user/0/settings/model", "/roles/user/1/settings/model", "/roles/user/2/settings/exclude/0", "/roles/user/3", "/roles/tool/0"], error.Problems.Select(p => p.Pointer));

        PolicyException ordinary = Assert.Throws<PolicyException>(() => SafetyPolicy.Parse($$$"""{"version":1,"models":{"m":{"type":"llama-guard","path":{{{JsonSerializer.Serialize(guard.Ordinary)}}}}},"roles":{}}"""));
        Assert.Contains("give its kind", Assert.Single(ordinary.Problems).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_schema_names_every_key_that_the_reader_takes()
    {
        using JsonDocument schema = JsonDocument.Parse(SafetyPolicy.Schema());
        JsonElement definitions = schema.RootElement.GetProperty("$defs");
        Assert.False(definitions.GetProperty("policy").GetProperty("additionalProperties").GetBoolean());
        JsonElement rules = definitions.GetProperty("rule").GetProperty("oneOf");
        Assert.Equal(ScannerCatalog.All.Select(t => t.Name), rules.EnumerateArray().Select(r => r.GetProperty("properties").GetProperty("scanner").GetProperty("enum")[0].GetString()));
        Assert.Equal(File.ReadAllText(RepositoryFiles.Find("docs/policy.schema.json")).TrimEnd(), System.Text.Encoding.UTF8.GetString(SafetyPolicy.Schema()));
    }

    [Fact]
    public void The_documented_example_is_a_good_policy()
    {
        using SafetyPolicy example = SafetyPolicy.Load(RepositoryFiles.Find("docs/policy-example.json"));
        Assert.Equal(["user", "tool", "document", "assistant"], example.Roles);
    }

    [Fact]
    public async Task A_scanner_that_throws_or_takes_too_long_leads_to_what_the_rule_says()
    {
        foreach (PolicyAction onError in (PolicyAction[])[PolicyAction.Allow, PolicyAction.Warn, PolicyAction.Review, PolicyAction.Block])
        {
            RuleOutcome thrown = await Rule(new FakeScanner((_, _) => throw new InvalidOperationException("broken")), onError).RunAsync(new ScanInput("user", "x"), default);
            Assert.Equal(onError, thrown.Action);
            Assert.Contains("broken", thrown.Failure, StringComparison.Ordinal);

            RuleOutcome bad = await Rule(new FakeScanner((_, _) => [new Finding("x", float.NaN, 0, 1)]), onError).RunAsync(new ScanInput("user", "x"), default);
            Assert.Equal(onError, bad.Action);

            RuleOutcome late = await Rule(new FakeScanner((_, stop) =>
            {
                stop.WaitHandle.WaitOne();
                stop.ThrowIfCancellationRequested();
                return [];
            }), onError).RunAsync(new ScanInput("user", "x"), default);
            Assert.Equal(onError, late.Action);
            Assert.Contains("50 ms", late.Failure, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Scans_that_never_end_do_not_pile_up()
    {
        using ManualResetEventSlim release = new();
        int started = 0;
        PolicyRule rule = Rule(new FakeScanner((_, _) =>
        {
            Interlocked.Increment(ref started);
            release.Wait(TestContext.Current.CancellationToken);
            return [];
        }), PolicyAction.Block);
        for (int i = 0; i < 8; i++)
        {
            RuleOutcome outcome = await rule.RunAsync(new ScanInput("user", "x"), default);
            Assert.NotNull(outcome.Failure);
        }

        Assert.InRange(started, 1, 4);
        release.Set();
        Stopwatch clock = Stopwatch.StartNew();
        while ((await rule.RunAsync(new ScanInput("user", "x"), default)).Failure is not null) Assert.True(clock.Elapsed < TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task Who_leaves_is_not_answered()
    {
        using CancellationTokenSource left = new();
        PolicyRule rule = Rule(new FakeScanner((_, stop) =>
        {
            left.Cancel();
            stop.ThrowIfCancellationRequested();
            return [];
        }), PolicyAction.Allow);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => rule.RunAsync(new ScanInput("user", "x"), left.Token));
    }

    private static PolicyRule Rule(IScanner scanner, PolicyAction onError) => new()
    {
        Place = "/roles/user/0",
        ScannerName = "fake",
        Scanner = scanner,
        Action = PolicyAction.Block,
        Threshold = 0.5f,
        Categories = new Dictionary<string, (PolicyAction?, float?)>(),
        Deadline = TimeSpan.FromMilliseconds(50),
        OnError = onError,
    };

    private static async Task<PolicyDecision> Judge(SafetyPolicy policy, string text) => await policy.EvaluateAsync(new ScanInput("user", text));

    private string WithModels(string roles) =>
        $$$"""
        {"version":1,"models":{"guard":{"type":"llama-guard","path":{{{JsonSerializer.Serialize(guard.Path)}}},"minMass":0,"threads":1},
         "injections":{"type":"prompt-guard","path":{{{JsonSerializer.Serialize(injections.Path)}}},"threads":1}},"roles":{{{roles}}}}
        """;

    private sealed class FakeScanner(Func<ScanInput, CancellationToken, IReadOnlyList<Finding>> scan) : IScanner
    {
        public IReadOnlyList<string> Categories => ["x"];

        public string? Model => null;

        public IReadOnlyList<Finding> Scan(ScanInput input, CancellationToken cancellationToken) => scan(input, cancellationToken);
    }
}
