using Puna.Compute;
using Puna.Models;
using Puna.Models.Cache;
using Puna.Tensors;

namespace Puna.Tests.Conversion;

/// <summary>Logits of a model file, for comparing two of them.</summary>
internal static class ModelLogits
{
    /// <summary>Logits of every token, one after another.</summary>
    internal static float[] Of(string path, int[] tokens, int firstPos = 0)
    {
        using PunaModel model = PunaModel.Load(path, new PunaModelOptions { Threads = 1 });
        using KvCache cache = model.Decoder.CreateCache(new KvCacheOptions { Type = ElementType.F32 });
        using DecoderState state = model.Decoder.CreateState(tokens.Length, tokens.Length);
        Batch batch = new(tokens.Length);
        int slot = cache.Open(firstPos);
        for (int i = 0; i < tokens.Length; i++) batch.Add(tokens[i], firstPos + i, slot, needsLogits: true);
        model.Decoder.Forward(batch, cache, state);
        return [.. Enumerable.Range(0, tokens.Length).SelectMany(i => model.Decoder.Logits(state, i).ToArray())];
    }

    /// <summary>The largest difference of two sets of logits.</summary>
    internal static float Distance(float[] a, float[] b) => a.Zip(b, (x, y) => MathF.Abs(x - y)).Max();
}
