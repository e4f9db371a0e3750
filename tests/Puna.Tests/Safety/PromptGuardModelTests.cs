using Puna.Models;
using Puna.Safety.PromptGuard;
using Puna.Tests.Formats;
using Puna.Tokenizers.SentencePiece;

namespace Puna.Tests.Safety;

public sealed class PromptGuardModelTests(TriggerModelFolder folder) : IClassFixture<TriggerModelFolder>, IDisposable
{
    private readonly PromptGuardModel _model = PromptGuardModel.Load(folder.Path, new PromptGuardOptions { Threads = 1, BatchTokens = 512 });

    [Theory]
    [InlineData(0), InlineData(1), InlineData(9_999), InlineData(19_000), InlineData(33_332)]
    public void An_injection_anywhere_in_a_hundred_thousand_characters_is_found_where_it_is(int word)
    {
        string[] words = [.. Enumerable.Repeat("ab", 33_333)];
        words[word] = TriggerModelFolder.Trigger;
        string text = string.Join(' ', words);
        int at = text.IndexOf(TriggerModelFolder.Trigger, StringComparison.Ordinal);

        PromptGuardResult result = _model.Scan(text);
        Assert.True(text.Length > 99_999 && result.Complete);
        Assert.True(result.Score > 0.9f, $"score {result.Score}");
        Assert.InRange(at, result.Top.Start, result.Top.End - 1);
        Assert.All(result.Parts, part => Assert.Equal(part.Start <= at && at + TriggerModelFolder.Trigger.Length <= part.End, part.Score > 0.5f));
    }

    [Fact]
    public void Every_border_between_windows_is_covered()
    {
        for (int word = 0; word < 100; word++)
        {
            string[] words = [.. Enumerable.Repeat("ab", 100)];
            words[word] = TriggerModelFolder.Trigger;
            Assert.True(_model.Scan(string.Join(' ', words), new PromptGuardScan { SentenceGroups = false }).Score > 0.9f, $"word {word}");
        }
    }

    [Fact]
    public void A_harmless_text_scores_low_and_an_empty_one_nothing()
    {
        Assert.InRange(_model.Scan("ab ab. ab").Score, 0f, 0.1f);
        Assert.Equal(0f, _model.Scan("").Score);
        Assert.Equal(0f, _model.Scan("   ").Score, 0.1f);
    }

    [Fact]
    public void A_disposed_model_says_so_and_does_not_hang()
    {
        PromptGuardModel model = PromptGuardModel.Load(folder.Path, new PromptGuardOptions { Threads = 2 });
        model.Dispose();
        Assert.Throws<ObjectDisposedException>(() => model.Scan("ab ab"));
    }

    [Fact]
    public void A_score_that_is_no_number_passes_no_threshold() =>
        Assert.False(float.IsFinite(PromptGuardModel.Malicious([float.NaN, 1], thirdParty: false)));

    [Fact]
    public void A_score_can_end_the_scan_early()
    {
        string text = TriggerModelFolder.Trigger + string.Concat(Enumerable.Repeat(" ab", 5000));
        PromptGuardResult result = _model.Scan(text, new PromptGuardScan { StopAt = 0.9f });

        Assert.False(result.Complete);
        Assert.True(result.Parts.Count < 100 && result.Score > 0.9f);
    }

    [Fact]
    public void Callers_at_once_get_what_each_would_alone()
    {
        string[] texts = [.. Enumerable.Range(1, 12).Select(n => string.Concat(Enumerable.Repeat("ab ", n * 17)) + (n % 2 == 0 ? "ignore" : ""))];
        float[] alone = [.. texts.Select(t => _model.Scan(t).Score)], together = new float[texts.Length];
        Parallel.For(0, texts.Length, i => together[i] = _model.Scan(texts[i]).Score);

        Assert.Equal(alone, together);
    }

    [Fact]
    public void Cancelling_ends_a_scan()
    {
        using CancellationTokenSource source = new();
        source.Cancel();
        Assert.Throws<OperationCanceledException>(() => _model.Scan("ab", cancellationToken: source.Token));
    }

    [Theory]
    [InlineData("\"deberta-v2\"", "\"bert\"", "deberta-v2")]
    [InlineData("\"share_att_key\":true", "\"share_att_key\":false", "share_att_key")]
    [InlineData("[\"p2c\",\"c2p\"]", "[\"p2c\"]", "pos_att_type")]
    [InlineData("\"pooler_hidden_act\":\"gelu\"", "\"pooler_hidden_act\":\"tanh\"", "pooler_hidden_act")]
    [InlineData("\"vocab_size\":10", "\"vocab_size\":9", "do not belong together")]
    [InlineData("\"num_hidden_layers\":1", "\"num_hidden_layers\":2", "layer.1")]
    [InlineData(",\"1\":\"LABEL_1\"", "", "1 labels")]
    public void Another_network_is_refused_by_what_differs(string from, string to, string expected)
    {
        using TemporaryFolder copy = new();
        foreach (string file in Directory.EnumerateFiles(folder.Path)) File.Copy(file, copy[Path.GetFileName(file)]);
        string config = TriggerModelFolder.Config.Replace(from, to, StringComparison.Ordinal);
        Assert.NotEqual(TriggerModelFolder.Config, config);
        File.WriteAllText(copy["config.json"], config);

        Assert.Contains(expected, Assert.Throws<ModelException>(() => PromptGuardModel.Load(Path.GetDirectoryName(copy["config.json"])!)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Three_classes_count_by_who_wrote_the_text()
    {
        float[] logits = [0, (float)Math.Log(2), (float)Math.Log(3)]; // 1/6, 2/6, 3/6
        Assert.Equal(0.5f, PromptGuardModel.Malicious(logits, thirdParty: false), 1e-6f);
        Assert.Equal(5f / 6, PromptGuardModel.Malicious(logits, thirdParty: true), 1e-6f);
        Assert.Equal(2f / 3, PromptGuardModel.Malicious(logits.AsSpan(0, 2), thirdParty: false), 1e-6f);
    }

    [Fact]
    public void Windows_cover_every_token_and_overlap()
    {
        for (int tokens = 1; tokens < 400; tokens++)
        {
            (int First, int End)[] windows = [.. WindowPlan.Windows(tokens, 30)];
            Assert.Equal((0, tokens), (windows[0].First, windows[^1].End));
            Assert.All(windows, w => Assert.True(w.End - w.First <= 30 && w.End > w.First));
            for (int i = 1; i < windows.Length; i++) Assert.True(windows[i - 1].End - windows[i].First >= 7);
        }
    }

    [Fact]
    public void Sentence_groups_cover_every_token_once()
    {
        Random random = new(5);
        for (int round = 0; round < 200; round++)
        {
            string text = string.Concat(Enumerable.Range(0, random.Next(1, 600)).Select(_ => random.Next(12) == 0 ? ". " : "ab "));
            List<TextToken> tokens = _model.Tokenizer.Encode(text);
            (int First, int End)[] groups = [.. WindowPlan.SentenceGroups(text, tokens, 510)];
            Assert.Equal(Enumerable.Range(0, tokens.Count), groups.SelectMany(g => Enumerable.Range(g.First, g.End - g.First)));
            Assert.All(groups, g => Assert.InRange(g.End - g.First, 1, 64));
        }
    }

    public void Dispose() => _model.Dispose();
}
