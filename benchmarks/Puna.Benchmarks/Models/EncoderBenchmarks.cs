using BenchmarkDotNet.Attributes;
using Puna.Compute.Cpu;
using Puna.Models.PromptGuard;
using Puna.Tests.Models.PromptGuard;

namespace Puna.Benchmarks.Models;

/// <summary>
/// A window of a Prompt Guard on two threads, with generated weights in the sizes of the published models. The vocabulary is
/// small: a window reads a row of the embedding per token, whatever its size.
/// </summary>
public class EncoderBenchmarks : IDisposable
{
    private CongruentialWeights? _weights;
    private CpuBackend? _backend;
    private DebertaClassifier? _classifier;
    private int[] _ids = [];

    /// <summary>Parameters without the embedding.</summary>
    [Params("22M", "86M")]
    public string Shape { get; set; } = "22M";

    /// <summary>Tokens of the window.</summary>
    [Params(64, 512)]
    public int Tokens { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        bool small = Shape == "22M";
        DebertaConfig config = new()
        {
            NLayers = 12,
            HiddenSize = small ? 384 : 768,
            NHeads = small ? 6 : 12,
            IntermediateSize = small ? 1536 : 3072,
            VocabSize = 1000,
            MaxPositions = 512,
            PositionBuckets = 256,
            NLabels = 2,
        };
        _weights = new CongruentialWeights(config, scale: 0.05f);
        _backend = new CpuBackend(new CpuBackendOptions { Threads = 2 });
        _classifier = new DebertaClassifier(config, DebertaWeights.Read(_weights, config), _backend, 512);
        _ids = [.. Enumerable.Range(0, Tokens).Select(i => i * 7 % 1000)];
    }

    [Benchmark]
    public float Window() => _classifier!.Classify([_ids])[0][1];

    [GlobalCleanup]
    public void Dispose()
    {
        _classifier?.Dispose();
        _backend?.Dispose();
        _weights?.Dispose();
        GC.SuppressFinalize(this);
    }
}
