using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text;
using Puna.Demo;
using Puna.Engine.Constraints;
using Puna.Engine.Constraints.Matching;
using Puna.Engine.Constraints.Regex;
using Puna.Tokenizers;

namespace Puna.Tests.Constraints;

/// <summary>What a stranger may send ends soon and in bounded memory, with an error that says what was too much.</summary>
public sealed class ConstraintLimitTests
{
    private static readonly Tokenizer Vocabulary = PunaModel.LoadTokenizer(DemoModel.Path);

    private static readonly Program[] Programs = [.. Enumerable.Range(0, 12).Select(i => new Program(new TextForm(RegexCompiler.Whole("[a-z]*"), isQuoted: false, most: 20_000 + i), null, null))];

    [Fact]
    public void Pointers_of_a_schema_are_limited_in_all()
    {
        // 2 MB of text whose places, written out, would take 40 GB.
        StringBuilder schema = new($"{{\"properties\":{{\"{new string('k', 1_000_000)}\":{{\"enum\":[0");
        for (int i = 1; i < 20_000; i++) schema.Append(',').Append(i);
        schema.Append("]}}}");

        ConstraintException refusal = Refused(() => Constraint.FromJsonSchema(schema.ToString()));
        Assert.Contains("characters", refusal.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Moves_of_an_expression_are_counted() =>
        Assert.Contains("moves", Refused(() => Constraint.FromRegex($"(?:{string.Join('|', Enumerable.Repeat("a", 200))}){{19000}}")).Reason, StringComparison.Ordinal);

    [Fact]
    public void A_grammar_that_repeats_nothing_over_and_over_is_refused() =>
        Assert.Contains("steps", Refused(() => Constraint.FromGrammar("root ::= (\"\"{100000}){100000}").Start(Vocabulary, Vocabulary.VocabSize)).Reason, StringComparison.Ordinal);

    [Theory, InlineData(false), InlineData(true)]
    public void A_grammar_of_ten_thousand_rules_is_looked_at_once(bool backwards)
    {
        List<string> rules = [.. Enumerable.Range(0, 10_000).Select(i => $"a{i} ::= a{i + 1}"), "a10000 ::= \"\"", "root ::= a0 \"x\""];
        if (backwards) rules.Reverse();
        long start = Stopwatch.GetTimestamp();

        Constraint.FromGrammar(string.Join('\n', rules));

        Assert.InRange(Stopwatch.GetElapsedTime(start).TotalSeconds, 0, 30); // looking at all of them again for each is a hundred million looks
        rules[rules.IndexOf("a10000 ::= \"\"")] = "a10000 ::= a0 | \"y\"";
        Assert.Contains("left recursion", Refused(() => Constraint.FromGrammar(string.Join('\n', rules))).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Matchers_are_kept_as_far_as_their_memory_allows()
    {
        RecentMatchers matchers = new();
        TokenTrie trie = TokenTrie.For(Vocabulary);
        List<WeakReference<Matcher>> made = [];
        for (int i = 0; i < 12; i++) made.Add(Grown(matchers, trie, i));

        Assert.Same(Get(made[^1]), matchers.For(Programs[11], trie));
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        Assert.False(made[0].TryGetTarget(out _), "the oldest is kept");
        Assert.InRange(made.Sum(m => m.TryGetTarget(out Matcher? left) ? left.Bytes : 0), 1, RecentMatchers.MaxBytes);
        GC.KeepAlive(matchers);
    }

    [Fact]
    public void Long_lists_of_values_move_to_another_generation()
    {
        SeenValues values = new();
        for (int i = 0; i < 200_000; i++) values = values.With("v");
        SeenValues moved = values.In(new SeenValues());
        Assert.Equal(200_000, moved.Items().Count());
    }

    /// <summary>A matcher that has grown to some 30 MB. Not inlined, so that nothing on the stack keeps it.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference<Matcher> Grown(RecentMatchers matchers, TokenTrie trie, int i)
    {
        Matcher matcher = matchers.For(Programs[i], trie);
        MatchState state = matcher.Automaton.Start;
        for (int n = 0; n < 14_000; n++) state = matcher.Automaton.Next(state, (byte)'q');
        Assert.False(state.IsDead);
        return new WeakReference<Matcher>(matcher);
    }

    private static Matcher? Get(WeakReference<Matcher> reference) => reference.TryGetTarget(out Matcher? matcher) ? matcher : null;

    private static ConstraintException Refused(Action action)
    {
        long start = Stopwatch.GetTimestamp(), allocated = GC.GetAllocatedBytesForCurrentThread();
        ConstraintException refusal = Assert.Throws<ConstraintException>(action);
        Assert.InRange(Stopwatch.GetElapsedTime(start).TotalSeconds, 0, 30);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - allocated, 0, 1L << 30);
        return refusal;
    }
}
