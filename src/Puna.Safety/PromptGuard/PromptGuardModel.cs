using Puna.Compute.Cpu;
using Puna.Formats.Safetensors;
using Puna.Loading;
using Puna.Models;
using Puna.Models.PromptGuard;
using Puna.Safety.Obfuscation;
using Puna.Tokenizers;
using Puna.Tokenizers.SentencePiece;

namespace Puna.Safety.PromptGuard;

/// <summary>
/// Prompt Guard 1 or 2: scores how far a text tries to override instructions. It does not judge harm; that is Llama Guard's
/// part. Long texts are scored in overlapping windows and in groups of sentences, so that no part goes unread. Safe for
/// concurrent callers, who take turns.
/// </summary>
public sealed class PromptGuardModel : IDisposable
{
    private const int Specials = 2; // [CLS] and [SEP] of each window

    private readonly SafetensorsModel _file;
    private readonly CpuBackend _backend;
    private readonly DebertaClassifier _classifier;
    private readonly Lock _turn = new();
    private bool _disposed;

    private PromptGuardModel(string path, SafetensorsModel file, CpuBackend backend, DebertaClassifier classifier, UnigramTokenizer tokenizer)
    {
        Path = path;
        _file = file;
        _backend = backend;
        _classifier = classifier;
        Tokenizer = tokenizer;
    }

    /// <summary>Where it was loaded from.</summary>
    public string Path { get; }

    public UnigramTokenizer Tokenizer { get; }

    /// <summary>Settings of the network.</summary>
    public DebertaConfig Config => _classifier.Config;

    /// <summary>Fingerprint of the weights in hexadecimal: which model judged.</summary>
    public string Identity => field ??= Convert.ToHexStringLower(ModelFingerprint.Of(_file));

    /// <summary>True for a directory whose <c>config.json</c> is that of a DeBERTa-v2 model, which Prompt Guard is.</summary>
    /// <exception cref="Formats.ModelFileException">The file is malformed.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static bool Recognizes(string path) =>
        File.Exists(System.IO.Path.Combine(path, "config.json")) && HuggingFaceConfig.Open(path).TryGetString("model_type", out string? type) && type == "deberta-v2";

    /// <summary>Loads a directory with <c>config.json</c>, safetensors and <c>tokenizer.json</c>.</summary>
    /// <exception cref="ModelException">It is not a Prompt Guard model, or its parts do not fit together.</exception>
    /// <exception cref="Formats.ModelFileException">A file is malformed.</exception>
    /// <exception cref="TokenizerFormatException">The vocabulary is malformed.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static PromptGuardModel Load(string directory, PromptGuardOptions? options = null)
    {
        options ??= new PromptGuardOptions();
        DebertaConfig config = DebertaConfigReader.Read(HuggingFaceConfig.Open(directory), directory);
        if (config.NLabels is not (2 or 3)) throw new ModelException(directory, $"the classifier has {config.NLabels} labels; Prompt Guard 2 has 2 and Prompt Guard 1 has 3.");

        UnigramTokenizer tokenizer = UnigramFile.Load(System.IO.Path.Combine(directory, "tokenizer.json"));
        if (tokenizer.VocabSize > config.VocabSize)
            throw new ModelException(directory, $"the tokenizer has {tokenizer.VocabSize} ids, the embedding {config.VocabSize} rows; they do not belong together.");

        SafetensorsModel file = SafetensorsModel.Open(directory);
        CpuBackend? backend = null;
        DebertaWeights? weights = null;
        try
        {
            weights = DebertaWeights.Read(new FileWeights(file), config);
            backend = new CpuBackend(new CpuBackendOptions { Threads = options.Threads });
            DebertaClassifier classifier = new(config, weights, backend, Math.Max(options.BatchTokens, config.MaxPositions));
            return new PromptGuardModel(directory, file, backend, classifier, tokenizer);
        }
        catch
        {
            weights?.Dispose();
            backend?.Dispose();
            file.Dispose();
            throw;
        }
    }

    /// <summary>Scores a text of any length.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled; it is looked at between batches.</exception>
    /// <exception cref="GuardFailureException">A score is no number.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public PromptGuardResult Scan(string text, PromptGuardScan? scan = null, CancellationToken cancellationToken = default)
    {
        scan ??= new PromptGuardScan();
        List<TextToken> tokens = Tokenizer.Encode(text);
        if (tokens.Count == 0) return new PromptGuardResult(new ScoredSpan(0, text.Length, 0, false), [], 0, Complete: true);

        int windowTokens = Config.MaxPositions - Specials;
        List<(int First, int End, bool Group)> parts = [.. WindowPlan.Windows(tokens.Count, windowTokens).Select(w => (w.First, w.End, false))];
        if (scan.SentenceGroups)
        {
            List<(int First, int End)> groups = [.. WindowPlan.SentenceGroups(text, tokens, windowTokens)];
            if (groups.Count > 1) parts.AddRange(groups.Select(g => (g.First, g.End, true)));
        }

        List<ScoredSpan> scores = new(parts.Count);
        ScoredSpan top = new(0, 0, -1, false);
        for (int done = 0; done < parts.Count && top.Score < scan.StopAt;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int count = BatchSize(parts, done);
            float[][] logits = Classify(tokens, parts, done, count);
            for (int i = 0; i < count; i++)
            {
                (int first, int end, bool group) = parts[done + i];
                (int start, int stop) = Range(tokens, first, end);
                float score = Malicious(logits[i], scan.ThirdParty);
                if (!float.IsFinite(score)) throw new GuardFailureException($"The score of characters {start} to {stop} is {score}; the weights in {Path} are damaged.");

                scores.Add(new ScoredSpan(start, stop, score, group));
                if (scores[^1].Score > top.Score) top = scores[^1];
            }

            done += count;
        }

        return new PromptGuardResult(top, scores, tokens.Count, scores.Count == parts.Count);
    }

    /// <summary>Scores every reading of a text (see <see cref="TextVariants"/>).</summary>
    /// <returns>All parts, of the highest score first, with their places in the text as it was given.</returns>
    /// <inheritdoc cref="Scan"/>
    public IReadOnlyList<InjectionFinding> ScanReadings(string text, ObfuscationPasses passes = ObfuscationPasses.All, PromptGuardScan? scan = null, CancellationToken cancellationToken = default) =>
        InjectionFinding.OfReadings(text, passes, reading => Scan(reading, scan, cancellationToken).Parts);

    /// <summary>Frees buffers and unmaps the files.</summary>
    public void Dispose()
    {
        lock (_turn)
        {
            _disposed = true;
            _classifier.Dispose();
            _backend.Dispose();
            _file.Dispose();
        }
    }

    /// <summary>Probability of the classes that count, from logits.</summary>
    internal static float Malicious(ReadOnlySpan<float> logits, bool thirdParty)
    {
        double max = logits[0];
        foreach (float logit in logits) max = Math.Max(max, logit);
        double total = 0, counted = 0;
        for (int i = 0; i < logits.Length; i++)
        {
            double e = Math.Exp(logits[i] - max);
            total += e;
            if (logits.Length == 2 ? i == 1 : i == 2 || (thirdParty && i == 1)) counted += e;
        }

        return (float)(counted / total);
    }

    private float[][] Classify(List<TextToken> tokens, List<(int First, int End, bool Group)> parts, int from, int count)
    {
        ReadOnlyMemory<int>[] windows = new ReadOnlyMemory<int>[count];
        for (int i = 0; i < count; i++)
        {
            (int first, int end, _) = parts[from + i];
            int[] ids = new int[end - first + Specials];
            ids[0] = Tokenizer.Roles.Cls;
            for (int t = first; t < end; t++) ids[t - first + 1] = tokens[t].Id;
            ids[^1] = Tokenizer.Roles.Sep;
            windows[i] = ids;
        }

        lock (_turn)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _classifier.Classify(windows);
        }
    }

    private int BatchSize(List<(int First, int End, bool Group)> parts, int from)
    {
        int rows = 0, count = 0;
        while (from + count < parts.Count && rows + parts[from + count].End - parts[from + count].First + Specials <= _classifier.MaxRows)
        {
            rows += parts[from + count].End - parts[from + count].First + Specials;
            count++;
        }

        return count;
    }

    private static (int Start, int End) Range(List<TextToken> tokens, int first, int end)
    {
        int start = int.MaxValue, stop = 0;
        for (int t = first; t < end; t++)
        {
            start = Math.Min(start, tokens[t].Start);
            stop = Math.Max(stop, tokens[t].End);
        }

        return (start, stop);
    }
}
