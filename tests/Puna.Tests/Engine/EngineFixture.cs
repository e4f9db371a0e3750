using System.Text;
using Puna.Engine;
using Puna.Engine.Sampling;
using Puna.Tests.Models;

namespace Puna.Tests.Engine;

/// <summary>The tiny Llama 4, loaded once for a class of tests, and what they do with engines over it.</summary>
public sealed class EngineFixture : IDisposable
{
    private readonly TinyModelFolder _files = new();

    public EngineFixture() => Model = PunaModel.Load(_files.Llama4, TinyModelFolder.OneThread);

    internal PunaModel Model { get; }

    /// <summary>An engine of its own over the shared weights. Two must not be busy at once: the backend is theirs both.</summary>
    internal InferenceEngine Start(EngineOptions? options = null) =>
        new(Model.Decoder, Model.Tokenizer, options ?? new EngineOptions { ContextLength = 256, RetainedSequences = 0 });

    /// <summary>A request for just <paramref name="maxTokens"/> tokens after <paramref name="prompt"/>.</summary>
    internal GenerationRequest Request(string prompt, int maxTokens, ulong seed = 1) => new()
    {
        Prompt = Model.Tokenizer.Encode(prompt, addBos: true),
        Sampling = new SamplingOptions { Seed = seed },
        MaxTokens = maxTokens,
        IgnoreEndOfGeneration = true,
    };

    internal static async Task<Answer> ReadAsync(Generation generation)
    {
        List<GenerationStep> steps = [];
        StringBuilder text = new();
        await foreach (GenerationStep step in generation.ReadAsync())
        {
            if (step.Id != GenerationStep.NoToken) steps.Add(step);
            text.Append(step.Text);
        }

        return new Answer(generation, [.. steps.Select(s => s.Id)], text.ToString(), steps);
    }

    /// <summary>What a request brings in an engine that serves nothing else.</summary>
    internal async Task<Answer> AloneAsync(GenerationRequest request, EngineOptions? options = null)
    {
        using InferenceEngine engine = Start(options);
        return await ReadAsync(engine.Submit(request));
    }

    public void Dispose()
    {
        Model.Dispose();
        _files.Dispose();
    }

    internal sealed record Answer(Generation Generation, int[] Ids, string Text, List<GenerationStep> Steps);
}
