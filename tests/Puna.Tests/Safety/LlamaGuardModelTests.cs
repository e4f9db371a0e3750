using Puna.Compute;
using Puna.Models;
using Puna.Models.Cache;
using Puna.Safety;
using Puna.Safety.LlamaGuard;

namespace Puna.Tests.Safety;

public sealed class LlamaGuardModelTests(GuardModelFile file) : IClassFixture<GuardModelFile>
{
    private static readonly LlamaGuardOptions AnyMass = new() { MinMass = 0, Threads = 1 };

    private static readonly GuardMessage[] Conversation = [new("user", "hello you and the thing"), new("assistant", "the hell is in it"), new("user", "and on")];

    [Fact]
    public void The_probability_is_the_sigmoid_of_the_gap_behind_the_line_feeds()
    {
        using LlamaGuardModel guard = LlamaGuardModel.Load(file.Path, AnyMass);
        LlamaGuardVerdict verdict = guard.Judge(Conversation);

        using PunaModel model = PunaModel.Load(file.Path, new PunaModelOptions { Threads = 1 });
        int[] tokens = [.. guard.Encode(LlamaGuardPrompt.Render(LlamaGuardKind.LlamaGuard4, Conversation)), .. model.Tokenizer.Encode("\n\n", addBos: false)];
        using KvCache cache = model.Decoder.CreateCache(new KvCacheOptions());
        using DecoderState state = model.Decoder.CreateState(tokens.Length, 1);
        Batch batch = new(tokens.Length);
        int slot = cache.Open();
        for (int i = 0; i < tokens.Length; i++) batch.Add(tokens[i], i, slot, needsLogits: i == tokens.Length - 1);
        model.Decoder.Forward(batch, cache, state);
        ReadOnlySpan<float> logits = model.Decoder.Logits(state, 0);
        int safe = model.Tokenizer.Encode("safe", addBos: false).Single(), bad = model.Tokenizer.Encode("unsafe", addBos: false).Single();

        Assert.Equal(1 / (1 + MathF.Exp(logits[safe] - logits[bad])), verdict.Probability);
        Assert.Equal(tokens.Length, verdict.PromptTokens);
        Assert.False(verdict.JudgesAgent);
    }

    [Fact]
    public void What_was_judged_before_changes_nothing_but_the_work()
    {
        using LlamaGuardModel warm = LlamaGuardModel.Load(file.Path, AnyMass);
        string answer = "";
        Random random = new(3);
        for (int i = 0; i < 12; i++)
        {
            answer += " the hello and" + (char)('a' + random.Next(26));
            GuardMessage[] messages = [Conversation[0], new("assistant", answer)];
            LlamaGuardVerdict next = warm.Judge(messages);
            using LlamaGuardModel cold = LlamaGuardModel.Load(file.Path, AnyMass);
            LlamaGuardVerdict scratch = cold.Judge(messages);

            Assert.Equal(scratch.Probability, next.Probability);
            Assert.Equal(scratch.Codes, next.Codes);
            Assert.Equal(scratch.CategoryScores, next.CategoryScores);
            if (i > 0) Assert.True(next.ComputedTokens < next.PromptTokens * 0.9, $"{next.ComputedTokens} of {next.PromptTokens}");
        }
    }

    [Fact]
    public void Codes_are_decoded_only_when_flagged_and_only_allowed_ones()
    {
        LlamaGuardOptions all = AnyMass with { Thresholds = new LlamaGuardThresholds { User = 0, Agent = 0 }, Prompt = new LlamaGuardPromptOptions { ExcludedCategories = ["S1", "S10"] } };
        using LlamaGuardModel flagging = LlamaGuardModel.Load(file.Path, all);
        using LlamaGuardModel passing = LlamaGuardModel.Load(file.Path, AnyMass with { Thresholds = new LlamaGuardThresholds { User = 1, Agent = 1 } });
        for (int i = 0; i < 20; i++)
        {
            GuardMessage[] messages = [new("user", $"hello {i} and the {i * 7919}")];
            LlamaGuardVerdict verdict = flagging.Judge(messages);
            Assert.True(verdict.Unsafe);
            Assert.NotEmpty(verdict.Codes);
            Assert.Equal(verdict.Codes.Distinct(), verdict.Codes);
            Assert.DoesNotContain("S1", verdict.Codes);
            Assert.DoesNotContain("S10", verdict.Codes);
            Assert.Equal(12, verdict.CategoryScores.Count);
            Assert.All(verdict.CategoryScores, score => Assert.InRange(score.Value, 0f, verdict.Probability));
            Assert.All(verdict.Codes, code => Assert.Equal(verdict.Probability, verdict.CategoryScores[code]));

            LlamaGuardVerdict safe = passing.Judge(messages);
            Assert.False(safe.Unsafe);
            Assert.Empty(safe.Codes);
            Assert.True(safe.ComputedTokens <= safe.PromptTokens);
        }
    }

    [Fact]
    public void A_category_has_a_threshold_of_its_own()
    {
        GuardMessage[] messages = [new("user", "hello")];
        using LlamaGuardModel all = LlamaGuardModel.Load(file.Path, AnyMass with { Thresholds = new LlamaGuardThresholds { User = 0 } });
        LlamaGuardVerdict listed = all.Judge(messages);
        string code = listed.Codes[0];
        using LlamaGuardModel without = LlamaGuardModel.Load(file.Path, AnyMass with
        {
            Thresholds = new LlamaGuardThresholds { User = 0, Categories = new Dictionary<string, float> { [code] = 1 } },
        });

        Assert.Equal(listed.Codes.Skip(1), without.Judge(messages).Codes);
        Assert.Throws<ArgumentException>(() => LlamaGuardModel.Load(file.Path, AnyMass with { Thresholds = new LlamaGuardThresholds { User = 1.5f } }));
    }

    [Fact]
    public void Long_conversations_keep_the_judged_message_and_the_newest_before_it()
    {
        using LlamaGuardModel guard = LlamaGuardModel.Load(file.Path, AnyMass with { ConversationTokens = 200 });
        List<GuardMessage> messages = [];
        for (int i = 0; i < 40; i++) messages.Add(new GuardMessage(i % 2 == 0 ? "user" : "assistant", $"message {i} " + new string('x', 20)));

        LlamaGuardVerdict verdict = guard.Judge(messages);
        int bare = guard.Judge([new("user", "x"), new("assistant", "y")]).PromptTokens;
        Assert.InRange(verdict.PromptTokens, bare, bare + 230);

        // The judged message is never cut: too long for the model, it is a failure and not a verdict.
        Assert.Throws<GuardFailureException>(() => guard.Judge([new GuardMessage("user", new string('é', 5000))]));
    }

    [Fact]
    public void A_model_that_is_no_guard_is_refused()
    {
        Assert.Contains("give its kind", Refused(file.Ordinary, AnyMass), StringComparison.Ordinal);
        Assert.Contains("does not answer", Refused(file.Path, AnyMass with { MinMass = 0.9f }), StringComparison.Ordinal);
        Assert.Contains("'safe' in", Refused(file.Wordless, AnyMass), StringComparison.Ordinal);
        using LlamaGuardModel named = LlamaGuardModel.Load(file.Ordinary, AnyMass with { Kind = LlamaGuardKind.LlamaGuard4 });
        Assert.Equal(LlamaGuardKind.LlamaGuard4, named.Kind);
        Assert.Throws<NotSupportedException>(() => named.Judge([new GuardMessage("user", "x", 1)]));

        static string Refused(string path, LlamaGuardOptions options) => Assert.Throws<ModelException>(() => LlamaGuardModel.Load(path, options)).Message;
    }
}
