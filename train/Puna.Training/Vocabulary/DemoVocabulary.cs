using System.Text;
using Puna.Tokenizers;

namespace Puna.Training.Vocabulary;

/// <summary>A trained vocabulary: 256 bytes, then merges in order, then the special tokens of Llama 4. Kept as a text file of merges.</summary>
internal sealed class DemoVocabulary
{
    private static readonly string[] Specials =
    [
        "<|begin_of_text|>", "<|end_of_text|>", "<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>", "<|header_start|>", "<|header_end|>", "<|eom|>", "<|eot|>", "<|step|>",
        "<|python_start|>", "<|python_end|>", "<|finetune_right_pad|>", "<|image_start|>", "<|image_end|>", "<|image|>", "<|patch|>", "<|tile_x_separator|>", "<|tile_y_separator|>",
    ];

    private static readonly char[] Alphabet = MakeAlphabet();

    private readonly string[] _merges;

    private DemoVocabulary(string[] merges)
    {
        _merges = merges;
        List<string> tokens = [.. Enumerable.Range(0, 256).Select(b => Spell([(byte)b]))];
        foreach (string merge in merges) tokens.Add(merge.Replace(" ", "", StringComparison.Ordinal));
        int normal = tokens.Count;
        tokens.AddRange(Specials);
        while (tokens.Count % 64 != 0) tokens.Add($"<|reserved_special_token_{tokens.Count - normal - Specials.Length}|>");
        Tokens = tokens;
        TokenTypes = [.. tokens.Select((_, id) => id < normal ? 1 : 3)];
        Tokenizer = GgufTokenizerLoader.Load(
            new GgufVocabulary
            {
                Model = "gpt2",
                Pre = "llama4",
                Architecture = "llama4",
                Tokens = [.. tokens.Select(t => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(t))],
                TokenTypes = TokenTypes,
                Merges = [.. merges.Select(m => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(m))],
                BosId = Id("<|begin_of_text|>"),
                EosId = Id("<|eot|>"),
                EotId = Id("<|eot|>"),
                EomId = Id("<|eom|>"),
                PadId = Id("<|finetune_right_pad|>"),
                AddBos = true,
            },
            "vocabulary");
    }

    /// <summary>Spellings in the byte alphabet, special tokens literally.</summary>
    public IReadOnlyList<string> Tokens { get; }

    /// <summary>1 for normal tokens, 3 for special ones.</summary>
    public int[] TokenTypes { get; }

    /// <summary>Merges as GGUF holds them: two spellings and a space between.</summary>
    public IReadOnlyList<string> Merges => _merges;

    public Tokenizer Tokenizer { get; }

    /// <summary>Id of a token by its spelling.</summary>
    /// <exception cref="ArgumentException">There is no such token.</exception>
    public int Id(string token) => Tokens.ToList().IndexOf(token) is >= 0 and var id ? id : throw new ArgumentException($"The vocabulary has no token '{token}'.", nameof(token));

    /// <exception cref="InvalidDataException">The model has another number of tokens.</exception>
    public void RequireSize(int tokens)
    {
        if (Tokens.Count != tokens) throw new InvalidDataException($"The checkpoint has {tokens} tokens and the vocabulary {Tokens.Count}. Name the vocabulary that the run was begun with.");
    }

    public static DemoVocabulary Of(IEnumerable<(byte[] Left, byte[] Right)> merges) => new([.. merges.Select(m => $"{Spell(m.Left)} {Spell(m.Right)}")]);

    public static DemoVocabulary Load(string path) => new(File.ReadAllLines(path));

    public void Save(string path) => File.WriteAllText(path, string.Join('\n', _merges) + "\n");

    // GPT-2's byte alphabet: printable bytes stand for themselves, the others for code points from 256 up.
    private static string Spell(byte[] bytes)
    {
        StringBuilder text = new();
        foreach (byte b in bytes) text.Append(Alphabet[b]);
        return text.ToString();
    }

    private static char[] MakeAlphabet()
    {
        char[] alphabet = new char[256];
        int next = 256;
        for (int b = 0; b < 256; b++) alphabet[b] = b is (>= 33 and <= 126) or (>= 161 and <= 172) or (>= 174) ? (char)b : (char)next++;
        return alphabet;
    }
}
