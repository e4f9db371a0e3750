namespace Puna.Tokenizers;

/// <summary>A vocabulary as a GGUF file's metadata describes it, free of the file. Property names follow the keys.</summary>
public sealed record GgufVocabulary
{
    /// <summary><c>tokenizer.ggml.model</c>: <c>gpt2</c> (byte-level BPE) or <c>llama</c> (SentencePiece).</summary>
    public required string Model { get; init; }

    /// <summary><c>tokenizer.ggml.tokens</c> as UTF-8, in id order. The memory is read during loading only.</summary>
    public required IReadOnlyList<ReadOnlyMemory<byte>> Tokens { get; init; }

    /// <summary><c>tokenizer.ggml.pre</c>: which split pattern; null where absent.</summary>
    public string? Pre { get; init; }

    /// <summary><c>general.architecture</c>. Files of <c>llama4</c> split by its pattern whatever <see cref="Pre"/> says.</summary>
    public string? Architecture { get; init; }

    /// <summary><c>tokenizer.ggml.token_type</c> per token, or empty: all normal.</summary>
    public ReadOnlyMemory<int> TokenTypes { get; init; }

    /// <summary><c>tokenizer.ggml.scores</c> per token; needed by SentencePiece vocabularies.</summary>
    public ReadOnlyMemory<float> Scores { get; init; }

    /// <summary><c>tokenizer.ggml.merges</c> as UTF-8, <c>left right</c>, first merges first; may be empty.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Merges { get; init; } = [];

    /// <summary><c>tokenizer.ggml.bos_token_id</c>.</summary>
    public int? BosId { get; init; }

    /// <summary><c>tokenizer.ggml.eos_token_id</c>.</summary>
    public int? EosId { get; init; }

    /// <summary><c>tokenizer.ggml.eot_token_id</c>.</summary>
    public int? EotId { get; init; }

    /// <summary><c>tokenizer.ggml.eom_token_id</c>.</summary>
    public int? EomId { get; init; }

    /// <summary><c>tokenizer.ggml.padding_token_id</c>.</summary>
    public int? PadId { get; init; }

    /// <summary><c>tokenizer.ggml.unknown_token_id</c>.</summary>
    public int? UnknownId { get; init; }

    /// <summary><c>tokenizer.ggml.add_bos_token</c>; null where absent: true for SentencePiece and Llama 3 and 4 vocabularies.</summary>
    public bool? AddBos { get; init; }

    /// <summary><c>tokenizer.ggml.add_space_prefix</c>; null where absent: true for SentencePiece vocabularies.</summary>
    public bool? AddSpacePrefix { get; init; }
}
