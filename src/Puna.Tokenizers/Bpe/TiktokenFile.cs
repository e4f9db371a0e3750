using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace Puna.Tokenizers.Bpe;

/// <summary>
/// Reads Meta's <c>tokenizer.model</c> files: a line per token, <c>base64(bytes) rank</c>, ranks counting from 0. Special
/// tokens are not in the file; their ids follow the last rank.
/// </summary>
public static class TiktokenFile
{
    private const int MaxTokens = 1 << 22; // far above any vocabulary, far below what ids can address

    /// <summary>Loads a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="pattern"><see cref="SplitPattern.Llama4"/> or <see cref="SplitPattern.Llama3"/>; it also selects the special tokens.</param>
    /// <exception cref="TokenizerFormatException">The file is malformed; the message names the line.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static Tokenizer Load(string path, SplitPattern pattern) => pattern switch
    {
        SplitPattern.Llama4 => Parse(File.ReadAllBytes(path), Path.GetFileName(path), pattern, LlamaSpecialTokens.Llama4, "<|eot|>", "<|finetune_right_pad|>"),
        SplitPattern.Llama3 => Parse(File.ReadAllBytes(path), Path.GetFileName(path), pattern, LlamaSpecialTokens.Llama3, "<|eot_id|>", "<|finetune_right_pad_id|>"),
        _ => throw new ArgumentOutOfRangeException(nameof(pattern), pattern, "Meta's vocabulary files use the Llama 3 or the Llama 4 pattern."),
    };

    internal static BytePairTokenizer Parse(
        ReadOnlySpan<byte> file, string source, SplitPattern pattern, IReadOnlyList<string> specialTokens, string eos, string pad)
    {
        TokenStore.Builder tokens = new(file.Count((byte)'\n') + specialTokens.Count);
        for (int line = 1; !file.IsEmpty; line++)
        {
            int end = file.IndexOf((byte)'\n');
            ReadOnlySpan<byte> content = end < 0 ? file : file[..end];
            ReadLine(content.TrimEnd((byte)'\r'), source, line, tokens);
            file = end < 0 ? [] : file[(end + 1)..];
        }

        int ranks = tokens.Count;
        Dictionary<string, int> names = [];
        foreach (string name in specialTokens)
        {
            names.Add(name, tokens.Count);
            tokens.Add(Encoding.UTF8.GetBytes(name), TokenKind.Control);
        }

        TokenStore store = tokens.Build();
        TokenIndex index = new(store, kind => kind == TokenKind.Normal);
        if (index.Duplicates > 0) throw DuplicateToken(store, index, source, ranks);

        TokenRoles roles = new() { Bos = names["<|begin_of_text|>"], Eos = names[eos], Pad = names[pad], AddBos = true };
        SpecialTokens special = new(source, store.Count, names, roles);
        return new BytePairTokenizer(source, store, special, index, new TokenRankMerges(index), pattern, wholePieceFirst: true);
    }

    private static void ReadLine(ReadOnlySpan<byte> line, string source, int number, TokenStore.Builder tokens)
    {
        if (line.IsEmpty) throw Bad("the line is empty; each line is a base64 token, a space and its rank.");

        int space = line.IndexOf((byte)' ');
        if (space <= 0) throw Bad("no space between token and rank.");

        ReadOnlySpan<byte> rankText = line[(space + 1)..];
        if (!Utf8Parser.TryParse(rankText, out int rank, out int used) || used != rankText.Length)
            throw Bad($"the rank '{Encoding.UTF8.GetString(rankText[..Math.Min(20, rankText.Length)])}' is not a number.");
        if (rank != tokens.Count) throw Bad($"rank {rank} where {tokens.Count} is due; ranks count from 0 without gaps.");
        if (rank >= MaxTokens) throw Bad($"more than {MaxTokens} tokens.");

        Span<byte> bytes = tokens.Reserve(Base64.GetMaxDecodedFromUtf8Length(space));
        OperationStatus status = Base64.DecodeFromUtf8(line[..space], bytes, out int consumed, out int length);
        if (status != OperationStatus.Done || consumed != space) throw Bad("the token is not valid base64.");
        if (length == 0) throw Bad("the token is empty.");

        tokens.Commit(length, TokenKind.Normal);

        TokenizerFormatException Bad(string problem) => new(source, $"line {number}", problem);
    }

    private static TokenizerFormatException DuplicateToken(TokenStore store, TokenIndex index, string source, int ranks)
    {
        int later = Enumerable.Range(0, ranks).First(id => index.Find(store.Bytes(id)) != id);
        return new TokenizerFormatException(source, $"line {later + 1}", $"the token of rank {later} repeats that of rank {index.Find(store.Bytes(later))}.");
    }
}
