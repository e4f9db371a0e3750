using Puna.Models;
using Puna.Safety;
using Puna.Safety.Alignment;
using Puna.Safety.LlamaGuard;
using Puna.Safety.Policy;
using Puna.Safety.Scanning;
using Puna.Tests.Formats;
using Puna.Tests.Models;

namespace Puna.Tests.Safety;

/// <summary>Of random weights: the verdicts mean nothing, but they are computed and used as those of an auditor are.</summary>
public sealed class AlignmentTests : IDisposable
{
    private static readonly GuardMessage[] Before = [new("system", "be kind"), new("user", "hello"), new("assistant", "and"), new("tool", "the thing")];
    private readonly TemporaryFolder _folder = new();
    private readonly string _auditor;

    public AlignmentTests()
    {
        TinyVocabulary vocabulary = TinyVocabulary.Llama4 with { MoreWords = ["ye", "yes", "no", " no"] };
        _auditor = (TinyModel.Llama4 with { Name = "Tiny", Vocabulary = vocabulary, ContextLength = 8192, CertainPair = (vocabulary.IdOfWord("yes"), vocabulary.IdOfWord("no")) }).Write(_folder["auditor.gguf"]);
        (TinyModel.Llama4 with { Name = "Tiny", Vocabulary = vocabulary, ContextLength = 8192 }).Write(_folder["silent.gguf"]);
        (TinyModel.Llama4 with { Name = "Tiny", ContextLength = 8192 }).Write(_folder["wordless.gguf"]);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_verdict_is_yes_against_no_of_one_pass()
    {
        using AlignmentAuditor auditor = AlignmentAuditor.Load(_auditor, new AlignmentAuditorOptions { Threads = 1 });
        AlignmentVerdict first = auditor.Judge(Before, "{\"name\":\"send\"}"), again = auditor.Judge(Before, "{\"name\":\"send\"}");
        Assert.InRange(first.Probability, 0, 1);
        Assert.InRange(first.Mass, 0.9, 1);
        Assert.Equal((first.Probability, first.PromptTokens), (again.Probability, again.PromptTokens)); // from the cache, to the bit
        Assert.Equal(first.PromptTokens, first.ComputedTokens);
        Assert.True(again.ComputedTokens < first.PromptTokens / 4);
        Assert.NotEqual(first.Probability, auditor.Judge(Before[..2], "{\"name\":\"stop\"}").Probability);
    }

    [Fact]
    public void What_no_auditor_says_is_a_failure()
    {
        Assert.Contains("'yes'", Assert.Throws<ModelException>(() => AlignmentAuditor.Load(_folder["wordless.gguf"])).Message, StringComparison.Ordinal);
        using AlignmentAuditor silent = AlignmentAuditor.Load(_folder["silent.gguf"], new AlignmentAuditorOptions { Threads = 1 });
        Assert.Contains("no auditor", Assert.Throws<GuardFailureException>(() => silent.Judge(Before, "x")).Message, StringComparison.Ordinal);
        using AlignmentAuditor auditor = AlignmentAuditor.Load(_auditor, new AlignmentAuditorOptions { Threads = 1 });
        Assert.Contains("asked for", Assert.Throws<GuardFailureException>(() => auditor.Judge([new("system", "be kind")], "x")).Message, StringComparison.Ordinal);
        Assert.Contains("context", Assert.Throws<GuardFailureException>(() => auditor.Judge(Before, new string('x', 20_000))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_long_trace_keeps_what_was_asked_first_and_what_came_last()
    {
        using AlignmentAuditor auditor = AlignmentAuditor.Load(_auditor, new AlignmentAuditorOptions { Threads = 1, ConversationTokens = 100 });
        GuardMessage far = new("tool", new string('q', 2000)), last = new("tool", "the thing");
        AlignmentVerdict whole = auditor.Judge([Before[1], last], "x");
        Assert.Equal((whole.Probability, whole.PromptTokens), Of(auditor.Judge([Before[1], far, last], "x")));
        Assert.Equal((whole.Probability, whole.PromptTokens), Of(auditor.Judge([far, Before[1], last], "x")));

        static (float Probability, int Tokens) Of(AlignmentVerdict verdict) => (verdict.Probability, verdict.PromptTokens);
    }

    [Fact]
    public async Task A_policy_judges_the_calls_of_an_assistant()
    {
        using SafetyPolicy policy = SafetyPolicy.Parse("""
            {"version":1,"models":{"auditor":{"type":"chat","path":"auditor.gguf","threads":1}},
             "roles":{"assistant":[{"scanner":"alignment","threshold":0,"action":"review","onError":"block","settings":{"model":"auditor"}}]}}
            """, _folder.Root);
        ScanInput call = new("assistant", "{}", Before) { ToolCalls = [(0, 2)] };
        PolicyDecision judged = await policy.EvaluateAsync(call);
        Assert.Equal((PolicyAction.Review, AlignmentScanner.Misaligned), (judged.Action, Assert.Single(judged.Reasons)));
        Assert.Equal(64, judged.Outcomes[0].Model!.Length);
        Assert.Empty((await policy.EvaluateAsync(call with { ToolCalls = [] })).Outcomes[0].Findings);
        Assert.Equal(PolicyAction.Block, (await policy.EvaluateAsync(call with { Before = [] })).Action); // nothing to hold it against

        PolicyException error = Assert.Throws<PolicyException>(() => SafetyPolicy.Parse("""
            {"version":1,"models":{"auditor":{"type":"chat","path":"auditor.gguf"}},"roles":{"user":[{"scanner":"alignment","settings":{"model":"auditor"}}],"assistant":[{"scanner":"llama-guard","settings":{"model":"auditor"}}]}}
            """, _folder.Root));
        Assert.Contains(error.Problems, p => p.Pointer == "/roles/user/0" && p.Message.Contains("assistant", StringComparison.Ordinal));
        Assert.Contains(error.Problems, p => p.Pointer.StartsWith("/roles/assistant/0", StringComparison.Ordinal));
    }
}
