using Puna.Tokenizers;

namespace Puna.Tests.Tokenizers.Bpe;

/// <summary>Published ids of the Llama 4 vocabulary; "Who are you?" and the prompts were also seen from other engines.</summary>
public class Llama4GoldenTests
{
    public static TheoryData<string, int[]> Texts => new()
    {
        { "Hello, world!", [19873, 24, 3817, 13] },
        { "Who are you?", [33267, 583, 650, 43] },
        { "The quick brown fox jumps over the lazy dog.", [954, 7202, 27756, 92637, 67072, 1278, 290, 37463, 10877, 26] },
        { "The capital of France is", [954, 7963, 323, 11698, 373] },
        { "  two leading spaces", [220, 1472, 10855, 15174] },
        { "a\n\n\nb", [77, 2946, 78] },
        { "   \n  x\r\n\r\ny", [9287, 220, 831, 57966, 101] },
        { "tab\tand trailing   ", [6743, 103956, 51110, 277] },
        { "I'm can't WE'LL they'd", [23752, 12337, 39986, 19, 10962, 147941] },
        { "1234567890", [7235, 19596, 30054, 28] },
        { "3.14159", [31, 26, 13944, 3933] },
        { "public static void Main(string[] args)\n{\n    return;\n}", [1672, 1984, 1263, 9010, 10073, 2332, 5868, 402, 785, 277, 677, 308, 105] },
        { "http://example.com/a/b?c=d//\n", [3303, 1050, 15860, 1127, 11159, 4790, 43, 79, 51084, 24992] },
        { "camelCaseHTTPServer", [199440, 7508, 19117, 7317] },
        { "na\u00EFve caf\u00E9", [1499, 164301, 49652] },
        { "e\u0301", [81, 7908] },
        { "こんにちは世界", [4310, 7293, 1872, 11980, 2301, 14287] },
        { "Привет, мир!", [10815, 3524, 24, 33701, 13] },
        { "नमस्ते दुनिया", [1479, 2511, 23194, 790, 106801] },
        { "สวัสดีครับ", [2585, 39174, 2585, 26361, 101301] },
        { "Xin chào thế giới", [158616, 124927, 11577, 16847] },
        { "\U0001F600\U0001F44D\U0001F3FD", [80883, 222, 65906, 235, 73601, 134] },
        { "\U0001D400\U0001D401\U0001D402", [38057, 222, 38057, 223, 38057, 224] },
        { "<|eot|>", [40, 104, 81, 359, 159276] },
        { "system", [15651] },
        { "user", [1556] },
        { "assistant", [140680] },
        { "ipython", [607, 6934] },
        { "tool", [21188] },
        { "safe", [60411] },
        { "unsafe\nS1", [72110, 198, 63, 29] },
        { "unsafe\nS1,S9", [72110, 198, 63, 29, 36001, 37] },
        { "\n\n", [368] },
    };

    public static TheoryData<string, int[]> Prompts => new()
    {
        {
            "<|begin_of_text|><|header_start|>user<|header_end|>\n\nWho are you?<|eot|><|header_start|>assistant<|header_end|>\n\n",
            [200000, 200005, 1556, 200006, 368, 33267, 583, 650, 43, 200008, 200005, 140680, 200006, 368]
        },
        {
            "<|begin_of_text|><|header_start|>system<|header_end|>\n\nYou are a helpful assistant<|eot|>"
            + "<|header_start|>user<|header_end|>\n\nAnswer who are you in the form of jeopardy?<|eot|><|header_start|>assistant<|header_end|>\n\n",
            [
                200000, 200005, 15651, 200006, 368, 4662, 583, 262, 19933, 43910, 200008, 200005, 1556, 200006, 368, 4984, 2117, 583, 650, 310, 290, 1075, 323,
                1997, 153495, 43, 200008, 200005, 140680, 200006, 368,
            ]
        },
    };

    [Theory, MemberData(nameof(Texts))]
    public void Text_has_the_published_ids(string text, int[] ids)
    {
        Tokenizer tokenizer = TokenizerFiles.Llama4();

        Assert.Equal(ids, tokenizer.Encode(text, addBos: false));
        Assert.Equal(text, tokenizer.Decode(ids));
    }

    [Theory, MemberData(nameof(Prompts))]
    public void Prompt_has_the_published_ids(string prompt, int[] ids)
    {
        Tokenizer tokenizer = TokenizerFiles.Llama4();

        Assert.Equal(ids, tokenizer.Encode(prompt, addBos: false, parseSpecial: true));
        Assert.Equal(ids, tokenizer.Encode(prompt, addBos: true, parseSpecial: true)); // the template's own BOS is not doubled
        Assert.Equal(prompt, tokenizer.Decode(ids, includeSpecial: true));
    }

    [Theory]
    [InlineData("<|begin_of_text|>", 200000)]
    [InlineData("<|end_of_text|>", 200001)]
    [InlineData("<|header_start|>", 200005)]
    [InlineData("<|eot|>", 200008)]
    [InlineData("<|text_post_train_reserved_special_token_5|>", 200015)]
    [InlineData("<|python_start|>", 200016)]
    [InlineData("<|finetune_right_pad|>", 200018)]
    [InlineData("<|text_post_train_reserved_special_token_8|>", 200019)]
    [InlineData("<|text_post_train_reserved_special_token_68|>", 200079)]
    [InlineData("<|image_start|>", 200080)]
    [InlineData("<|tile_x_separator|>", 200084)]
    [InlineData("<|vision_reserved_special_token_5|>", 200089)]
    [InlineData("<|image|>", 200090)]
    [InlineData("<|patch|>", 200092)]
    [InlineData("<|vision_reserved_special_token_1047|>", 201133)]
    [InlineData("<|reasoning_thinking_end|>", 201143)]
    [InlineData("<|reserved_special_token_903|>", 202047)]
    public void Special_token_is_found_by_name(string name, int id)
    {
        Tokenizer tokenizer = TokenizerFiles.Llama4();

        Assert.True(tokenizer.TryGetId(name, out int found));
        Assert.Equal(id, found);
        Assert.True(tokenizer.IsSpecial(id));
    }

    [Fact]
    public void Vocabulary_names_its_ends()
    {
        Tokenizer tokenizer = TokenizerFiles.Llama4();

        Assert.Equal(202048, tokenizer.VocabSize);
        Assert.Equal([200001, 200007, 200008], tokenizer.EndOfGenerationIds);
        Assert.Equal(200000, tokenizer.BosId);
    }
}
