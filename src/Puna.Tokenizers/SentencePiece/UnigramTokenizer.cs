using Puna.Tokenizers.SentencePiece.Normalizers;
using Puna.Tokenizers.SentencePiece.Splitters;
using Puna.Tokenizers.Unicode;

namespace Puna.Tokenizers.SentencePiece;

/// <summary>A token and the range of UTF-16 units of the text that it stands for.</summary>
/// <param name="Id">Token id.</param>
/// <param name="Start">First unit.</param>
/// <param name="End">Unit behind the last.</param>
public readonly record struct TextToken(int Id, int Start, int End);

/// <summary>
/// A unigram tokenizer with the normalizers and splitters of its own file, as DeBERTa classifiers use it: the most likely
/// segmentation into pieces. Special tokens never come from text, however it is spelled. Immutable and safe to use from
/// several threads. Made by <see cref="UnigramFile"/>.
/// </summary>
/// <remarks>Source: Kudo, Subword Regularization, 2018; google/sentencepiece, src/unigram_model.cc.</remarks>
public sealed class UnigramTokenizer
{
    private readonly UnigramTrie _trie;
    private readonly INormalizer? _normalizer;
    private readonly IReadOnlyList<ISplitter> _splitters;
    private readonly double _unknownScore;

    internal UnigramTokenizer(UnigramTrie trie, INormalizer? normalizer, IReadOnlyList<ISplitter> splitters, UnigramRoles roles, int vocabSize, double unknownScore)
    {
        _trie = trie;
        _normalizer = normalizer;
        _splitters = splitters;
        Roles = roles;
        VocabSize = vocabSize;
        _unknownScore = unknownScore;
    }

    /// <summary>Number of ids.</summary>
    public int VocabSize { get; }

    /// <summary>Ids of tokens with a role.</summary>
    public UnigramRoles Roles { get; }

    /// <summary>The text as it is segmented, with ranges in the original.</summary>
    public MappedText Normalize(string text)
    {
        MappedText mapped = MappedText.Of(text);
        return _normalizer is null ? mapped : _normalizer.Apply(mapped);
    }

    /// <summary>Tokenizes a text, without <c>[CLS]</c> and <c>[SEP]</c>.</summary>
    public List<TextToken> Encode(string text)
    {
        List<MappedText> parts = [Normalize(text)];
        if (parts[0].Length == 0) return [];
        foreach (ISplitter splitter in _splitters)
        {
            List<MappedText> next = new(parts.Count * 2);
            for (int i = 0; i < parts.Count; i++) splitter.Split(parts[i], first: i == 0, next);
            parts = next;
        }

        List<TextToken> tokens = new(text.Length / 3);
        foreach (MappedText part in parts) Segment(part, tokens);
        return tokens;
    }

    /// <summary>Viterbi over the positions of a part: from each, every piece that matches there; a character without a piece is unknown.</summary>
    private void Segment(MappedText part, List<TextToken> tokens)
    {
        int n = part.Length;
        double[] best = new double[n + 1];
        int[] from = new int[n + 1], piece = new int[n + 1];
        Array.Fill(best, double.NegativeInfinity, 1, n);
        for (int at = 0; at < n; at++)
        {
            bool single = false;
            int node = UnigramTrie.Root;
            for (int end = at; end < n && (node = _trie.Child(node, part[end])) != UnigramTrie.None; end++)
            {
                if (!_trie.TryGetPiece(node, out int id, out double score)) continue;
                single |= end == at;
                Offer(at, end + 1, id, best[at] + score);
            }

            if (!single) Offer(at, at + 1, Roles.Unknown, best[at] + _unknownScore);
        }

        int count = 0;
        for (int end = n; end > 0; end = from[end]) count++;
        Span<(int First, int End)> spans = count <= 256 ? stackalloc (int, int)[count] : new (int, int)[count];
        for (int end = n; end > 0; end = from[end]) spans[--count] = (from[end], end);

        bool afterUnknown = false;
        foreach ((int first, int end) in spans)
        {
            (int start, int stop) = part.OriginalRange(first, end);
            bool unknown = piece[end] == Roles.Unknown;
            if (unknown && afterUnknown) tokens[^1] = tokens[^1] with { End = Math.Max(tokens[^1].End, stop) }; // neighbours are one
            else tokens.Add(new TextToken(piece[end], start, stop));
            afterUnknown = unknown;
        }

        void Offer(int start, int end, int id, double score)
        {
            if (!(score > best[end])) return;
            best[end] = score;
            from[end] = start;
            piece[end] = id;
        }
    }
}

/// <summary>Ids of a classifier's special tokens.</summary>
/// <param name="Cls">Begins a window.</param>
/// <param name="Sep">Ends a window.</param>
/// <param name="Unknown">Stands for text without a piece.</param>
public sealed record UnigramRoles(int Cls, int Sep, int Unknown);
