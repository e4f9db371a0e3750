using Microsoft.Extensions.AI;
using Puna.Engine;

namespace Puna;

/// <summary>
/// A model as an embedding generator: the mean of a text's final hidden states, of length 1. Texts are computed side by side
/// and in line with the model's chats; an embedding does not depend on what runs beside it. Llama models are not trained for
/// embeddings: those of like texts are alike, but a model made for it tells texts apart better. Safe for concurrent callers.
/// </summary>
public sealed class PunaEmbeddingGenerator : IEmbeddingGenerator<string, Embedding<float>>
{
    private readonly EmbeddingGeneratorMetadata _metadata;

    internal PunaEmbeddingGenerator(PunaModel model)
    {
        Model = model;
        _metadata = new EmbeddingGeneratorMetadata("puna", defaultModelId: model.Name, defaultModelDimensions: model.Config.HiddenSize);
    }

    /// <summary>The model that reads the texts. It outlives the generator.</summary>
    public PunaModel Model { get; }

    /// <summary>An embedding for every text, in order.</summary>
    /// <param name="values">The texts. Special tokens spelled out in them are text.</param>
    /// <param name="options">How, or null. <see cref="EmbeddingGenerationOptions.Dimensions"/> keeps that many components, of length 1 again.</param>
    /// <param name="cancellationToken">Stops the computation.</param>
    /// <exception cref="UnsupportedChatFeatureException">An option asks for what cannot be done.</exception>
    /// <exception cref="PromptTooLongException">A text fills the context.</exception>
    /// <exception cref="ArgumentException">A text is empty, and the model has no token that begins one.</exception>
    public async Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(
        IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(values);
        Check(options);
        int[][] texts = [.. values.Select(v => Model.Tokenizer.Encode(v, Model.AddsBos))];
        float[][] vectors = await EmbedAsync(texts, options?.Dimensions, cancellationToken).ConfigureAwait(false);
        DateTimeOffset created = DateTimeOffset.UtcNow;
        int tokens = texts.Sum(t => t.Length);
        return new GeneratedEmbeddings<Embedding<float>>(vectors.Select(v => new Embedding<float>(v) { CreatedAt = created, ModelId = Model.Name }))
        {
            Usage = new UsageDetails { InputTokenCount = tokens, TotalTokenCount = tokens },
        };
    }

    /// <summary>An embedding for every text of tokens, in order, [dimensions] each.</summary>
    /// <param name="texts">Token ids.</param>
    /// <param name="dimensions">Components to keep; null for all.</param>
    /// <param name="cancellationToken">Stops the computation.</param>
    /// <exception cref="PromptTooLongException">A text fills the context.</exception>
    /// <exception cref="ArgumentException">A text is empty, an id is outside the vocabulary, or there are not as many components.</exception>
    public async Task<float[][]> EmbedAsync(IReadOnlyList<int[]> texts, int? dimensions = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(texts);
        if (dimensions < 1 || dimensions > Model.Config.HiddenSize)
            throw new ArgumentOutOfRangeException(nameof(dimensions), dimensions, $"This model's embeddings have {Model.Config.HiddenSize} components; 1 to as many can be kept.");

        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task<float[]>[] computed = [.. texts.Select(t => Model.Engine.EmbedAsync(t, stop.Token))];
        try
        {
            await foreach (Task<float[]> ended in Task.WhenEach(computed).ConfigureAwait(false)) await ended.ConfigureAwait(false);
            return [.. computed.Select(c => Normalised(c.Result.AsSpan(0, dimensions ?? c.Result.Length)))];
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false); // where one failed, nobody wants the others
        }
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        if (serviceKey is not null) return null;
        if (serviceType == typeof(EmbeddingGeneratorMetadata)) return _metadata;
        if (serviceType == typeof(PunaModel)) return Model;
        return serviceType.IsInstanceOfType(this) ? this : null;
    }

    /// <summary>Nothing to do: the model is not the generator's own.</summary>
    public void Dispose()
    {
    }

    private void Check(EmbeddingGenerationOptions? options)
    {
        if (options?.ModelId is { } asked && asked != Model.Name && asked != Model.Path)
            throw new UnsupportedChatFeatureException($"{nameof(EmbeddingGenerationOptions)}.{nameof(EmbeddingGenerationOptions.ModelId)}", $"'{asked}' is asked for, and this generator has '{Model.Name}'. Leave it null, or load the other model.");
        if (options?.AdditionalProperties is { Count: > 0 } others)
            throw new UnsupportedChatFeatureException($"{nameof(EmbeddingGenerationOptions)}.{nameof(EmbeddingGenerationOptions.AdditionalProperties)}", $"'{others.First().Key}' is not known. Leave it out.");
        if (options?.RawRepresentationFactory is not null)
            throw new UnsupportedChatFeatureException($"{nameof(EmbeddingGenerationOptions)}.{nameof(EmbeddingGenerationOptions.RawRepresentationFactory)}", "there is no other form of this request. Leave it null.");
    }

    private static float[] Normalised(ReadOnlySpan<float> vector)
    {
        double square = 0;
        foreach (float x in vector) square += (double)x * x;
        float[] result = vector.ToArray();
        float length = (float)Math.Sqrt(square);
        for (int i = 0; length > 0 && i < result.Length; i++) result[i] /= length;
        return result;
    }
}
