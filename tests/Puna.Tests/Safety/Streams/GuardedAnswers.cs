using Puna.Safety.Policy;
using Puna.Safety.Scanning;
using Puna.Safety.Streams;

namespace Puna.Tests.Safety.Streams;

/// <summary>Policies of one scanner that a test writes, and random answers.</summary>
internal static class GuardedAnswers
{
    private static readonly string[] Words = ["the", "river", "a", "über", "\U0001F98A", "naïve", "line.\n", "\n\n", "under", "seventeen", "x", "—", "日本語の文", "supercalifragilistic", "=", "{\"k\":1}"];

    internal static SafetyGuard Guard(IScanner scanner, StreamSettings settings, PolicyAction action = PolicyAction.Block, string role = "assistant", Func<PolicyDecision, CancellationToken, ValueTask<bool>>? reviewer = null)
    {
        PolicyRule rule = new()
        {
            Place = $"/roles/{role}/0",
            ScannerName = "test",
            Scanner = scanner,
            Action = action,
            Threshold = 0.5f,
            Categories = new Dictionary<string, (PolicyAction?, float?)>(),
            Deadline = TimeSpan.FromSeconds(60),
            OnError = PolicyAction.Block,
        };
        return new SafetyGuard(new PolicyHost(SafetyPolicy.Of(settings, new Dictionary<string, PolicyRule[]> { [role] = [rule] })), reviewer: reviewer);
    }

    internal static string Answer(Random random, int words)
    {
        System.Text.StringBuilder answer = new();
        for (int i = 0; i < words; i++) answer.Append(i > 0 ? " " : "").Append(Words[random.Next(Words.Length)]);
        return answer.ToString();
    }

    /// <summary>The answer in pieces of random length, cut anywhere but inside a surrogate pair, as a model's words come.</summary>
    internal static List<string> Chunks(Random random, string answer, int longest)
    {
        List<string> chunks = [];
        for (int at = 0; at < answer.Length;)
        {
            int end = Math.Min(answer.Length, at + 1 + random.Next(longest));
            if (end < answer.Length && char.IsLowSurrogate(answer[end])) end++;
            chunks.Add(answer[at..end]);
            at = end;
        }

        return chunks;
    }
}

/// <summary>A scanner that a test writes.</summary>
internal sealed class FakeScanner(Func<ScanInput, CancellationToken, IReadOnlyList<Finding>> scan) : IScanner
{
    public IReadOnlyList<string> Categories => ["x"];

    public string? Model => null;

    public IReadOnlyList<Finding> Scan(ScanInput input, CancellationToken cancellationToken) => scan(input, cancellationToken);
}
