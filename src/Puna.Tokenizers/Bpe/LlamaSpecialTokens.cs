namespace Puna.Tokenizers.Bpe;

/// <summary>Names of the special tokens that follow the ranks of Meta's vocabulary files, in id order.</summary>
/// <remarks>Source: Meta llama-models, models/llama4/tokenizer.py and models/llama3/tokenizer.py.</remarks>
internal static class LlamaSpecialTokens
{
    /// <summary>Llama 4's 2,048.</summary>
    public static IReadOnlyList<string> Llama4 { get; } = BuildLlama4();

    /// <summary>Llama 3's 256.</summary>
    public static IReadOnlyList<string> Llama3 { get; } = BuildLlama3();

    private static string[] BuildLlama4()
    {
        const int Count = 2048;
        List<string> names =
        [
            "begin_of_text", "end_of_text", "fim_prefix", "fim_middle", "fim_suffix",
            "header_start", "header_end", "eom", "eot", "step",
            .. Reserved("text_post_train_", 0, 6), "python_start", "python_end", "finetune_right_pad",
            .. Reserved("text_post_train_", 8, 61),
            "image_start", "image_end", .. Reserved("vision_", 0, 2),
            "tile_x_separator", "tile_y_separator", .. Reserved("vision_", 2, 4),
            "image", .. Reserved("vision_", 6, 1), "patch", .. Reserved("vision_", 7, 1041),
            .. Reserved("reasoning_", 0, 8), "reasoning_thinking_start", "reasoning_thinking_end",
        ];
        names.AddRange(Reserved("", 0, Count - names.Count));
        return [.. names.Select(name => $"<|{name}|>")];
    }

    private static string[] BuildLlama3()
    {
        const int Count = 256;
        List<string> names =
        [
            "begin_of_text", "end_of_text", .. Reserved("", 0, 2), "finetune_right_pad_id", "step_id",
            "start_header_id", "end_header_id", "eom_id", "eot_id", "python_tag",
        ];
        names.AddRange(Reserved("", 2, Count - names.Count));
        return [.. names.Select(name => $"<|{name}|>")];
    }

    private static IEnumerable<string> Reserved(string group, int first, int count) =>
        Enumerable.Range(first, count).Select(i => $"{group}reserved_special_token_{i}");
}
