using System.Runtime.InteropServices;
using Puna.Safety.Injections;
using Puna.Training.Numerics;

namespace Puna.Training.Injections;

/// <summary>Logistic regression on windows of words, by AdaGrad with L2 decay; features that few templates have are not learned.</summary>
internal sealed class InjectionTrainer
{
    /// <summary>Settings of a run.</summary>
    public sealed record Settings
    {
        public ulong Seed { get; init; } = 1;

        public int Attacks { get; init; } = 30_000;

        public int Benign { get; init; } = 60_000;

        public int Epochs { get; init; } = 8;

        public double Rate { get; init; } = 0.4;

        /// <summary>Decay of a weight at each of its updates, times the rate.</summary>
        public double Decay { get; init; } = 2e-4;

        /// <summary>Templates that must have a feature.</summary>
        public int Support { get; init; } = 3;

        /// <summary>Most features to keep, of the largest weights.</summary>
        public int Features { get; init; } = 60_000;
    }

    private readonly record struct Window(InjectionWord[] Words, bool IsAttack, int Template, bool ConceptsOnly);

    private readonly Dictionary<uint, int> _index = [];
    private readonly List<double> _weights = [], _squares = [];
    private double _bias, _biasSquare;

    /// <summary>Trains, and returns features with weights, and the bias.</summary>
    public static (List<(uint Feature, float Weight)> Weights, float Bias) Run(Settings settings, ConceptLexicon lexicon, Action<string> log)
    {
        InjectionExamples examples = InjectionExamples.Training(settings.Seed);
        List<Window> windows = [];
        for (int i = 0; i < settings.Attacks; i++) Add(examples.Attack(i));
        for (int i = 0; i < settings.Benign; i++) Add(examples.Benign(i));
        log($"{examples.Templates} templates, {windows.Count(w => w.IsAttack)} windows with an attack, {windows.Count(w => !w.IsAttack)} without");

        InjectionTrainer trainer = new();
        trainer.Count(windows, settings.Support);
        log($"{trainer._index.Count} features");
        SeededRandom random = new(settings.Seed);
        for (int epoch = 0; epoch < settings.Epochs; epoch++)
        {
            random.Shuffle(windows);
            log($"epoch {epoch + 1}: loss {trainer.Epoch(windows, settings, random, settings.Rate / (1 + epoch)):F4}");
        }

        List<(uint, float)> weights = [.. trainer._index.Select(e => (e.Key, (float)trainer._weights[e.Value])).OrderByDescending(w => Math.Abs(w.Item2)).ThenBy(w => w.Key).Take(settings.Features)];
        return (weights, (float)trainer._bias);

        void Add(InjectionExample example)
        {
            InjectionWord[] words = [.. InjectionFeatures.Words(example.Text, lexicon)];
            foreach ((int first, int end) in InjectionClassifier.Windows(words.Length))
            {
                int inside = words[first..end].Count(w => w.Start >= example.AttackStart && w.End <= example.AttackEnd);
                int attack = words.Count(w => w.Start >= example.AttackStart && w.End <= example.AttackEnd);
                bool whole = example.IsAttack && inside >= Math.Min(attack, InjectionClassifier.WindowWords / 2);
                if (example.IsAttack && !whole && inside > 0) continue; // half an attack is neither
                windows.Add(new Window(words[first..end], whole, example.Template, whole && example.Category.Length == 2));
            }
        }
    }

    /// <summary>Keeps the features that windows of enough templates have.</summary>
    private void Count(List<Window> windows, int support)
    {
        Dictionary<uint, HashSet<int>> templates = [];
        HashSet<uint> features = [];
        foreach (Window window in windows)
        {
            InjectionFeatures.Of(window.Words, features, surface: !window.ConceptsOnly);
            foreach (uint feature in features)
            {
                ref HashSet<int>? of = ref CollectionsMarshal.GetValueRefOrAddDefault(templates, feature, out _);
                of ??= [];
                if (of.Count < support) of.Add(window.Template);
            }
        }

        foreach (uint feature in templates.Where(t => t.Value.Count >= support).Select(t => t.Key).Order())
        {
            _index.Add(feature, _weights.Count);
            _weights.Add(0);
            _squares.Add(0);
        }
    }

    private double Epoch(List<Window> windows, Settings settings, SeededRandom random, double rate)
    {
        HashSet<uint> features = [];
        List<int> known = [];
        Span<double> weights = CollectionsMarshal.AsSpan(_weights), squares = CollectionsMarshal.AsSpan(_squares);
        double loss = 0;
        foreach (Window window in windows)
        {
            // Attacks in other languages than English teach concepts alone: their words are few, and as common in harmless texts.
            // Some words go, and sometimes all words but their concepts: the classifier must not lean on any one of them.
            ReadOnlySpan<InjectionWord> words = random.Chance(0.4) ? [.. window.Words.Select(w => random.Chance(0.12) ? w with { Hash = 7, Concepts = 0 } : w)] : window.Words;
            InjectionFeatures.Of(words, features, surface: !window.ConceptsOnly && !random.Chance(0.3));
            if (features.Count == 0) continue;

            known.Clear();
            double x = 1 / Math.Sqrt(features.Count), sum = 0;
            foreach (uint feature in features)
            {
                if (!_index.TryGetValue(feature, out int at)) continue;
                known.Add(at);
                sum += weights[at];
            }

            double probability = 1 / (1 + Math.Exp(-(_bias + (sum * x)))), gradient = probability - (window.IsAttack ? 1 : 0);
            loss -= Math.Log(Math.Max(1e-12, window.IsAttack ? probability : 1 - probability));
            foreach (int at in known)
            {
                double g = (gradient * x) + (settings.Decay * weights[at]);
                squares[at] += g * g;
                weights[at] -= rate * g / (0.05 + Math.Sqrt(squares[at]));
            }

            _biasSquare += gradient * gradient;
            _bias -= 0.1 * rate * gradient / (1 + Math.Sqrt(_biasSquare));
        }

        return loss / windows.Count;
    }
}
