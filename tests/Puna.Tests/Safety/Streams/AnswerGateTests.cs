using Microsoft.Extensions.AI;
using Puna.Safety.Policy;
using Puna.Safety.Scanning;
using Puna.Safety.Streams;

namespace Puna.Tests.Safety.Streams;

public sealed class AnswerGateTests
{
    private const string Secret = "KEY-12345";

    [Fact]
    public async Task Nothing_leaves_unjudged_and_every_chunking_is_decided_alike()
    {
        Random random = new(11);
        int refusals = 0;
        for (int trial = 0; trial < 400; trial++)
        {
            string answer = GuardedAnswers.Answer(random, random.Next(1, 400));
            int bad = random.Next(3) == 0 ? int.MaxValue : random.Next(answer.Length + 1); // from this length on the answer is unsafe
            StreamSettings settings = new(StreamMode.Gated, random.Next(16, 700), 1);
            (string Left, bool Refused)? first = null;
            foreach (int longest in (int[])[1, 7, 90, int.MaxValue / 2])
            {
                int judged = 0;
                SafetyGuard guard = GuardedAnswers.Guard(new FakeScanner((input, _) =>
                {
                    if (input.Text.Length >= bad) return [new Finding("x", 1, 0, input.Text.Length)];
                    judged = Math.Max(judged, input.Text.Length);
                    return [];
                }), settings);
                using SafetySession session = guard.Begin();
                AnswerGate gate = session.Answer([]);
                string left = "";
                foreach (string chunk in GuardedAnswers.Chunks(random, answer, longest)) await Take(gate.AddTextAsync(chunk));
                await Take(gate.EndAsync());

                Assert.Equal(gate.Refusal is null, left == answer);
                Assert.Equal(answer.Length >= bad, gate.Refusal is not null);
                if (gate.Refusal is not null) Assert.True(left.Length == 0 || char.IsWhiteSpace(left[^1]), $"'{left[^Math.Min(9, left.Length)..]}' ends within a word");
                (string, bool) outcome = (left, gate.Refusal is not null);
                Assert.Equal(first ??= outcome, outcome);

                async Task Take(ValueTask<IReadOnlyList<GatePiece>> pieces)
                {
                    foreach (GatePiece piece in await pieces) left += piece.Text;
                    Assert.True(left.Length <= judged, $"{left.Length} characters left, {judged} were judged");
                    Assert.StartsWith(left, answer, StringComparison.Ordinal);
                }
            }

            if (first!.Value.Refused) refusals++;
        }

        Assert.InRange(refusals, 100, 390);
    }

    [Theory]
    [InlineData(StreamMode.Gated)]
    [InlineData(StreamMode.Windowed)]
    public async Task What_is_redacted_never_leaves_in_part(StreamMode mode)
    {
        Random random = new(13);
        int redacted = 0;
        for (int trial = 0; trial < 300; trial++)
        {
            string[] words = [.. Enumerable.Range(0, random.Next(1, 300)).Select(_ => random.Next(12) == 0 ? Secret : GuardedAnswers.Answer(random, 1))];
            string answer = string.Join(' ', words), expected = answer.Replace(Secret, "[x]", StringComparison.Ordinal);
            foreach (int longest in (int[])[1, 30, int.MaxValue / 2])
            {
                SafetyGuard guard = GuardedAnswers.Guard(new FakeScanner(FindSecrets), new StreamSettings(mode, random.Next(16, 500), mode == StreamMode.Gated ? 1 : 1200), PolicyAction.Redact);
                using SafetySession session = guard.Begin();
                AnswerGate gate = session.Answer([]);
                string left = "";
                foreach (string chunk in GuardedAnswers.Chunks(random, answer, longest))
                {
                    foreach (GatePiece piece in await gate.AddTextAsync(chunk, rider: chunk))
                    {
                        left += piece.Text;
                        Assert.DoesNotContain("KEY", piece.Rider as string ?? "", StringComparison.Ordinal);
                    }

                    Assert.StartsWith(left, expected, StringComparison.Ordinal);
                }

                foreach (GatePiece piece in await gate.EndAsync()) left += piece.Text;
                Assert.Null(gate.Refusal);
                Assert.Equal(expected, left);
                if (answer != expected) redacted++;
            }
        }

        Assert.True(redacted > 500);
    }

    [Fact]
    public async Task A_window_holds_few_words_and_observing_holds_none()
    {
        Random random = new(17);
        for (int trial = 0; trial < 100; trial++)
        {
            string answer = GuardedAnswers.Answer(random, 300);
            int scans = 0, hold = random.Next(1, 300), bad = random.Next(200, answer.Length);
            string? first = null;
            foreach (int longest in (int[])[1, 50, int.MaxValue / 2])
            {
                SafetyGuard windowed = GuardedAnswers.Guard(new FakeScanner((input, _) => input.Text.Length >= bad ? [new Finding("x", 1, 0, 1)] : []), new StreamSettings(StreamMode.Windowed, 200, hold));
                using SafetySession session = windowed.Begin();
                AnswerGate gate = session.Answer([]);
                string left = "";
                int taken = 0;
                foreach (string chunk in GuardedAnswers.Chunks(random, answer, longest))
                {
                    taken += chunk.Length;
                    foreach (GatePiece piece in await gate.AddTextAsync(chunk)) left += piece.Text;
                    if (gate.Refusal is null) Assert.InRange(taken - left.Length, Math.Min(hold, taken), hold + 32); // a word of the list at most
                }

                await gate.EndAsync();
                Assert.NotNull(gate.Refusal);
                Assert.True(left.Length == 0 || char.IsWhiteSpace(left[^1]));
                Assert.Equal(first ??= left, left);
            }

            SafetyGuard observing = GuardedAnswers.Guard(new FakeScanner((_, _) =>
            {
                scans++;
                return [new Finding("x", 1, 0, 1)];
            }), new StreamSettings(StreamMode.Observe, 200, hold));
            using SafetySession observed = observing.Begin();
            AnswerGate open = observed.Answer([]);
            foreach (string chunk in GuardedAnswers.Chunks(random, answer, 9)) Assert.Equal(chunk, Assert.Single(await open.AddTextAsync(chunk)).Text);
            Assert.Empty(await open.EndAsync());
            Assert.Null(open.Refusal);
            Assert.Equal(1, scans);
            Assert.Equal(PolicyAction.Block, Assert.Single(observed.Notes).Decision.Action);
        }
    }

    [Fact]
    public async Task A_tool_call_leaves_whole_and_judged_or_not_at_all()
    {
        FunctionCallContent call = new("1", "search", new Dictionary<string, object?> { ["q"] = "a \"quoted\" word" });
        List<(string Text, int Calls)> seen = [];
        bool refuse = false;
        SafetyGuard guard = GuardedAnswers.Guard(new FakeScanner((input, _) =>
        {
            lock (seen) seen.Add((input.Text, input.ToolCalls.Count));
            return refuse && input.ToolCalls.Count > 0 ? [new Finding("x", 1, 0, 1)] : [];
        }), new StreamSettings());
        foreach (bool refused in (bool[])[false, true])
        {
            refuse = refused;
            seen.Clear();
            using SafetySession session = guard.Begin();
            AnswerGate gate = session.Answer([]);
            Assert.Empty(await gate.AddTextAsync("Let me look."));
            IReadOnlyList<GatePiece> pieces = await gate.AddCallAsync(call);
            Assert.Equal(("Let me look.\n{\"name\":\"search\",\"arguments\":{\"q\":\"a \\\"quoted\\\" word\"}}", 1), Assert.Single(seen));
            if (refused)
            {
                Assert.Empty(pieces);
                Assert.Equal(["x"], gate.Refusal!.Reasons);
                Assert.Empty(await gate.AddTextAsync("more"));
                continue;
            }

            Assert.Equal(["Let me look.", ""], pieces.Select(p => p.Text));
            Assert.Same(call, pieces[1].Call);
            Assert.Empty(await gate.AddTextAsync(" And on."));
            Assert.Equal(" And on.", Assert.Single(await gate.EndAsync()).Text);
            Assert.Equal(2, seen.Count);
            Assert.Single(session.Notes);
        }

        // An answer that ends with a call is judged once.
        (refuse, AnswerGate last) = (false, guard.Begin().Answer([]));
        seen.Clear();
        Assert.Same(call, Assert.Single(await last.AddCallAsync(call)).Call);
        Assert.Empty(await last.EndAsync());
        Assert.Single(seen);

        // What would have to be redacted inside of a call ends the answer: half a call is none.
        SafetyGuard redacting = GuardedAnswers.Guard(new FakeScanner((input, _) => FindWord(input, "quoted")), new StreamSettings(), PolicyAction.Redact);
        using SafetySession other = redacting.Begin();
        AnswerGate second = other.Answer([]);
        Assert.Empty(await second.AddCallAsync(call));
        Assert.NotNull(second.Refusal);
    }

    [Fact]
    public async Task A_rider_leaves_behind_the_words_that_its_token_may_spell()
    {
        SafetyGuard guard = GuardedAnswers.Guard(new FakeScanner((input, _) => input.Text.Contains("bad", StringComparison.Ordinal) ? [new Finding("x", 1, 0, 1)] : []), new StreamSettings(CheckEvery: 16));
        using SafetySession session = guard.Begin();
        foreach (string last in (string[])["bad", "good"])
        {
            AnswerGate gate = session.Answer([]);
            List<GatePiece> left = [];
            for (int i = 0; i < 40; i++) left.AddRange(await gate.AddTextAsync("word ", rider: $"word {i}"));
            left.AddRange(await gate.AddTextAsync("", rider: $"token of {last}")); // its text comes with what follows
            left.AddRange(await gate.AddTextAsync(string.Concat(Enumerable.Repeat("word ", 60))));
            Assert.DoesNotContain(left, p => p.Rider is "word 39");
            left.AddRange(await gate.AddTextAsync(last));
            left.AddRange(await gate.EndAsync());

            Assert.Equal(last == "bad", gate.Refusal is not null);
            Assert.Equal(last == "good", left.Exists(p => p.Rider is "token of good"));
            Assert.DoesNotContain(left, p => p.Rider is "token of bad");
            if (last == "good") Assert.Equal(41, left.Count(p => p.Rider is not null));
        }
    }

    [Fact]
    public async Task The_beginning_of_what_is_found_a_little_later_has_not_left()
    {
        SafetyGuard guard = GuardedAnswers.Guard(new FakeScanner((input, _) => FindWord(input, "one two three four")), new StreamSettings(CheckEvery: 16));
        using SafetySession session = guard.Begin();
        AnswerGate gate = session.Answer([]);
        string left = "";
        foreach (string word in string.Concat(Enumerable.Repeat("word ", 41)).Split(' ').Concat(["one", "two", "three", "four", "", ""]))
        {
            foreach (GatePiece piece in await gate.AddTextAsync(word + " ")) left += piece.Text;
        }

        await gate.EndAsync();
        Assert.NotNull(gate.Refusal);
        Assert.NotEqual("", left);
        Assert.DoesNotContain("one", left, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reasoning_and_words_are_no_one_word()
    {
        string? seen = null;
        SafetyGuard guard = GuardedAnswers.Guard(new FakeScanner((input, _) =>
        {
            seen = input.Text;
            return [];
        }), new StreamSettings());
        using SafetySession session = guard.Begin();
        AnswerGate gate = session.Answer([]);
        await gate.AddTextAsync("think", reasoning: true);
        await gate.AddTextAsync("ing is");
        Assert.Equal([("think", true), ("ing is", false)], (await gate.EndAsync()).Select(p => (p.Text, p.IsReasoning)));
        Assert.Equal("think\ning is", seen);
    }

    [Fact]
    public async Task What_leaves_too_early_to_be_redacted_ends_the_answer()
    {
        // The scanner sees a secret only when more is behind it: by then it may have left.
        SafetyGuard guard = GuardedAnswers.Guard(new FakeScanner((input, _) => input.Text.Contains("END", StringComparison.Ordinal) ? FindWord(input, "BEGIN") : []), new StreamSettings(StreamMode.Gated, 16), PolicyAction.Redact);
        using SafetySession session = guard.Begin();
        AnswerGate gate = session.Answer([]);
        await gate.AddTextAsync("BEGIN " + string.Concat(Enumerable.Repeat("word ", 100)));
        Assert.Null(gate.Refusal);
        Assert.Empty(await gate.AddTextAsync("END " + string.Concat(Enumerable.Repeat("word ", 100))));
        Assert.NotNull(gate.Refusal);
    }

    private static IReadOnlyList<Finding> FindSecrets(ScanInput input, CancellationToken stop)
    {
        List<Finding> findings = [];
        for (int at = input.Text.IndexOf(Secret, StringComparison.Ordinal); at >= 0; at = input.Text.IndexOf(Secret, at + 1, StringComparison.Ordinal)) findings.Add(new Finding("x", 1, at, at + Secret.Length));
        return findings;
    }

    private static IReadOnlyList<Finding> FindWord(ScanInput input, string word) =>
        input.Text.IndexOf(word, StringComparison.Ordinal) is >= 0 and int at ? [new Finding("x", 1, at, at + word.Length)] : [];
}
