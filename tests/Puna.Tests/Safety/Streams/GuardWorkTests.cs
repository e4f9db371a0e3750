using Puna.Safety.LlamaGuard;
using Puna.Safety.Scanning;
using Puna.Safety.Streams;

namespace Puna.Tests.Safety.Streams;

public sealed class GuardWorkTests(GuardModelFile file) : IClassFixture<GuardModelFile>
{
    private static readonly LlamaGuardOptions AnyMass = new() { MinMass = 0, Threads = 1 };

    /// <summary>The guard keeps its cache of the conversation and the answer so far, and takes back only the end of its prompt.</summary>
    [Fact]
    public async Task A_gated_answer_costs_the_guard_less_than_twice_its_tokens_and_nothing_changes_by_it()
    {
        using LlamaGuardModel model = LlamaGuardModel.Load(file.Path, AnyMass), cold = LlamaGuardModel.Load(file.Path, AnyMass with { CachedPrefixes = 1 });
        GuardMessage question = new("user", "hello you and the thing");
        model.Judge([question, new GuardMessage("assistant", "x")]); // the conversation is in the cache, as after its own judging
        int computed = 0, checks = 0;
        List<(string Text, float Probability)> seen = [];
        SafetyGuard guard = GuardedAnswers.Guard(new FakeScanner((input, stop) =>
        {
            LlamaGuardVerdict verdict = model.Judge([.. input.Before, new GuardMessage("assistant", input.Text)], stop);
            computed += verdict.ComputedTokens;
            checks++;
            seen.Add((input.Text, verdict.Probability));
            return [];
        }), new StreamSettings(CheckEvery: 1600)); // this vocabulary spells the prompt's end in 215 tokens, Llama 4's in 55; so the looks are as much farther apart
        string answer = string.Join(' ', Enumerable.Range(0, 1300).Select(i => i % 7 == 0 ? "hello" : "and" + (char)('a' + (i % 26))));
        using SafetySession session = guard.Begin();
        AnswerGate gate = session.Answer([question]);
        foreach (string chunk in GuardedAnswers.Chunks(new Random(5), answer, 9)) await gate.AddTextAsync(chunk);
        await gate.EndAsync();

        int tokens = model.Encode(LlamaGuardPrompt.Render(model.Kind, [question, new GuardMessage("assistant", answer)])).Length
            - model.Encode(LlamaGuardPrompt.Render(model.Kind, [question, new GuardMessage("assistant", "x")])).Length + 1;
        TestContext.Current.TestOutputHelper?.WriteLine($"{tokens} tokens, {checks} checks, {computed} computed: {(double)computed / tokens:0.00}");
        Assert.True(checks >= 3);
        Assert.True(computed <= 1.9 * tokens, $"{computed} tokens were computed for an answer of {tokens} in {checks} checks");
        foreach ((string text, float probability) in seen) Assert.Equal(cold.Judge([question, new GuardMessage("assistant", text)]).Probability, probability); // to the bit
    }
}
