using Puna.Compute;
using Puna.Compute.Cpu;
using Puna.Compute.Reference;
using Puna.Formats.Gguf;
using Puna.Loading;
using Puna.Models;
using Puna.Models.Cache;
using Puna.Tensors;

namespace Puna.Tests.Fidelity;

/// <summary>A <see cref="RandomModel"/> opened as any model file is, settings and all.</summary>
internal sealed class RandomModelFile : IDisposable
{
    private readonly GgufFile _file;
    private readonly IBackend _backend;

    /// <summary>Loads a model.</summary>
    /// <param name="folder">Where it is, or will be written.</param>
    /// <param name="model">The model.</param>
    /// <param name="backend"><c>reference</c> or <c>cpu</c>.</param>
    /// <param name="threads">Threads of the CPU backend.</param>
    internal RandomModelFile(RandomModelFolder folder, RandomModel model, string backend, int threads = 2)
    {
        (string path, Decoded) = folder.Get(model);
        _file = GgufFile.Open(path);
        _backend = backend == "reference" ? new ReferenceBackend() : new CpuBackend(new CpuBackendOptions { Threads = threads });
        DecoderConfig config = new GgufConfigReader(_file, correctEarlyScoutRope: false).Read();
        Decoder = new Decoder(config, DecoderWeights.Read(new FileWeights(_file), WeightNames.Gguf, config), _backend);
    }

    /// <summary>The weights in the file, decoded, by name.</summary>
    internal IReadOnlyDictionary<string, double[]> Decoded { get; }

    internal Decoder Decoder { get; }

    /// <summary>Logits of every token of one sequence, computed <paramref name="chunk"/> tokens at a time with an F32 cache.</summary>
    internal float[][] Logits(int[] tokens, int firstPos = 0, int chunk = int.MaxValue, int pageTokens = 64)
    {
        using KvCache cache = Decoder.CreateCache(new KvCacheOptions { Type = ElementType.F32, PageTokens = pageTokens });
        return Continue(cache, cache.Open(firstPos), tokens, chunk);
    }

    /// <summary>Appends tokens to an open sequence, <paramref name="chunk"/> at a time, and returns the logits of each.</summary>
    internal float[][] Continue(KvCache cache, int slot, int[] tokens, int chunk = int.MaxValue)
    {
        chunk = Math.Min(chunk, tokens.Length);
        using DecoderState state = Decoder.CreateState(chunk, chunk);
        Batch batch = new(chunk);
        List<float[]> logits = [];
        foreach (int[] piece in tokens.Chunk(chunk))
        {
            batch.Clear();
            int pos = cache.NextPos(slot);
            foreach (int token in piece) batch.Add(token, pos++, slot, needsLogits: true);
            logits.AddRange(Step(cache, state, batch));
        }

        return [.. logits];
    }

    /// <summary>One forward pass; logits of the rows that asked for them.</summary>
    internal float[][] Step(KvCache cache, DecoderState state, Batch batch)
    {
        Decoder.Forward(batch, cache, state);
        float[][] logits = new float[batch.LogitRows.Length][];
        for (int i = 0; i < logits.Length; i++) logits[i] = Decoder.Logits(state, i).ToArray();
        return logits;
    }

    /// <summary>Ids below the vocabulary's size; the same for the same seed.</summary>
    internal static int[] RandomTokens(RandomModel model, int count, int seed = 7)
    {
        Random random = new(seed);
        return [.. Enumerable.Range(0, count).Select(_ => random.Next(model.VocabSize))];
    }

    public void Dispose()
    {
        Decoder.Dispose();
        _backend.Dispose();
        _file.Dispose();
    }
}
