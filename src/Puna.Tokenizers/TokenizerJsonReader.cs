using System.Text;
using System.Text.Json;
using Puna.Tokenizers.Bpe;
using Puna.Tokenizers.SentencePiece;

namespace Puna.Tokenizers;

/// <summary>Reads the parts of a <c>tokenizer.json</c> document and names the field of whatever is wrong with them.</summary>
internal readonly struct TokenizerJsonReader(JsonElement root, string source)
{
    public JsonElement Root => root;

    /// <summary>Name of the file, for messages.</summary>
    public string Source => source;

    public TokenizerFormatException Bad(string place, string problem) => new(source, place, problem);

    public JsonElement Required(JsonElement parent, string name, string place, JsonValueKind kind)
    {
        if (parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out JsonElement value) && value.ValueKind == kind) return value;

        throw Bad(place, $"'{name}' is missing or is not of JSON type {kind}.");
    }

    public string? OptionalString(JsonElement parent, string name)
    {
        if (!parent.TryGetProperty(name, out JsonElement value) || value.ValueKind == JsonValueKind.Null) return null;

        return value.ValueKind == JsonValueKind.String ? value.GetString() : throw Bad(name, $"JSON type {value.ValueKind} where a string is due.");
    }

    public bool OptionalBool(JsonElement parent, string name, bool absent = false)
    {
        if (!parent.TryGetProperty(name, out JsonElement value) || value.ValueKind == JsonValueKind.Null) return absent;

        return value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : throw Bad(name, $"JSON type {value.ValueKind} where true or false is due.");
    }

    public int Id(JsonElement value, string place, string token, int limit)
    {
        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int id) && id >= 0 && id < limit) return id;

        throw Bad(place, $"the id of '{token}' is not a number from 0 to {limit - 1}.");
    }

    /// <summary>The merges as ids; both the string form <c>"a b"</c> and the pair form <c>["a", "b"]</c>.</summary>
    public List<(int Left, int Right, int Result)> Merges(JsonElement model, MergeListParser parser)
    {
        JsonElement merges = Required(model, "merges", "model.merges", JsonValueKind.Array);
        List<(int, int, int)> result = new(merges.GetArrayLength());
        foreach (JsonElement merge in merges.EnumerateArray())
        {
            bool isPair = merge.ValueKind == JsonValueKind.Array && merge.GetArrayLength() == 2
                && merge[0].ValueKind == JsonValueKind.String && merge[1].ValueKind == JsonValueKind.String;
            if (isPair) result.Add(parser.Resolve(Utf8(merge[0]), Utf8(merge[1]), result.Count));
            else if (merge.ValueKind == JsonValueKind.String) result.Add(parser.Resolve(Utf8(merge), result.Count));
            else throw Bad($"model.merges[{result.Count}]", "the merge is neither a string nor a pair of strings.");
        }

        return result;

        static byte[] Utf8(JsonElement text) => Encoding.UTF8.GetBytes(text.GetString()!);
    }

    /// <summary>The special token a template post-processor puts first, if there is one.</summary>
    public string? TemplateBos()
    {
        foreach (JsonElement step in Steps("post_processor", "processors"))
        {
            if (OptionalString(step, "type") != "TemplateProcessing") continue;

            JsonElement single = Required(step, "single", "post_processor", JsonValueKind.Array);
            if (single.GetArrayLength() > 0 && single[0].ValueKind == JsonValueKind.Object && single[0].TryGetProperty("SpecialToken", out JsonElement token))
                return Required(token, "id", "post_processor.single[0]", JsonValueKind.String).GetString();
        }

        return null;
    }

    /// <summary>How a byte-level vocabulary splits text.</summary>
    public SplitPattern ByteLevelPattern()
    {
        if (Steps("normalizer", "normalizers").Count > 0) throw Bad("normalizer", "a byte-level vocabulary with a normalizer is not supported.");

        SplitPattern? pattern = null;
        bool byteLevel = false;
        foreach (JsonElement step in Steps("pre_tokenizer", "pretokenizers"))
        {
            string? type = OptionalString(step, "type");
            if (type == "Split" && pattern is null) pattern = Pattern(step);
            else if (type == "ByteLevel" && !byteLevel) byteLevel = true;
            else throw Bad("pre_tokenizer", $"step '{type}' is not supported here; a Split followed by ByteLevel is.");

            if (type != "ByteLevel") continue;
            if (OptionalBool(step, "add_prefix_space", absent: true)) throw Bad("pre_tokenizer.add_prefix_space", "a prefix space is not supported for byte-level vocabularies.");
            if (!OptionalBool(step, "use_regex", absent: true)) continue;
            if (pattern is not null) throw Bad("pre_tokenizer.use_regex", "two split patterns, one after the other, are not supported.");
            pattern = SplitPattern.Gpt2;
        }

        if (!byteLevel || pattern is null) throw Bad("pre_tokenizer", "no ByteLevel step with a split pattern.");
        return pattern.Value;
    }

    /// <summary>Where a SentencePiece vocabulary puts a space in front of text.</summary>
    public SpacePrefix SentencePiecePrefix()
    {
        SpacePrefix prefix = SpacePrefix.None;
        bool marksSpaces = false;
        foreach (JsonElement step in Steps("normalizer", "normalizers"))
        {
            string? type = OptionalString(step, "type");
            if (type == "Prepend" && OptionalString(step, "prepend") == "\u2581") prefix = SpacePrefix.EveryFragment;
            else if (type == "Replace" && OptionalString(Required(step, "pattern", "normalizer.pattern", JsonValueKind.Object), "String") == " "
                && OptionalString(step, "content") == "\u2581") marksSpaces = true;
            else throw Bad("normalizer", $"step '{type}' is not supported here; Prepend and Replace that write spaces as U+2581 are.");
        }

        foreach (JsonElement step in Steps("pre_tokenizer", "pretokenizers"))
        {
            string? type = OptionalString(step, "type");
            if (type != "Metaspace" || OptionalString(step, "replacement") != "\u2581")
                throw Bad("pre_tokenizer", $"step '{type}' is not supported here; Metaspace with U+2581 is.");

            marksSpaces = true;
            prefix = OptionalString(step, "prepend_scheme") switch
            {
                "always" => SpacePrefix.EveryFragment,
                "first" => SpacePrefix.FirstFragment,
                "never" => SpacePrefix.None,
                null => OptionalBool(step, "add_prefix_space", absent: true) ? SpacePrefix.EveryFragment : SpacePrefix.None,
                string other => throw Bad("pre_tokenizer.prepend_scheme", $"'{other}' is unknown; always, first and never are known."),
            };
        }

        return marksSpaces ? prefix : throw Bad("normalizer", "nothing writes spaces as U+2581, so this is not a SentencePiece vocabulary; it cannot be read.");
    }

    private SplitPattern Pattern(JsonElement split)
    {
        string regex = OptionalString(Required(split, "pattern", "pre_tokenizer.pattern", JsonValueKind.Object), "Regex")
            ?? throw Bad("pre_tokenizer.pattern", "no 'Regex'.");
        string? behavior = OptionalString(split, "behavior");
        bool invert = OptionalBool(split, "invert");
        if (!(behavior == "Isolated" && !invert) && !(behavior == "Removed" && invert))
            throw Bad("pre_tokenizer.behavior", $"'{behavior}' with invert {invert} is not supported; Isolated is.");

        return SplitPatterns.Find(regex) ?? throw Bad("pre_tokenizer.pattern", $"the pattern is not Llama 3's, Llama 4's or GPT-2's: {regex}");
    }

    // The steps of a component, whether it is a sequence, a single step or absent.
    private List<JsonElement> Steps(string component, string listName)
    {
        if (!root.TryGetProperty(component, out JsonElement value) || value.ValueKind == JsonValueKind.Null) return [];
        if (value.ValueKind != JsonValueKind.Object) throw Bad(component, $"JSON type {value.ValueKind} where an object is due.");
        if (OptionalString(value, "type") != "Sequence") return [value];

        List<JsonElement> steps = [.. Required(value, listName, component, JsonValueKind.Array).EnumerateArray()];
        return steps.TrueForAll(step => step.ValueKind == JsonValueKind.Object) ? steps : throw Bad(component, "a step is not an object.");
    }
}
