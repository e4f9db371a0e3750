using System.Text;
using System.Text.Json;
using Puna.Tokenizers.Bpe;
using Puna.Tokenizers.SentencePiece;

namespace Puna.Tokenizers;

/// <summary>
/// Reads Hugging Face <c>tokenizer.json</c> files with a BPE model: byte-level ones, and SentencePiece ones with byte
/// fallback (Llama 2). Parts of a file this library cannot follow exactly are refused by name, not ignored.
/// </summary>
public static class TokenizerJsonFile
{
    private const int MaxTokens = 1 << 22; // far above any vocabulary; bounds what a wild id can allocate

    /// <summary>Loads a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="bosToken">Name of BOS, from the tokenizer's configuration; by default the file's post-processor tells.</param>
    /// <param name="eosToken">Name of EOS, from the tokenizer's configuration. Ends of generation are found by name in any case.</param>
    /// <exception cref="TokenizerFormatException">The file is malformed or of a kind this library does not know.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static Tokenizer Load(string path, string? bosToken = null, string? eosToken = null) =>
        Parse(File.ReadAllBytes(path), Path.GetFileName(path), bosToken, eosToken);

    /// <summary>As <see cref="Load"/>, from memory.</summary>
    /// <param name="utf8Json">The file's bytes.</param>
    /// <param name="source">Name for messages.</param>
    /// <param name="bosToken">Name of BOS.</param>
    /// <param name="eosToken">Name of EOS.</param>
    public static Tokenizer Parse(ReadOnlyMemory<byte> utf8Json, string source, string? bosToken = null, string? eosToken = null)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(utf8Json);
            return Build(new TokenizerJsonReader(document.RootElement, source), source, bosToken, eosToken);
        }
        catch (JsonException error)
        {
            throw new TokenizerFormatException(source, $"line {error.LineNumber + 1}", "the file is not valid JSON.", error);
        }
    }

    private static Tokenizer Build(TokenizerJsonReader json, string source, string? bosToken, string? eosToken)
    {
        JsonElement model = json.Required(json.Root, "model", "model", JsonValueKind.Object);
        string type = json.OptionalString(model, "type") ?? "BPE";
        if (type != "BPE") throw json.Bad("model.type", $"'{type}' is unknown; BPE can be read.");
        if (json.OptionalString(model, "continuing_subword_prefix") is { Length: > 0 } || json.OptionalString(model, "end_of_word_suffix") is { Length: > 0 })
            throw json.Bad("model", "subword prefixes and word suffixes are not supported.");

        string? unknown = json.OptionalString(model, "unk_token");
        (string? Spelling, TokenKind Kind)[] tokens = ReadTokens(json, model, unknown);
        TokenRoles roles = new()
        {
            Bos = RoleId(json, tokens, bosToken ?? json.TemplateBos()),
            Eos = RoleId(json, tokens, eosToken),
            Unknown = RoleId(json, tokens, unknown),
            AddBos = json.TemplateBos() is not null,
        };

        return json.OptionalBool(model, "byte_fallback") ? BuildSentencePiece(json, source, model, tokens, roles) : BuildBytePair(json, source, model, tokens, roles);
    }

    private static BytePairTokenizer BuildBytePair(
        TokenizerJsonReader json, string source, JsonElement model, (string? Spelling, TokenKind Kind)[] tokens, TokenRoles roles)
    {
        SplitPattern pattern = json.ByteLevelPattern();
        TokenStore.Builder builder = new(tokens.Length);
        Dictionary<string, int> names = [];
        for (int id = 0; id < tokens.Length; id++)
        {
            byte[] spelling = Encoding.UTF8.GetBytes(tokens[id].Spelling ?? "");
            if (tokens[id].Kind == TokenKind.Normal)
            {
                int length = ByteAlphabet.Decode(spelling, builder.Reserve(spelling.Length));
                if (length < 0) throw json.Bad("model.vocab", $"token {id} '{tokens[id].Spelling}' has a character outside the byte alphabet.");
                builder.Commit(length, TokenKind.Normal);
            }
            else
            {
                names.TryAdd(tokens[id].Spelling ?? "", id);
                builder.Add(spelling, tokens[id].Kind);
            }
        }

        TokenStore store = builder.Build();
        TokenIndex index = new(store, kind => kind == TokenKind.Normal);
        PairListMerges merges = new(json.Merges(model, new MergeListParser(source, index, ByteAlphabet.Decode)));
        SpecialTokens special = new(source, store.Count, names, roles);
        return new BytePairTokenizer(source, store, special, index, merges, pattern, json.OptionalBool(model, "ignore_merges"));
    }

    private static SentencePieceTokenizer BuildSentencePiece(
        TokenizerJsonReader json, string source, JsonElement model, (string? Spelling, TokenKind Kind)[] tokens, TokenRoles roles)
    {
        SpacePrefix prefix = json.SentencePiecePrefix();
        SentencePieceVocabulary vocabulary = new(source, tokens.Length);
        foreach ((string? spelling, TokenKind kind) in tokens)
        {
            bool isByte = kind == TokenKind.Normal && spelling is ['<', '0', 'x', _, _, '>'];
            vocabulary.Add(Encoding.UTF8.GetBytes(spelling ?? ""), isByte ? TokenKind.Byte : kind);
        }

        return vocabulary.Build(roles, prefix, index => new PairListMerges(json.Merges(model, new MergeListParser(source, index, SpaceMark.ToSpaces))));
    }

    // Spelling and kind by id; ids that no entry names stay unused.
    private static (string? Spelling, TokenKind Kind)[] ReadTokens(TokenizerJsonReader json, JsonElement model, string? unknown)
    {
        List<(int Id, string Spelling, TokenKind Kind)> entries = [];
        foreach (JsonProperty entry in json.Required(model, "vocab", "model.vocab", JsonValueKind.Object).EnumerateObject())
        {
            TokenKind kind = entry.NameEquals(unknown) ? TokenKind.Unknown : TokenKind.Normal;
            entries.Add((json.Id(entry.Value, "model.vocab", entry.Name, MaxTokens), entry.Name, kind));
        }

        int vocabEntries = entries.Count;
        if (json.Root.TryGetProperty("added_tokens", out JsonElement added) && added.ValueKind == JsonValueKind.Array)
        {
            foreach (JsonElement token in added.EnumerateArray())
            {
                string content = json.Required(token, "content", "added_tokens", JsonValueKind.String).GetString()!;
                TokenKind kind = content == unknown ? TokenKind.Unknown : json.OptionalBool(token, "special") ? TokenKind.Control : TokenKind.UserDefined;
                entries.Add((json.Id(json.Required(token, "id", "added_tokens", JsonValueKind.Number), "added_tokens", content, MaxTokens), content, kind));
            }
        }

        if (entries.Count == 0) throw json.Bad("model.vocab", "the vocabulary is empty.");

        var tokens = new (string? Spelling, TokenKind Kind)[entries.Max(e => e.Id) + 1];
        Array.Fill(tokens, (null, TokenKind.Unused));
        for (int i = 0; i < entries.Count; i++)
        {
            (int id, string spelling, TokenKind kind) = entries[i];
            bool restated = i >= vocabEntries && tokens[id].Spelling == spelling; // added tokens may also stand in the vocabulary
            if (tokens[id].Spelling is string other && !restated) throw json.Bad("model.vocab", $"id {id} is given to both '{other}' and '{spelling}'.");

            tokens[id] = (spelling, kind);
        }

        return tokens;
    }

    private static int? RoleId(TokenizerJsonReader json, (string? Spelling, TokenKind Kind)[] tokens, string? name)
    {
        if (name is null) return null;

        int id = Array.FindIndex(tokens, token => token.Spelling == name && token.Kind != TokenKind.Normal);
        return id >= 0 ? id : throw json.Bad("added_tokens", $"'{name}' has a role but is not among the special tokens.");
    }
}
