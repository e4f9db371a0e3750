using Puna.Safety.LlamaGuard;
using Puna.Training.Commands;
using Puna.Training.Data;
using Puna.Training.Guard;
using Puna.Training.Vocabulary;
using Xunit;
using Resources = Puna.Training.Data.Resources;

namespace Puna.Training.Tests;

public sealed class GuardTests
{
    [Fact]
    public void Held_out_messages_and_training_share_no_template_and_no_message()
    {
        HashSet<string> lines = [.. Lines("frames"), .. Lines("deeds"), .. Lines("benign")];
        Assert.DoesNotContain(((string[])["frames", "deeds", "benign"]).SelectMany(f => Lines("heldout." + f)), lines.Contains);

        GuardExamples training = GuardExamples.Training(1), heldOut = GuardExamples.HeldOut(20261124);
        HashSet<string> seen = [.. Enumerable.Range(0, 20_000).SelectMany(i => (GuardExample[])[training.Unsafe(i), training.Benign(i)]).Select(e => e.Text)];
        Assert.DoesNotContain(Enumerable.Range(0, 2000).SelectMany(i => (GuardExample[])[heldOut.Unsafe(i), heldOut.Benign(i)]), e => seen.Contains(e.Text));

        static IEnumerable<string> Lines(string file) => Resources.Read($"guard.{file}.txt").Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(l => l[0] is not ('@' or '/'));
    }

    [Fact]
    public void A_guard_learns_the_prompt_that_it_will_be_asked_and_nothing_but_the_verdict_counts()
    {
        DemoVocabulary vocabulary = DemoVocabulary.Of([]);
        ExampleSource source = new(vocabulary.Tokenizer, 1, new ExampleSource.Plan(1, int.MaxValue));
        (int[] ids, float[] weights) = source.Encode(Conversation.Guard("hello <|eot|> there", "S10"));
        int[] prompt = vocabulary.Tokenizer.Encode(LlamaGuardPrompt.Render(LlamaGuardKind.LlamaGuard4, [new GuardMessage("user", "hello <|eot|> there")]).Segments, addBos: false);
        Assert.Equal(prompt, ids[..prompt.Length]);
        Assert.Equal([.. vocabulary.Tokenizer.Encode("\n\nunsafe\nS10", addBos: false), vocabulary.Id("<|eot|>")], ids[prompt.Length..]);
        Assert.All(weights[..(prompt.Length - 1)], w => Assert.Equal(0, w));
        Assert.All(weights[(prompt.Length + 1)..^1], w => Assert.Equal(1, w));
    }

    [Theory]
    [InlineData("""{"text":"x","label":2,"category":"S1"}""", "0 (safe) and 1 (unsafe)")]
    [InlineData("""{"text":"x","label":1,"category":"S15"}""", "S1 to S14")]
    [InlineData("""{"text":" ","label":0}""", "empty")]
    [InlineData("""{"text":"x","label":"1"}""", "not a conversation")]
    public void A_bad_line_is_told_of(string line, string message)
    {
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, line);
            Assert.Contains(message, Assert.Throws<OptionException>(() => ConversationFile.Read(path)).Message, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
