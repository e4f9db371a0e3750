using System.Diagnostics;
using System.Text.Json;
using Puna.Server.Requests;
using Puna.Server.Serving;
using Puna.Server.Wire.Ollama;

namespace Puna.Server.Endpoints.Ollama;

/// <summary><c>POST /api/embed</c>, and <c>POST /api/embeddings</c>, its older form.</summary>
internal static class OllamaEmbeddings
{
    internal static async Task EmbedAsync(ApiCall call)
    {
        long begun = Stopwatch.GetTimestamp();
        call.Names = OllamaFields.EmbedNames;
        OllamaEmbedRequest fields = await call.ReadAsync(OllamaJson.Wire.OllamaEmbedRequest).ConfigureAwait(false);
        OllamaFields.Embed.Check(fields.Others);
        LoadedModel served = await call.ModelAsync(fields.Model, KeepAlive.Read(fields.KeepAlive)).ConfigureAwait(false);
        List<int[]> texts = PlainPrompt.ReadAll(fields.Input, "input", served.Model, Embeddings.MaxTexts);
        if (fields.Truncate != false) texts = [.. texts.Select(t => t.Length < served.Model.Engine.ContextLength ? t : t[..(served.Model.Engine.ContextLength - 1)])];
        float[][] vectors = await Embeddings.ComputeAsync(call, served, texts, fields.Dimensions).ConfigureAwait(false);
        await call.WriteAsync(
            new OllamaEmbedReply(served.Id, vectors, Stopwatch.GetElapsedTime(begun).Ticks * TimeSpan.NanosecondsPerTick, call.LoadTime.Ticks * TimeSpan.NanosecondsPerTick, texts.Sum(t => t.Length)), OllamaJson.Wire.OllamaEmbedReply).ConfigureAwait(false);
    }

    internal static async Task EmbedOneAsync(ApiCall call)
    {
        call.Names = OllamaFields.GenerateNames;
        OllamaEmbeddingRequest fields = await call.ReadAsync(OllamaJson.Wire.OllamaEmbeddingRequest).ConfigureAwait(false);
        OllamaFields.Embed.Check(fields.Others);
        LoadedModel served = await call.ModelAsync(fields.Model, KeepAlive.Read(fields.KeepAlive)).ConfigureAwait(false);
        float[][] vectors = await Embeddings.ComputeAsync(call, served, [PlainPrompt.Encode(JsonBody.Needed(fields.Prompt, "prompt"), "prompt", served.Model)], null).ConfigureAwait(false);
        await call.WriteAsync(new OllamaEmbeddingReply(vectors[0]), OllamaJson.Wire.OllamaEmbeddingReply).ConfigureAwait(false);
    }
}
