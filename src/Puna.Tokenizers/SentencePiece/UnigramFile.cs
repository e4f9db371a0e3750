using System.Text.Json;

namespace Puna.Tokenizers.SentencePiece;

/// <summary>
/// Reads Hugging Face <c>tokenizer.json</c> files with a Unigram model. Normalizers and splitters are taken from the file;
/// one that is not known is refused by name, since a classifier was trained on just what its file does.
/// </summary>
public static class UnigramFile
{
    private const int MaxBytes = 256 << 20;
    private const double UnknownPenalty = 10;

    /// <summary>Loads a file.</summary>
    /// <exception cref="TokenizerFormatException">The file is malformed or of a kind this library does not know.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static UnigramTokenizer Load(string path)
    {
        if (new FileInfo(path).Length > MaxBytes) throw new TokenizerFormatException(Path.GetFileName(path), "file", $"it is longer than {MaxBytes >> 20} MiB, so it is no tokenizer.");
        return Parse(File.ReadAllBytes(path), Path.GetFileName(path));
    }

    /// <summary>As <see cref="Load"/>, from memory.</summary>
    /// <param name="utf8Json">The file's bytes.</param>
    /// <param name="source">Name for messages.</param>
    public static UnigramTokenizer Parse(ReadOnlyMemory<byte> utf8Json, string source)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(utf8Json);
            return Build(new TokenizerJsonReader(document.RootElement, source));
        }
        catch (JsonException error)
        {
            throw new TokenizerFormatException(source, $"line {error.LineNumber + 1}", "the file is not valid JSON.", error);
        }
    }

    private static UnigramTokenizer Build(TokenizerJsonReader json)
    {
        JsonElement model = json.Required(json.Root, "model", "model", JsonValueKind.Object);
        string? type = json.OptionalString(model, "type");
        if (type != "Unigram") throw json.Bad("model.type", $"'{type}' is not Unigram.");
        if (json.OptionalBool(model, "byte_fallback")) throw json.Bad("model.byte_fallback", "byte fallback is not supported for Unigram.");

        JsonElement vocab = json.Required(model, "vocab", "model.vocab", JsonValueKind.Array);
        List<(string Piece, double Score)> pieces = new(vocab.GetArrayLength());
        foreach (JsonElement entry in vocab.EnumerateArray())
        {
            if (entry.ValueKind != JsonValueKind.Array || entry.GetArrayLength() != 2 || entry[0].ValueKind != JsonValueKind.String
                || entry[1].ValueKind != JsonValueKind.Number || !double.IsFinite(entry[1].GetDouble()))
            {
                throw json.Bad($"model.vocab[{pieces.Count}]", "the entry is not a pair of text and score.");
            }

            pieces.Add((entry[0].GetString()!, entry[1].GetDouble()));
        }

        if (pieces.Count == 0) throw json.Bad("model.vocab", "the vocabulary is empty.");
        int unknown = json.Id(json.Required(model, "unk_id", "model.unk_id", JsonValueKind.Number), "model.unk_id", "unk_id", pieces.Count);
        Dictionary<string, int> special = Special(json, out int vocabSize);
        vocabSize = Math.Max(vocabSize, pieces.Count);
        UnigramTrie trie = new(pieces.Count);
        double lowest = pieces.Min(p => p.Score);
        for (int id = 0; id < pieces.Count; id++)
        {
            if (id != unknown && !special.ContainsKey(pieces[id].Piece)) trie.Add(pieces[id].Piece, id, pieces[id].Score);
        }

        UnigramRoles roles = new(Role(json, special, "[CLS]"), Role(json, special, "[SEP]"), unknown);
        return new UnigramTokenizer(trie, NormalizerReader.Normalizer(json), NormalizerReader.Splitters(json), roles, vocabSize, lowest - UnknownPenalty);
    }

    private static Dictionary<string, int> Special(TokenizerJsonReader json, out int end)
    {
        Dictionary<string, int> special = [];
        end = 0;
        if (!json.Root.TryGetProperty("added_tokens", out JsonElement added) || added.ValueKind != JsonValueKind.Array) return special;
        foreach (JsonElement token in added.EnumerateArray())
        {
            string content = json.Required(token, "content", "added_tokens", JsonValueKind.String).GetString()!;
            int id = json.Id(json.Required(token, "id", "added_tokens", JsonValueKind.Number), "added_tokens", content, 1 << 22);
            end = Math.Max(end, id + 1);
            special[content] = id;
        }

        return special;
    }

    private static int Role(TokenizerJsonReader json, Dictionary<string, int> special, string name) =>
        special.TryGetValue(name, out int id) ? id : throw json.Bad("added_tokens", $"there is no {name}; a classifier's windows begin with [CLS] and end with [SEP].");
}
