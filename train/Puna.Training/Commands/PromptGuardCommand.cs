using System.Diagnostics;
using Puna.Safety.Evaluation;
using Puna.Tokenizers.SentencePiece;
using Puna.Training.Encoder;
using Puna.Training.Injections;
using Puna.Training.Vocabulary;

namespace Puna.Training.Commands;

/// <summary>
/// Trains a vocabulary and a small classifier in Prompt Guard's shape, and writes them as a folder that a Prompt Guard is loaded
/// from. With <c>--development N</c> one template in N is not trained on but measured, for choosing settings.
/// </summary>
internal static class PromptGuardCommand
{
    private const int Report = 100, Characters = 600, DevelopmentWindows = 3000;
    private const long DevelopmentFrom = 1L << 40; // numbers of windows that training never comes to

    public static void Run(Options options)
    {
        string folder = options.Text("out");
        ulong seed = (ulong)options.Int("seed", 1);
        int vocabulary = options.Int("vocabulary", 4096), texts = options.Int("texts", 20_000), development = options.Int("development", 0);
        InjectionExamples examples = InjectionExamples.WideTraining(seed);
        byte[] tokenizerFile = EncoderExporter.Tokenizer(UnigramTrainer.Train(
            Enumerable.Range(0, texts).Select(i => i % 3 == 0 ? examples.Attack(i).Text : examples.Benign(i).Text), vocabulary - EncoderExporter.Specials, Characters));
        UnigramTokenizer tokenizer = UnigramFile.Parse(tokenizerFile, "tokenizer.json");

        EncoderShape shape = new()
        {
            Vocabulary = tokenizer.VocabSize,
            Layers = options.Int("layers", 2),
            Hidden = options.Int("hidden", 96),
            Heads = options.Int("heads", 3),
            Intermediate = options.Int("intermediate", 384),
        };
        EncoderLayout layout = new(shape);
        EncoderRun.Settings settings = new()
        {
            Seed = seed,
            Steps = options.Int("steps", 2000),
            Warmup = options.Int("warmup", 100),
            Rate = options.Number("rate", 1e-3),
            Decay = (float)options.Number("decay", 0.05),
            BatchTokens = options.Int("batch-tokens", 2048),
        };
        Console.WriteLine($"{tokenizer.VocabSize} tokens, {layout.Parameters / 1e6:F2} M parameters");

        using EncoderRun run = new(layout, settings);
        InjectionWindows windows = new(examples, tokenizer, seed, shape.Positions);
        WindowQueue training = new(windows, template => development == 0 || template % development != 0, perturb: true, from: 0);
        Stopwatch time = Stopwatch.StartNew();
        double loss = 0;
        long tokens = 0;
        for (int step = 1; step <= settings.Steps; step++)
        {
            EncoderBatch batch = training.Next(settings.BatchTokens);
            tokens += batch.Tokens.Length;
            loss += run.Advance(batch);
            if (step % Report != 0) continue;
            Console.WriteLine($"step {step,6}  loss {loss / Report:F4}  {tokens / 1e6:F2} M tokens  {tokens / time.Elapsed.TotalSeconds:F0} tokens/s  {time.Elapsed:hh\\:mm\\:ss}");
            loss = 0;
        }

        if (development > 0) Measure(run, new WindowQueue(windows, template => template % development == 0, perturb: false, DevelopmentFrom), settings.BatchTokens);
        EncoderExporter.Write(folder, layout, run.Weights, tokenizerFile);
    }

    private static void Measure(EncoderRun run, WindowQueue queue, int batchTokens)
    {
        List<ScoredExample> scored = [];
        while (scored.Count < DevelopmentWindows)
        {
            EncoderBatch batch = queue.Next(batchTokens);
            float[] scores = run.Score(batch);
            scored.AddRange(scores.Select((score, i) => new ScoredExample(score, batch.Labels[i] == 1, "")));
        }

        DetectionReport report = DetectionReport.Of(scored);
        DetectionPoint at = report.At(0.5f);
        Console.WriteLine($"windows of templates that were not trained on: AUC {report.Auc:F4}, {at.TruePositives} of {report.Positives} attacks flagged at 0.5, {report.Negatives - at.FalsePositives} of {report.Negatives} harmless ones passed");
    }

    /// <summary>Fills batches with windows in the order of their numbers.</summary>
    private sealed class WindowQueue(InjectionWindows windows, Func<int, bool> wanted, bool perturb, long from)
    {
        private long _next = from;
        private InjectionWindow? _left;

        public EncoderBatch Next(int tokens)
        {
            List<int> ids = [], lengths = [], labels = [];
            while (true)
            {
                InjectionWindow window = _left ?? Make();
                _left = window;
                if (ids.Count + window.Ids.Length > tokens) return new EncoderBatch([.. ids], [.. lengths], [.. labels]);
                ids.AddRange(window.Ids);
                lengths.Add(window.Ids.Length);
                labels.Add(window.IsAttack ? 1 : 0);
                _left = null;
            }
        }

        private InjectionWindow Make()
        {
            while (true)
            {
                if (windows.Of(_next++, wanted, perturb) is { } window) return window;
            }
        }
    }
}
