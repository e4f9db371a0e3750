using System.Text;
using Puna.Tokenizers.Bpe;
using Puna.Tokenizers.SentencePiece;

namespace Puna.Tokenizers;

/// <summary>Builds the tokenizer that a GGUF file's metadata describes.</summary>
public static class GgufTokenizerLoader
{
    /// <summary>Builds a tokenizer. Of tokens with equal bytes the lowest id is encoded to.</summary>
    /// <param name="vocabulary">The metadata; its memory is not kept.</param>
    /// <param name="source">File name, for messages.</param>
    /// <exception cref="TokenizerFormatException">The vocabulary is malformed or of a kind this library does not know.</exception>
    public static Tokenizer Load(GgufVocabulary vocabulary, string source)
    {
        ArgumentNullException.ThrowIfNull(vocabulary);
        CheckLengths(vocabulary, source);
        return vocabulary.Model switch
        {
            "gpt2" => LoadBytePair(vocabulary, source),
            "llama" => LoadSentencePiece(vocabulary, source),
            _ => throw new TokenizerFormatException(source, "tokenizer.ggml.model", $"'{vocabulary.Model}' is unknown; 'gpt2' and 'llama' can be read."),
        };
    }

    private static BytePairTokenizer LoadBytePair(GgufVocabulary v, string source)
    {
        (SplitPattern pattern, bool idsAreRanks) = FindPattern(v, source);
        TokenStore.Builder tokens = new(v.Tokens.Count);
        Dictionary<string, int> names = [];
        for (int id = 0; id < v.Tokens.Count; id++)
        {
            ReadOnlySpan<byte> spelling = v.Tokens[id].Span;
            TokenKind kind = KindOf(v, id, source);
            if (kind == TokenKind.Normal)
            {
                int length = ByteAlphabet.Decode(spelling, tokens.Reserve(spelling.Length));
                if (length < 0)
                    throw new TokenizerFormatException(source, $"tokenizer.ggml.tokens[{id}]", $"'{Encoding.UTF8.GetString(spelling)}' has a character outside the byte alphabet.");
                tokens.Commit(length, kind);
            }
            else
            {
                names.TryAdd(Encoding.UTF8.GetString(spelling), id);
                tokens.Add(spelling, kind);
            }
        }

        TokenStore store = tokens.Build();
        TokenIndex index = new(store, kind => kind == TokenKind.Normal);
        SpecialTokens special = new(source, store.Count, names, RolesOf(v, addBosDefault: pattern != SplitPattern.Gpt2));

        // Vocabularies that come from tiktoken files have the ranks as ids, and their merge lists only restate them; a
        // retrained vocabulary under the same pattern has an order of its own.
        MergeListParser parser = new(source, index, ByteAlphabet.Decode);
        bool useIds = idsAreRanks && (v.Merges.Count == 0 || parser.FollowsIds(v.Merges));
        MergeSource merges = useIds ? new TokenRankMerges(index) : new PairListMerges(parser.Parse(v.Merges));
        return new BytePairTokenizer(source, store, special, index, merges, pattern, wholePieceFirst: pattern != SplitPattern.Gpt2);
    }

    private static SentencePieceTokenizer LoadSentencePiece(GgufVocabulary v, string source)
    {
        if (v.Scores.Length != v.Tokens.Count)
            throw new TokenizerFormatException(source, "tokenizer.ggml.scores", $"{v.Scores.Length} scores for {v.Tokens.Count} tokens; a SentencePiece vocabulary has one each.");

        SentencePieceVocabulary tokens = new(source, v.Tokens.Count);
        for (int id = 0; id < v.Tokens.Count; id++) tokens.Add(v.Tokens[id].Span, KindOf(v, id, source));

        SpacePrefix prefix = v.AddSpacePrefix ?? true ? SpacePrefix.EveryFragment : SpacePrefix.None;
        return tokens.Build(RolesOf(v, addBosDefault: true), prefix, index => new TokenRankMerges(index, ScoreRanks(v.Scores.Span, source)));
    }

    // Rank 0 is the highest score; equal scores share a rank, so that the leftmost of them merges first.
    private static int[] ScoreRanks(ReadOnlySpan<float> scores, string source)
    {
        int nan = scores.IndexOf(float.NaN);
        if (nan >= 0) throw new TokenizerFormatException(source, $"tokenizer.ggml.scores[{nan}]", "the score is not a number.");

        float[] sorted = scores.ToArray();
        int[] order = [.. Enumerable.Range(0, sorted.Length)];
        Array.Sort(sorted, order);
        int[] ranks = new int[sorted.Length];
        for (int i = sorted.Length - 1, rank = -1; i >= 0; i--)
        {
            if (i == sorted.Length - 1 || sorted[i] != sorted[i + 1]) rank++;
            ranks[order[i]] = rank;
        }

        return ranks;
    }

    private static (SplitPattern Pattern, bool IdsAreRanks) FindPattern(GgufVocabulary v, string source)
    {
        if (v.Architecture == "llama4") return (SplitPattern.Llama4, true);

        return v.Pre switch
        {
            "llama4" or "gpt-4o" => (SplitPattern.Llama4, true),
            "llama-bpe" or "llama3" or "llama-v3" => (SplitPattern.Llama3, true),
            "gpt-2" or "default" or null => (SplitPattern.Gpt2, false),
            _ => throw new TokenizerFormatException(source, "tokenizer.ggml.pre", $"'{v.Pre}' is unknown; llama4, gpt-4o, llama-bpe, llama3, llama-v3, gpt-2 and default can be read."),
        };
    }

    private static TokenRoles RolesOf(GgufVocabulary v, bool addBosDefault) => new()
    {
        Bos = v.BosId,
        Eos = v.EosId,
        Eot = v.EotId,
        Eom = v.EomId,
        Pad = v.PadId,
        Unknown = v.UnknownId,
        AddBos = v.BosId is not null && (v.AddBos ?? addBosDefault),
    };

    private static TokenKind KindOf(GgufVocabulary v, int id, string source)
    {
        if (v.TokenTypes.IsEmpty) return TokenKind.Normal;

        int type = v.TokenTypes.Span[id];
        return type is >= (int)TokenKind.Normal and <= (int)TokenKind.Byte
            ? (TokenKind)type
            : throw new TokenizerFormatException(source, $"tokenizer.ggml.token_type[{id}]", $"type {type} is unknown; types are 1 to 6.");
    }

    private static void CheckLengths(GgufVocabulary v, string source)
    {
        if (v.Tokens.Count == 0) throw new TokenizerFormatException(source, "tokenizer.ggml.tokens", "the vocabulary is empty.");
        if (!v.TokenTypes.IsEmpty && v.TokenTypes.Length != v.Tokens.Count)
            throw new TokenizerFormatException(source, "tokenizer.ggml.token_type", $"{v.TokenTypes.Length} types for {v.Tokens.Count} tokens.");
    }
}
