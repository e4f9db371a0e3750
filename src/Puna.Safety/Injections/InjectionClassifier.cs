using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Puna.Safety.Obfuscation;
using Puna.Safety.PromptGuard;

namespace Puna.Safety.Injections;

/// <summary>
/// A small linear classifier of injections that the project trained itself and ships: no download, well below a millisecond
/// for a message. It knows words, neighbours and combinations of concepts such as "ignore", "previous" and "instructions" in
/// some twenty languages; it does not understand. Safe for concurrent callers.
/// </summary>
public sealed class InjectionClassifier
{
    /// <summary>Name of the scanner in commands and policies.</summary>
    public const string Name = "injection-classifier";

    /// <summary>Score from which on a text counts as an injection: about one harmless text in a hundred is above it.</summary>
    public const float Threshold = 0.5f;

    /// <summary>Words that are scored together; a text of up to half as many more is one window.</summary>
    internal const int WindowWords = 48;

    private const int Stride = WindowWords / 2, OneWindow = WindowWords * 3 / 2;
    private static readonly byte[] Magic = "PUNAINJ1"u8.ToArray();

    private readonly ConceptLexicon _lexicon;
    private readonly uint[] _keys;
    private readonly float[] _weights;
    private readonly float _bias;

    private InjectionClassifier(ConceptLexicon lexicon, ReadOnlySpan<uint> features, ReadOnlySpan<sbyte> weights, float scale, float bias, string identity)
    {
        _lexicon = lexicon;
        _bias = bias;
        Identity = identity;
        _keys = new uint[(int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Max(4, features.Length * 2))];
        _weights = new float[_keys.Length];
        for (int i = 0; i < features.Length; i++)
        {
            uint slot = features[i] & (uint)(_keys.Length - 1);
            while (_weights[slot] != 0) slot = (slot + 1) & (uint)(_keys.Length - 1);
            (_keys[slot], _weights[slot]) = (features[i], weights[i] * scale);
        }
    }

    /// <summary>The classifier that is shipped.</summary>
    public static InjectionClassifier Shipped => field ??= Read(Resource("injection-classifier.bin"), Lexicon);

    /// <summary>The concepts of the shipped classifier.</summary>
    internal static ConceptLexicon Lexicon => field ??= ConceptLexicon.Parse(Encoding.UTF8.GetString(Resource("concepts.txt")));

    /// <summary>SHA-256 of the weights in hexadecimal: which classifier judged.</summary>
    public string Identity { get; }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <exception cref="InvalidDataException">It is no such file, cut short, or of another concept list.</exception>
    internal static InjectionClassifier Read(ReadOnlySpan<byte> data, ConceptLexicon lexicon)
    {
        const int Head = 8 + 4 + 4 + 4;
        if (data.Length < Head || !data[..8].SequenceEqual(Magic)) throw new InvalidDataException("These are no weights of an injection classifier.");
        float scale = BinaryPrimitives.ReadSingleLittleEndian(data[8..]), bias = BinaryPrimitives.ReadSingleLittleEndian(data[12..]);
        int count = BinaryPrimitives.ReadInt32LittleEndian(data[16..]);
        if (count < 0 || data.Length - Head != count * 5L) throw new InvalidDataException($"The weights name {count} features and have {data.Length - Head} bytes for them; 5 each are needed.");

        uint[] features = new uint[count];
        for (int i = 0; i < count; i++) features[i] = BinaryPrimitives.ReadUInt32LittleEndian(data[(Head + (i * 4))..]);
        return new InjectionClassifier(lexicon, features, MemoryMarshal.Cast<byte, sbyte>(data[(Head + (count * 4))..]), scale, bias, Convert.ToHexStringLower(SHA256.HashData(data)));
    }

    /// <summary>Writes weights as one byte each; those that round to nothing are left out.</summary>
    internal static byte[] Write(IEnumerable<(uint Feature, float Weight)> weights, float bias)
    {
        (uint Feature, float Weight)[] sorted = [.. weights.OrderBy(w => w.Feature)];
        float scale = sorted.Length == 0 ? 1 : sorted.Max(w => MathF.Abs(w.Weight)) / 127;
        (uint Feature, sbyte Weight)[] kept = [.. sorted.Select(w => (w.Feature, (sbyte)MathF.Round(w.Weight / scale))).Where(w => w.Item2 != 0)];
        using MemoryStream stream = new();
        using BinaryWriter writer = new(stream);
        writer.Write(Magic);
        writer.Write(scale);
        writer.Write(bias);
        writer.Write(kept.Length);
        foreach ((uint feature, _) in kept) writer.Write(feature);
        foreach ((_, sbyte weight) in kept) writer.Write(weight);
        writer.Flush();
        return stream.ToArray();
    }

    /// <summary>The highest score of a text as it stands, 0 to 1.</summary>
    public float Score(string text) => Scan(text).Select(part => part.Score).DefaultIfEmpty(0).Max();

    /// <summary>Scores a text of any length in overlapping windows of words.</summary>
    /// <returns>The parts in order; none for a text without words.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public IReadOnlyList<ScoredSpan> Scan(string text, CancellationToken cancellationToken = default)
    {
        ReadOnlySpan<InjectionWord> words = CollectionsMarshal.AsSpan(InjectionFeatures.Words(text, _lexicon));
        List<ScoredSpan> parts = [];
        HashSet<uint> features = [];
        foreach ((int first, int end) in Windows(words.Length))
        {
            cancellationToken.ThrowIfCancellationRequested();
            InjectionFeatures.Of(words[first..end], features);
            parts.Add(new ScoredSpan(words[first].Start, words[end - 1].End, 1 / (1 + MathF.Exp(-Logit(features))), false));
        }

        return parts;
    }

    /// <summary>Scores every reading of a text (see <see cref="TextVariants"/>).</summary>
    /// <returns>All parts, of the highest score first, with their places in the text as it was given.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public IReadOnlyList<InjectionFinding> ScanReadings(string text, ObfuscationPasses passes = ObfuscationPasses.All, CancellationToken cancellationToken = default) =>
        InjectionFinding.OfReadings(text, passes, reading => Scan(reading, cancellationToken));

    /// <summary>Ranges [first, end) of words; every word is in at least one.</summary>
    internal static IEnumerable<(int First, int End)> Windows(int words)
    {
        if (words == 0) yield break;
        if (words <= OneWindow)
        {
            yield return (0, words);
            yield break;
        }

        int first = 0;
        for (; first + WindowWords < words; first += Stride) yield return (first, first + WindowWords);
        yield return (words - WindowWords, words);
    }

    /// <summary>Weights of the features over the root of their number, so that long and short windows compare.</summary>
    private float Logit(HashSet<uint> features)
    {
        float sum = 0;
        foreach (uint feature in features)
        {
            uint slot = feature & (uint)(_keys.Length - 1);
            for (; _weights[slot] != 0; slot = (slot + 1) & (uint)(_keys.Length - 1))
            {
                if (_keys[slot] != feature) continue;
                sum += _weights[slot];
                break;
            }
        }

        return _bias + (features.Count == 0 ? 0 : sum / MathF.Sqrt(features.Count));
    }

    private static byte[] Resource(string name)
    {
        using Stream stream = typeof(InjectionClassifier).Assembly.GetManifestResourceStream(name) ?? throw new InvalidOperationException($"The resource {name} is missing from the assembly.");
        byte[] bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
