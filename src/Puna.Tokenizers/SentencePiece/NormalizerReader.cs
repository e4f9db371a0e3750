using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Puna.Tokenizers.SentencePiece.Normalizers;
using Puna.Tokenizers.SentencePiece.Splitters;

namespace Puna.Tokenizers.SentencePiece;

/// <summary>Builds the normalizer and the splitters that a <c>tokenizer.json</c> describes.</summary>
internal static class NormalizerReader
{
    private const int MaxDepth = 8;

    internal static INormalizer? Normalizer(TokenizerJsonReader json) =>
        json.Root.TryGetProperty("normalizer", out JsonElement value) && value.ValueKind != JsonValueKind.Null ? Normalizer(json, value, "normalizer", 0) : null;

    internal static IReadOnlyList<ISplitter> Splitters(TokenizerJsonReader json)
    {
        List<ISplitter> splitters = [];
        if (json.Root.TryGetProperty("pre_tokenizer", out JsonElement value) && value.ValueKind != JsonValueKind.Null) AddSplitter(json, value, "pre_tokenizer", 0, splitters);
        return splitters;
    }

    private static INormalizer Normalizer(TokenizerJsonReader json, JsonElement step, string place, int depth)
    {
        switch (Type(json, step, place, depth))
        {
            case "Sequence":
                return new SequenceNormalizer([.. json.Required(step, "normalizers", place, JsonValueKind.Array).EnumerateArray()
                    .Select((inner, i) => Normalizer(json, inner, $"{place}.normalizers[{i}]", depth + 1))]);
            case "NFC": return new FormNormalizer(NormalizationForm.FormC);
            case "NFD": return new FormNormalizer(NormalizationForm.FormD);
            case "NFKC": return new FormNormalizer(NormalizationForm.FormKC);
            case "NFKD": return new FormNormalizer(NormalizationForm.FormKD);
            case "Lowercase": return new LowercaseNormalizer();
            case "StripAccents": return new StripAccentsNormalizer();
            case "Nmt": return new NmtNormalizer();
            case "Strip":
                return new StripNormalizer(json.OptionalBool(step, "strip_left", absent: true), json.OptionalBool(step, "strip_right", absent: true));
            case "Prepend":
                return new PrependNormalizer(json.Required(step, "prepend", place, JsonValueKind.String).GetString()!);
            case "Replace":
                return new ReplaceNormalizer(Pattern(json, step, place), json.Required(step, "content", place, JsonValueKind.String).GetString()!);
            case "Precompiled":
                return Precompiled(json, step, place);
            case var other:
                throw json.Bad(place, $"the normalizer '{other}' is not supported; a classifier would see other text than it was trained on.");
        }
    }

    private static void AddSplitter(TokenizerJsonReader json, JsonElement step, string place, int depth, List<ISplitter> output)
    {
        switch (Type(json, step, place, depth))
        {
            case "Sequence":
                int i = 0;
                foreach (JsonElement inner in json.Required(step, "pretokenizers", place, JsonValueKind.Array).EnumerateArray())
                    AddSplitter(json, inner, $"{place}.pretokenizers[{i++}]", depth + 1, output);
                break;
            case "Metaspace":
                output.Add(Metaspace(json, step, place));
                break;
            case "WhitespaceSplit":
                output.Add(new PatternSplitter(Compile(json, @"\s+", place), SplitBehavior.Removed, invert: false));
                break;
            case "Whitespace":
                output.Add(new PatternSplitter(Compile(json, @"\w+|[^\w\s]+", place), SplitBehavior.Removed, invert: true));
                break;
            case "Punctuation":
                output.Add(new PatternSplitter(Compile(json, @"[!-/:-@\[-`{-~\p{P}]", place), Behavior(json, step, place, "Isolated"), invert: false));
                break;
            case "Digits":
                output.Add(new PatternSplitter(Compile(json, @"\p{N}", place), json.OptionalBool(step, "individual_digits") ? SplitBehavior.Isolated : SplitBehavior.Contiguous, invert: false));
                break;
            case "Split":
                output.Add(new PatternSplitter(Pattern(json, step, place), Behavior(json, step, place, null), json.OptionalBool(step, "invert")));
                break;
            case var other:
                throw json.Bad(place, $"the step '{other}' is not supported; a classifier would see other text than it was trained on.");
        }
    }

    private static MetaspaceSplitter Metaspace(TokenizerJsonReader json, JsonElement step, string place)
    {
        if (json.OptionalString(step, "replacement") is { } mark && mark != "\u2581") throw json.Bad(place + ".replacement", $"'{mark}' is not supported; U+2581 is.");

        SpacePrefix prefix = json.OptionalString(step, "prepend_scheme") switch
        {
            "always" => SpacePrefix.EveryFragment,
            "first" => SpacePrefix.FirstFragment,
            "never" => SpacePrefix.None,
            null => json.OptionalBool(step, "add_prefix_space", absent: true) ? SpacePrefix.EveryFragment : SpacePrefix.None,
            string other => throw json.Bad(place + ".prepend_scheme", $"'{other}' is unknown; always, first and never are known."),
        };
        return new MetaspaceSplitter(prefix, json.OptionalBool(step, "split", absent: true));
    }

    private static PrecompiledNormalizer Precompiled(TokenizerJsonReader json, JsonElement step, string place)
    {
        JsonElement map = json.Required(step, "precompiled_charsmap", place, JsonValueKind.String);
        if (!map.TryGetBytesFromBase64(out byte[]? bytes)) throw json.Bad(place, "precompiled_charsmap is not base64.");
        try
        {
            return PrecompiledNormalizer.Parse(bytes);
        }
        catch (FormatException error)
        {
            throw new TokenizerFormatException(json.Source, place, error.Message, error);
        }
    }

    private static Regex Pattern(TokenizerJsonReader json, JsonElement step, string place)
    {
        JsonElement pattern = json.Required(step, "pattern", place, JsonValueKind.Object);
        if (json.OptionalString(pattern, "String") is { Length: > 0 } text) return Compile(json, Regex.Escape(text), place);
        return Compile(json, json.OptionalString(pattern, "Regex") ?? throw json.Bad(place + ".pattern", "there is neither 'String' nor 'Regex'."), place);
    }

    /// <summary>Patterns come from a file and run over users' text, so only those are taken whose time is linear in it.</summary>
    private static Regex Compile(TokenizerJsonReader json, string pattern, string place)
    {
        try
        {
            return new Regex(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }
        catch (Exception error) when (error is ArgumentException or NotSupportedException)
        {
            throw new TokenizerFormatException(json.Source, place + ".pattern", $"the pattern {pattern} cannot be run: {error.Message}", error);
        }
    }

    private static SplitBehavior Behavior(TokenizerJsonReader json, JsonElement step, string place, string? absent)
    {
        string? name = json.OptionalString(step, "behavior") ?? absent;
        return Enum.TryParse(name, out SplitBehavior behavior) && name!.All(char.IsAsciiLetter)
            ? behavior
            : throw json.Bad(place + ".behavior", string.Create(CultureInfo.InvariantCulture, $"'{name}' is unknown."));
    }

    private static string Type(TokenizerJsonReader json, JsonElement step, string place, int depth)
    {
        if (step.ValueKind != JsonValueKind.Object) throw json.Bad(place, "the step is not an object.");
        if (depth > MaxDepth) throw json.Bad(place, $"steps are nested more than {MaxDepth} deep.");
        return json.OptionalString(step, "type") ?? throw json.Bad(place, "the step has no 'type'.");
    }
}
