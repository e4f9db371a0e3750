using System.Text.Json;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Puna.Safety;
using Puna.Safety.LlamaGuard;
using Puna.Safety.Streams;
using Puna.Server.Requests;
using Puna.Server.Serving;
using Puna.Server.Wire.OpenAI;

namespace Puna.Server.Endpoints.OpenAI;

/// <summary><c>POST /v1/moderations</c>: texts judged by the Llama Guard of the safety policy, each alone.</summary>
internal static class Moderations
{
    private const int MaxInputs = 64;
    private const float Flagged = 0.5f; // where the guard's own answer turns

    /// <summary>Every category is asked for, so that each has a score.</summary>
    private static readonly LlamaGuardThresholds AskAlways = new() { User = 0, Agent = 0 };

    private static readonly OtherFields Others = new(OtherField.Ignored("user", "keys tell callers apart"));

    internal static async Task HandleAsync(ApiCall call)
    {
        ModerationRequest fields = await call.ReadAsync(OpenAIJson.Wire.ModerationRequest).ConfigureAwait(false);
        Others.Check(fields.Others);
        if (fields.Input is null == fields.Messages is null) throw ApiException.Invalid("input", "Give either input or messages.", "missing_field");

        IReadOnlyList<GuardMessage>[] inputs = fields.Messages is null ? Inputs(fields.Input!.Value) : [[.. OpenAIMessages.Read(fields.Messages).Select(GuardMessage.From)]];
        using SafetySession? session = call.Options.Safety?.Begin(call.Http.TraceIdentifier);
        LlamaGuardModel guard = session?.Policy.Guard
            ?? throw new ApiException(new ApiError(501, "no_guard", "This server has no Llama Guard to judge by. Start it with --policy and a policy that names one under /models."));
        ModerationLine line = call.Http.RequestServices.GetRequiredService<ModerationLine>();
        ModerationResult[] results = new ModerationResult[inputs.Length];
        using (line.Enter(call.Options.MaxWaiting))
        {
            for (int i = 0; i < inputs.Length; i++)
            {
                IReadOnlyList<GuardMessage> input = inputs[i];
                LlamaGuardVerdict verdict = await line.RunAsync(() => Judge(guard, input, call.Cancelled), call.Cancelled).ConfigureAwait(false);
                call.Caller?.Charge(verdict.PromptTokens);
                results[i] = Result(guard, verdict);
            }
        }

        await call.WriteAsync(new ModerationReply(Identifiers.New("modr-"), fields.Model ?? LlamaGuardKinds.Names[(int)guard.Kind], results), OpenAIJson.Wire.ModerationReply).ConfigureAwait(false);
    }

    private static LlamaGuardVerdict Judge(LlamaGuardModel guard, IReadOnlyList<GuardMessage> messages, CancellationToken cancellation)
    {
        try
        {
            return guard.Judge(messages, guard.Options.Prompt, AskAlways, cancellation);
        }
        catch (GuardFailureException error)
        {
            throw new ApiException(new ApiError(503, "guard_failed", $"The guard gave no verdict, which must not pass as safe: {error.Message}"));
        }
        catch (ArgumentException error)
        {
            throw ApiException.Invalid("messages", error.Message);
        }
    }

    private static ModerationResult Result(LlamaGuardModel guard, LlamaGuardVerdict verdict)
    {
        bool flagged = verdict.Probability >= Flagged;
        string[] codes = flagged ? [.. verdict.Codes] : [];
        IReadOnlyDictionary<string, float> scores = verdict.CategoryScores;
        return new ModerationResult(
            flagged,
            ModerationCategories.All.ToDictionary(c => c.Name, c => c.IsTold && c.Codes.Any(codes.Contains)),
            ModerationCategories.All.ToDictionary(c => c.Name, c => c.Codes.Max(code => scores.GetValueOrDefault(code))),
            ModerationCategories.All.ToDictionary(c => c.Name, _ => (string[])["text"]),
            new LlamaGuardOut(flagged ? "unsafe" : "safe", verdict.Probability, codes, [.. codes.Select(NameOf)], scores, guard.Identity, LlamaGuardKinds.Names[(int)guard.Kind]));
    }

    private static string NameOf(string code) => LlamaGuardCategory.Hazards.FirstOrDefault(c => c.Code == code)?.Name ?? code;

    private static IReadOnlyList<GuardMessage>[] Inputs(JsonElement input)
    {
        if (input.ValueKind == JsonValueKind.String) return [[User(input.GetString()!, "input")]];
        if (input.ValueKind != JsonValueKind.Array || input.GetArrayLength() == 0) throw ApiException.Invalid("input", "input is a string, a list of strings, or a list of parts.", "invalid_type");
        if (input.GetArrayLength() > MaxInputs) throw ApiException.Invalid("input", $"input has {input.GetArrayLength()} items; at most {MaxInputs} are judged at once.");
        if (input[0].ValueKind == JsonValueKind.Object) return [[User(string.Join('\n', input.EnumerateArray().Select(Part)), "input")]];
        return [.. input.EnumerateArray().Select((item, i) => (IReadOnlyList<GuardMessage>)[item.ValueKind == JsonValueKind.String ? User(item.GetString()!, $"input[{i}]") : throw ApiException.Invalid($"input[{i}]", $"input[{i}] is {JsonBody.Kind(item)}; a string is needed.", "invalid_type")])];
    }

    private static GuardMessage User(string text, string place) => string.IsNullOrWhiteSpace(text) ? throw ApiException.Invalid(place, $"{place} is empty; there is nothing to judge.") : new GuardMessage("user", text);

    private static string Part(JsonElement part, int i)
    {
        string? type = part.ValueKind == JsonValueKind.Object && part.TryGetProperty("type", out JsonElement named) ? named.ToString() : null;
        if (type != "text") throw ApiException.Unsupported($"input[{i}]", $"input[{i}] is of the type '{type}'; the guard judges text alone here, and what it has not seen must not pass as safe.");
        return part.TryGetProperty("text", out JsonElement text) && text.ValueKind == JsonValueKind.String ? text.GetString()! : throw ApiException.Invalid($"input[{i}].text", $"input[{i}].text is missing, or no string.", "missing_field");
    }
}
