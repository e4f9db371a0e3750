using Puna.Tensors;
using Puna.Training.Export;
using Puna.Training.Model;
using Puna.Training.Numerics;
using Puna.Training.Vocabulary;

namespace Puna.Training.Commands;

/// <summary>
/// Writes a small random model and this program's logits for it, as test data for the engine. Chunks and the temperature floor are
/// so short that a few tokens cross them.
/// </summary>
internal static unsafe class GoldenCommand
{
    private const int Tokens = 24;

    public static void Run(Options options)
    {
        string folder = options.Text("out");
        DemoVocabulary vocabulary = DemoVocabulary.Of([]);
        ParameterLayout layout = new(new ModelShape
        {
            Layers = 4,
            Hidden = 32,
            Heads = 4,
            KvHeads = 2,
            HeadDim = 8,
            Experts = 4,
            ExpertHidden = 32,
            Vocabulary = vocabulary.Tokens.Count,
            Context = 64,
            ChunkSize = 8,
            TemperatureFloor = 6,
            TemperatureScale = 0.3,
        });
        ulong seed = (ulong)options.Int("seed", 11);
        using FloatBuffer weights = layout.Initialize(seed);
        for (int i = 0; i < weights.Length; i++) weights.Data[i] *= 2;
        SeededRandom random = new(seed + 1);
        int[] ids = [.. Enumerable.Range(0, Tokens).Select(_ => random.Next(256))];
        using Network network = new(layout, Tokens);
        using FloatBuffer logits = new((long)Tokens * vocabulary.Tokens.Count);
        network.Forward(weights, new TokenBatch(ids, [Tokens], new float[Tokens]));
        network.Logits(logits.Data);
        Directory.CreateDirectory(folder);
        GgufExporter.Write(Path.Combine(folder, "golden.gguf"), layout, weights, vocabulary, ElementType.F32);
        File.WriteAllText(Path.Combine(folder, "golden-ids.txt"), string.Join(',', ids) + "\n");
        File.WriteAllBytes(Path.Combine(folder, "golden-logits.f32"), System.Runtime.InteropServices.MemoryMarshal.AsBytes(logits.Span).ToArray());
    }
}
