using System.Text.Json;
using Microsoft.Extensions.AI;
using Puna.Safety.Audit;
using Puna.Safety.Policy;
using Puna.Safety.Scanning;
using Puna.Safety.Streams;
using Puna.Tests.Formats;
using Puna.Tests.Safety.Streams;

namespace Puna.Tests.Safety;

/// <summary>What goes wrong does what the rule says, and is in the records.</summary>
public sealed class FailureTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string, PolicyAction> Failures
    {
        get
        {
            TheoryData<string, PolicyAction> all = [];
            foreach (string what in (string[])["throws", "late", "nonsense"])
            {
                foreach (PolicyAction onError in (PolicyAction[])[PolicyAction.Allow, PolicyAction.Warn, PolicyAction.Review, PolicyAction.Block]) all.Add(what, onError);
            }

            return all;
        }
    }

    [Theory, MemberData(nameof(Failures))]
    public async Task A_scanner_that_fails_is_recorded_and_opens_or_closes_as_its_rule_says(string what, PolicyAction onError)
    {
        foreach (string role in (string[])["user", "assistant"])
        {
            string records = _folder[role];
            using (AuditLog audit = AuditLog.Open(records))
            {
                SafetyGuard guard = new(new PolicyHost(SafetyPolicy.Of(new StreamSettings(), new Dictionary<string, PolicyRule[]> { [role] = [Rule(what, role, onError)] })), audit);
                ChatResponse response = await new SafetyChatClient(new EchoClient(), guard).GetResponseAsync([new ChatMessage(ChatRole.User, "hello")]);
                Assert.Equal(onError >= PolicyAction.Review ? ChatFinishReason.ContentFilter : ChatFinishReason.Stop, response.FinishReason);
                Assert.Equal(onError >= PolicyAction.Review ? "" : "hello", response.Text);
                SafetyReport report = (SafetyReport)response.AdditionalProperties![SafetyChatClient.ReportProperty]!;
                Assert.Equal(onError >= PolicyAction.Review ? [PolicyDecision.ScannerFailure] : null, report.Refusal?.Reasons);
            }

            Assert.Null(AuditVerification.Of(records).Problem);
            JsonElement record = JsonElement.Parse(File.ReadLines(Directory.GetFiles(records, "audit-*").Single()).Single(l => l.Contains("\"failure\"", StringComparison.Ordinal)));
            Assert.Equal(PolicyActions.NameOf(onError), record.GetProperty("action").GetString());
            Assert.NotEmpty(record.GetProperty("rules")[0].GetProperty("failure").GetString()!);
        }
    }

    [Fact]
    public async Task Ten_megabytes_are_judged_or_refused_in_time()
    {
        string[] texts = [string.Concat(Enumerable.Repeat("Call +49 30 901820 or write to jo@mail.example. ", 220_000)), new string('a', 10 << 20), string.Concat(Enumerable.Repeat("a\u200Bb ", 10 << 18))];
        using AuditLog audit = AuditLog.Open(_folder["big"]);
        using SafetyPolicy policy = SafetyPolicy.Parse(
            """
            {"version":1,"roles":{"user":[
              {"scanner":"regex","deadlineMs":20000,"settings":{"patterns":[{"name":"poison","pattern":"(a+)+(b|c)*!$"}]}},
              {"scanner":"secrets","deadlineMs":20000},{"scanner":"code-risk","deadlineMs":20000},{"scanner":"personal-data","action":"redact","deadlineMs":20000},
              {"scanner":"hidden-characters","action":"warn","deadlineMs":20000}]}}
            """);
        for (int i = 0; i < texts.Length; i++)
        {
            PolicyDecision decision = await policy.EvaluateAsync(new ScanInput("user", texts[i]));
            audit.Record("big", "message", texts[i], decision);
            Assert.True(decision.Elapsed < TimeSpan.FromMinutes(2), $"{decision.Elapsed}"); // the deadlines, and the time of a machine that is busy
            Assert.All(decision.Outcomes, outcome => Assert.True(outcome.Failure is null || outcome.Action == PolicyAction.Block));
            Assert.True(decision.Outcomes[^2].Failure is not null || decision.Outcomes[^2].Findings.Count == (i == 0 ? 440_000 : 0));
            Assert.True(decision.Outcomes[^1].Failure is not null || decision.Outcomes[^1].Findings.Count == (i == 2 ? 10 << 18 : 0));
        }

        audit.Dispose();
        Assert.Equal((3, null), (AuditVerification.Of(_folder["big"]).Records, AuditVerification.Of(_folder["big"]).Problem));
        Assert.True(new FileInfo(Directory.GetFiles(_folder["big"], "audit-*").Single()).Length < 100_000); // however much was found
    }

    private static PolicyRule Rule(string what, string role, PolicyAction onError) => new()
    {
        Place = $"/roles/{role}/0",
        ScannerName = what,
        Scanner = new FakeScanner((_, stop) =>
        {
            if (what == "late") stop.WaitHandle.WaitOne();
            stop.ThrowIfCancellationRequested();
            return what == "nonsense" ? [new Finding("x", 2, 0, 1)] : throw new InvalidOperationException("broken");
        }),
        Action = PolicyAction.Block,
        Threshold = 0.5f,
        Categories = new Dictionary<string, (PolicyAction?, float?)>(),
        Deadline = TimeSpan.FromMilliseconds(what == "late" ? 50 : 30_000),
        OnError = onError,
    };

    /// <summary>Answers with the last message.</summary>
    private sealed class EchoClient : IChatClient
    {
        public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) => throw new InvalidOperationException("answers are streamed");

        public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            await Task.Yield();
            yield return new ChatResponseUpdate(ChatRole.Assistant, messages.Last().Text) { FinishReason = ChatFinishReason.Stop };
        }

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }
    }
}
