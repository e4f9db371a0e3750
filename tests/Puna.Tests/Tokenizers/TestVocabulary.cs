using System.Text;
using Puna.Tokenizers;
using Puna.Tokenizers.Bpe;

namespace Puna.Tests.Tokenizers;

/// <summary>A small byte-level vocabulary: the 256 bytes, a few words and their parts, special tokens of both Llama families.</summary>
internal static class TestVocabulary
{
    // In rank order; every word is reachable from the entries before it.
    public static readonly string[] Words =
        ["th", "he", "in", "er", " t", "the", " the", "an", "and", " a", " and", "re", "on", "or", "\n\n", "  ", "    ", "aa", "aaaa", "é", "世", "us", "user", "ll", "hell", "hello", "'s", "12", "123"];

    public static readonly string[] Special =
        ["<|begin_of_text|>", "<|end_of_text|>", "<|header_start|>", "<|header_end|>", "<|eom|>", "<|eot|>", "<|eot_id|>"];

    public static int FirstSpecial => 256 + Words.Length;

    public static BytePairTokenizer Create() => (BytePairTokenizer)GgufTokenizerLoader.Load(Gguf(), "test.gguf");

    public static GgufVocabulary Gguf()
    {
        List<string> tokens = [.. Enumerable.Range(0, 256).Select(b => ByteAlphabet.Encode([(byte)b])), .. Words.Select(Spell), .. Special];
        return new GgufVocabulary
        {
            Model = "gpt2",
            Pre = "llama4",
            Tokens = Utf8([.. tokens]),
            TokenTypes = tokens.Select((_, id) => id < FirstSpecial ? (int)TokenKind.Normal : (int)TokenKind.Control).ToArray(),
            BosId = FirstSpecial,
            EosId = FirstSpecial + 5,
        };
    }

    /// <summary>Spells text in the byte alphabet of vocabulary files.</summary>
    public static string Spell(string text) => ByteAlphabet.Encode(Encoding.UTF8.GetBytes(text));

    public static ReadOnlyMemory<byte>[] Utf8(params string[] texts) => [.. texts.Select(text => new ReadOnlyMemory<byte>(Encoding.UTF8.GetBytes(text)))];
}
