using System.Runtime.InteropServices;
using System.Text.Json;
using Puna.Server.Requests;
using Puna.Server.Serving;
using Puna.Server.Wire.OpenAI;

namespace Puna.Server.Endpoints.OpenAI;

/// <summary><c>POST /v1/embeddings</c>.</summary>
internal static class EmbeddingEndpoint
{
    /// <summary>Known fields that are ignored.</summary>
    internal static OtherFields Others { get; } = new(OtherField.Ignored("user", "keys tell callers apart"));

    private static readonly FieldNames Names = new((FieldNames.Prompt, "input"));

    internal static async Task HandleAsync(ApiCall call)
    {
        call.Names = Names;
        EmbeddingRequest fields = await call.ReadAsync(OpenAIJson.Wire.EmbeddingRequest).ConfigureAwait(false);
        Others.Check(fields.Others);
        if (fields.EncodingFormat is not (null or "float" or "base64")) throw ApiException.Invalid("encoding_format", $"encoding_format is '{fields.EncodingFormat}'; allowed: float, base64.");

        LoadedModel served = await call.ModelAsync(fields.Model).ConfigureAwait(false);
        List<int[]> texts = PlainPrompt.ReadAll(fields.Input, "input", served.Model, Embeddings.MaxTexts);
        float[][] vectors = await Embeddings.ComputeAsync(call, served, texts, fields.Dimensions).ConfigureAwait(false);
        int tokens = texts.Sum(t => t.Length);
        bool isBase64 = fields.EncodingFormat == "base64";
        await call.WriteAsync(
            new EmbeddingList("list", [.. vectors.Select((v, i) => new EmbeddingObject("embedding", i, isBase64 ? Base64(v) : JsonSerializer.SerializeToElement(v, OpenAIJson.Wire.SingleArray)))], served.Id, new EmbeddingUsage(tokens, tokens)),
            OpenAIJson.Wire.EmbeddingList).ConfigureAwait(false);
    }

    private static JsonElement Base64(float[] vector) => JsonSerializer.SerializeToElement(Convert.ToBase64String(MemoryMarshal.AsBytes(vector.AsSpan())), OpenAIJson.Wire.String);
}
