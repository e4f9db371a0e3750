using System.CommandLine;
using System.Text.Json;
using Puna.Safety.LlamaGuard;

namespace Puna.Cli.Guarding;

/// <summary>Options about the prompt of a Llama Guard, the same in every command that writes one.</summary>
internal sealed class LlamaGuardCliOptions
{
    private const long MaxBytes = 1 << 20;

    private readonly Option<string> _flavor = new("--flavor") { Description = "Published form of Llama Guard 4's prompt", DefaultValueFactory = _ => "huggingface" };
    private readonly Option<string?> _categories = new("--categories") { Description = "JSON file of categories to judge by: {\"S1\": \"Name\"} or {\"S1\": {\"name\": …, \"description\": …}} (default: the model's own)" };
    private readonly Option<string?> _exclude = new("--exclude") { Description = "Codes of categories to leave out, such as S5,S13" };
    private readonly Option<bool> _verbatim = new("--verbatim") { Description = "Leave text alone that imitates the prompt's own lines; it can then end the conversation or speak for another" };

    internal LlamaGuardCliOptions(Command command)
    {
        _flavor.AcceptOnlyFromAmong("huggingface", "meta-docs");
        Kind.AcceptOnlyFromAmong([.. LlamaGuardKinds.Names, "llama-guard-3-11b"]);
        command.Add(Kind);
        command.Add(_flavor);
        command.Add(_categories);
        command.Add(_exclude);
        command.Add(_verbatim);
    }

    /// <summary>Which generation of Llama Guard.</summary>
    internal Option<string?> Kind { get; } = new("--model-kind") { Description = "Generation of Llama Guard" };

    /// <summary>How a guard model is loaded.</summary>
    internal LlamaGuardOptions ReadOptions(ParseResult parsed) => new()
    {
        Kind = parsed.GetValue(Kind) is { } kind ? LlamaGuardKinds.Parse(kind) : null,
        Prompt = Read(parsed),
    };

    internal LlamaGuardPromptOptions Read(ParseResult parsed) => new()
    {
        Flavor = parsed.GetValue(_flavor) == "meta-docs" ? LlamaGuardFlavor.MetaDocs : LlamaGuardFlavor.HuggingFace,
        Categories = parsed.GetValue(_categories) is { } file ? ReadCategories(file) : null,
        ExcludedCategories = parsed.GetValue(_exclude)?.Split([',', ' '], StringSplitOptions.RemoveEmptyEntries) is { } codes ? Known(codes) : [],
        GuardMarkers = !parsed.GetValue(_verbatim),
    };

    private static string[] Known(string[] codes) =>
        codes.FirstOrDefault(c => c is not ['S', .. { Length: 1 or 2 } digits] || !digits.All(char.IsAsciiDigit)) is { } wrong
            ? throw new UsageException($"--exclude {wrong}: codes are S and a number, such as S5.")
            : codes;

    private static List<LlamaGuardCategory> ReadCategories(string path)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(InputFile.ReadBytes(path, MaxBytes), new JsonDocumentOptions { AllowDuplicateProperties = false });
            if (document.RootElement.ValueKind != JsonValueKind.Object) throw new UsageException($"{path}: give an object of categories such as {{\"S1\": \"Violent Crimes\"}}.");
            return [.. document.RootElement.EnumerateObject().Select(entry => Category(path, entry))];
        }
        catch (JsonException error)
        {
            throw new UsageException($"{path}: line {error.LineNumber + 1} is not readable as JSON: {InputFile.Reason(error)}.");
        }
    }

    private static LlamaGuardCategory Category(string path, JsonProperty entry)
    {
        string? description = null;
        JsonElement name = entry.Value;
        if (entry.Value.ValueKind == JsonValueKind.Object)
        {
            entry.Value.TryGetProperty("name", out name);
            if (entry.Value.TryGetProperty("description", out JsonElement given))
                description = given.ValueKind == JsonValueKind.String ? given.GetString() : throw new UsageException($"{path}: {entry.Name}.description is no text.");
        }

        return name.ValueKind == JsonValueKind.String
            ? new LlamaGuardCategory(entry.Name, name.GetString()!.TrimEnd('.'), description) // the prompt writes the full stop itself
            : throw new UsageException($"{path}: {entry.Name} has no name: give a text, or an object with name and description.");
    }
}
