using Puna.Engine;
using Puna.Server.Batches;
using Puna.Server.Requests;
using Puna.Server.Telemetry;

namespace Puna.Server.Serving;

/// <summary>Embeds the texts of a request, whatever API it came through.</summary>
internal static class Embeddings
{
    /// <summary>Most texts of a request, as at OpenAI.</summary>
    internal const int MaxTexts = 2048;

    /// <summary>An embedding for every text.</summary>
    /// <param name="call">The request.</param>
    /// <param name="served">The model.</param>
    /// <param name="texts">Token ids.</param>
    /// <param name="dimensions">Components to keep; null for all.</param>
    internal static async Task<float[][]> ComputeAsync(ApiCall call, LoadedModel served, IReadOnlyList<int[]> texts, int? dimensions)
    {
        int hiddenSize = served.Model.Config.HiddenSize;
        if (texts.Count > MaxTexts) throw ApiException.Invalid("input", $"input has {texts.Count} texts; at most {MaxTexts} are allowed.");
        if (dimensions < 1 || dimensions > hiddenSize) throw ApiException.Invalid("dimensions", $"dimensions is {dimensions}; allowed: 1 to {hiddenSize}, this model's.");

        Answers.RefuseWhereFull(call, served);
        int tokens = texts.Sum(t => t.Length);
        using OperationRecord record = OperationRecord.Begin(call, served, GenAI.Embeddings, new GenerationRequest { Prompt = [] }, 0, 1, () => tokens);
        try
        {
            float[][] vectors = await ComputeAsync(served.Model, texts, dimensions, call.Batch, call.Cancelled).ConfigureAwait(false);
            record.Complete(tokens);
            return vectors;
        }
        catch (Exception error)
        {
            record.Fail(error);
            throw;
        }
    }

    /// <summary>Hands the texts to the engine a few at a time: all at once they would fill the line for everyone else.</summary>
    private static async Task<float[][]> ComputeAsync(PunaModel model, IReadOnlyList<int[]> texts, int? dimensions, BatchShare? share, CancellationToken cancelled)
    {
        PunaEmbeddingGenerator generator = model.AsEmbeddingGenerator();
        float[][] vectors = new float[texts.Count][];
        ParallelOptions few = new() { MaxDegreeOfParallelism = Math.Max(1, model.Engine.Options.MaxSequences / 2), CancellationToken = cancelled };
        await Parallel.ForAsync(0, texts.Count, few, async (i, cancellation) =>
        {
            Task<float[][]> EmbedAsync() => generator.EmbedAsync([texts[i]], dimensions, cancellation);
            vectors[i] = (await (share is null ? EmbedAsync() : share.RunAsync(EmbedAsync, cancellation)).ConfigureAwait(false))[0];
        }).ConfigureAwait(false);
        return vectors;
    }
}
