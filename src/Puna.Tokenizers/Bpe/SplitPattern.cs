namespace Puna.Tokenizers.Bpe;

/// <summary>The regular expression by which a byte-level vocabulary cuts text into pieces before merging.</summary>
public enum SplitPattern
{
    /// <summary>GPT-2's: words with a leading space, digits and letters in runs.</summary>
    Gpt2,

    /// <summary>Llama 3's (the cl100k kind): digits by three, any one character before a word.</summary>
    Llama3,

    /// <summary>Llama 4's (the o200k kind): words also split at changes of case, marks belong to words.</summary>
    Llama4,
}
