using System.Text;
using Puna.Tokenizers.Bpe;
using Puna.Tokenizers.SentencePiece;

namespace Puna.Tokenizers;

/// <summary>Describes a tokenizer in GGUF's terms, wherever it was read from: the inverse of <see cref="GgufTokenizerLoader"/>.</summary>
/// <remarks>
/// GGUF cannot say that only the first fragment of a text gets a space in front (<c>prepend_scheme: first</c>); it is
/// described as every fragment, which differs only right after special tokens.
/// </remarks>
public static class GgufVocabularyExporter
{
    // Names under which the Llama families end a turn and a message.
    private static readonly string[] TurnEnds = ["<|eot_id|>", "<|eot|>"];
    private static readonly string[] MessageEnds = ["<|eom_id|>", "<|eom|>"];

    /// <summary>The vocabulary, merges and roles of a tokenizer.</summary>
    /// <param name="tokenizer">Any tokenizer of this library.</param>
    /// <exception cref="NotSupportedException">GGUF has no words for this kind of tokenizer.</exception>
    public static GgufVocabulary Export(Tokenizer tokenizer)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        GgufVocabulary common = new()
        {
            Model = "",
            Tokens = [],
            TokenTypes = Enumerable.Range(0, tokenizer.VocabSize).Select(id => (int)tokenizer.GetKind(id)).ToArray(),
            BosId = tokenizer.BosId,
            EosId = tokenizer.EosId,
            EotId = IdOf(tokenizer, TurnEnds),
            EomId = IdOf(tokenizer, MessageEnds),
            PadId = tokenizer.PadId,
            UnknownId = tokenizer.UnknownId,
            AddBos = tokenizer.AddsBos,
        };
        return tokenizer switch
        {
            BytePairTokenizer bytePair => common with
            {
                Model = "gpt2",
                Pre = NameOf(bytePair.Pattern),
                Tokens = Spell(tokenizer, BytePairSpelling),
                Merges = [.. bytePair.MergesInOrder().Select(m => Pair(tokenizer, m.Left, m.Right))],
            },
            SentencePieceTokenizer sentencePiece => common with
            {
                Model = "llama",
                Tokens = Spell(tokenizer, SentencePieceSpelling),
                Scores = Scores(sentencePiece),
                AddSpacePrefix = sentencePiece.Prefix != SpacePrefix.None,
            },
            _ => throw new NotSupportedException($"A {tokenizer.GetType().Name} cannot be described in a GGUF file."),
        };
    }

    private static string NameOf(SplitPattern pattern) => pattern switch
    {
        SplitPattern.Llama4 => "llama4",
        SplitPattern.Llama3 => "llama-bpe",
        _ => "gpt-2",
    };

    private static int? IdOf(Tokenizer tokenizer, string[] names)
    {
        foreach (string name in names)
        {
            if (tokenizer.TryGetId(name, out int id) && tokenizer.GetKind(id) == TokenKind.Control) return id;
        }

        return null;
    }

    /// <summary>Spellings in id order. An id without a spelling gets one that no other has, as readers expect.</summary>
    private static List<ReadOnlyMemory<byte>> Spell(Tokenizer tokenizer, Func<TokenKind, ReadOnlyMemory<byte>, byte[]> spell)
    {
        List<ReadOnlyMemory<byte>> tokens = new(tokenizer.VocabSize);
        for (int id = 0; id < tokenizer.VocabSize; id++)
        {
            byte[] bytes = tokenizer.GetTokenBytes(id).ToArray();
            tokens.Add(bytes.Length == 0 ? Unnamed(id) : spell(tokenizer.GetKind(id), bytes));
        }

        return tokens;
    }

    /// <summary>Spelling of an id that stands for nothing.</summary>
    public static byte[] Unnamed(int id) => Encoding.UTF8.GetBytes(FormattableString.Invariant($"[UNUSED{id}]"));

    private static byte[] BytePairSpelling(TokenKind kind, ReadOnlyMemory<byte> bytes) =>
        kind == TokenKind.Normal ? Encoding.UTF8.GetBytes(ByteAlphabet.Encode(bytes.Span)) : bytes.ToArray();

    private static byte[] SentencePieceSpelling(TokenKind kind, ReadOnlyMemory<byte> bytes) => kind switch
    {
        TokenKind.Byte => Encoding.UTF8.GetBytes(FormattableString.Invariant($"<0x{bytes.Span[0]:X2}>")),
        TokenKind.Normal or TokenKind.UserDefined => SpaceMark.ToMarks(bytes.Span),
        _ => bytes.ToArray(),
    };

    private static ReadOnlyMemory<byte> Pair(Tokenizer tokenizer, int left, int right) =>
        Encoding.UTF8.GetBytes($"{ByteAlphabet.Encode(tokenizer.GetTokenBytes(left))} {ByteAlphabet.Encode(tokenizer.GetTokenBytes(right))}");

    /// <summary>Earlier merges score higher. Tokens that no merge makes come last; no pair competes for them.</summary>
    private static float[] Scores(SentencePieceTokenizer tokenizer)
    {
        float[] scores = new float[tokenizer.VocabSize];
        Array.Fill(scores, float.NaN);
        int next = 0;
        foreach ((_, _, int result) in tokenizer.MergesInOrder())
        {
            if (!float.IsNaN(scores[result])) continue;
            scores[result] = -next++;
        }

        for (int id = 0; id < scores.Length; id++)
        {
            if (float.IsNaN(scores[id])) scores[id] = tokenizer.GetKind(id) == TokenKind.Normal ? -next : 0;
        }

        return scores;
    }
}
