using Puna.Formats.Gguf;
using Puna.Tokenizers;
using Puna.Tokenizers.Bpe;

namespace Puna.Tests.Models;

/// <summary>A byte-level vocabulary of a few hundred tokens: all bytes, some English, and a family's special tokens.</summary>
/// <param name="Pre">Split pattern, as files name it.</param>
/// <param name="Special">Special tokens that follow the ordinary ones.</param>
/// <param name="EndOfTurn">Name of the token that ends a turn.</param>
internal sealed record TinyVocabulary(string Pre, IReadOnlyList<string> Special, string EndOfTurn)
{
    // Joined pairs, in order of rank.
    private static readonly string[] Words =
    [
        "he", "in", "th", "er", "an", "on", "re", " t", " a", "ll", "at", "is", "or", "en", "it", " s", " w", "ou", "ing", " the",
        "and", " and", "hell", "hello", " you", " is", " in", "\n\n",
    ];

    internal static TinyVocabulary Llama3 { get; } = new("llama-bpe",
        ["<|begin_of_text|>", "<|end_of_text|>", "<|finetune_right_pad_id|>", "<|start_header_id|>", "<|end_header_id|>", "<|eom_id|>", "<|eot_id|>", "<|python_tag|>"],
        "<|eot_id|>");

    internal static TinyVocabulary Llama4 { get; } = new("llama4",
        ["<|begin_of_text|>", "<|end_of_text|>", "<|header_start|>", "<|header_end|>", "<|eom|>", "<|eot|>", "<|python_start|>", "<|python_end|>",
            "<|finetune_right_pad|>", "<|image_start|>", "<|image_end|>", "<|tile_x_separator|>", "<|tile_y_separator|>", "<|image|>", "<|patch|>"],
        "<|eot|>");

    /// <summary>The turns of Llama 3, as its files write them but for tools and dates.</summary>
    internal const string Llama3Template =
        "{{ bos_token }}{% for message in messages %}<|start_header_id|>{{ message['role'] }}<|end_header_id|>\n\n{{ message['content'] | trim }}<|eot_id|>{% endfor %}"
        + "{% if add_generation_prompt %}<|start_header_id|>assistant<|end_header_id|>\n\n{% endif %}";

    /// <summary>The turns of Llama 4, as its files write them but for tools and images.</summary>
    internal const string Llama4Template =
        "{{ bos_token }}{% for message in messages %}<|header_start|>{{ message['role'] }}<|header_end|>\n\n{{ message['content'] | trim }}<|eot|>{% endfor %}"
        + "{% if add_generation_prompt %}<|header_start|>assistant<|header_end|>\n\n{% endif %}";

    /// <summary>Further joined pairs behind the common ones.</summary>
    internal IReadOnlyList<string> MoreWords { get; init; } = [];

    /// <summary>Ordinary tokens; special ones follow.</summary>
    internal int OrdinaryTokens => 256 + Words.Length + MoreWords.Count;

    internal int Size => OrdinaryTokens + Special.Count;

    internal int IdOf(string special) => Special.Contains(special)
        ? OrdinaryTokens + Special.ToList().IndexOf(special)
        : throw new ArgumentException($"The vocabulary has no token {special}.");

    /// <summary>Id of one of the further words.</summary>
    internal int IdOfWord(string word) => MoreWords.Contains(word)
        ? 256 + Words.Length + MoreWords.ToList().IndexOf(word)
        : throw new ArgumentException($"The vocabulary has no further word {word}.");

    internal void AddTo(GgufWriter writer)
    {
        List<string> tokens = [];
        for (int b = 0; b < 256; b++) tokens.Add(ByteAlphabet.Encode([(byte)b]));
        foreach (string word in Words.Concat(MoreWords)) tokens.Add(ByteAlphabet.Encode(System.Text.Encoding.UTF8.GetBytes(word)));
        tokens.AddRange(Special);

        int[] types = [.. Enumerable.Repeat((int)TokenKind.Normal, OrdinaryTokens), .. Enumerable.Repeat((int)TokenKind.Control, Special.Count)];
        writer.AddString("tokenizer.ggml.model", "gpt2");
        writer.AddString("tokenizer.ggml.pre", Pre);
        writer.AddStringArray("tokenizer.ggml.tokens", tokens);
        writer.AddArray<int>("tokenizer.ggml.token_type", types);
        writer.Add("tokenizer.ggml.bos_token_id", (uint)IdOf("<|begin_of_text|>"));
        writer.Add("tokenizer.ggml.eos_token_id", (uint)IdOf(EndOfTurn));
    }
}
