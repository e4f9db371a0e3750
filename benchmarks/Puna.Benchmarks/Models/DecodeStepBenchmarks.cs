using BenchmarkDotNet.Attributes;
using Puna.Compute;
using Puna.Engine.Sampling;
using Puna.Models;
using Puna.Models.Cache;
using Puna.Tests.Models;

namespace Puna.Benchmarks.Models;

/// <summary>
/// One decode step of a tiny random model, from token to token: what it allocates on the managed heap must be 0. The
/// sequence starts over every 8192 steps, so that new pages are taken while it is measured.
/// </summary>
[MemoryDiagnoser]
public class DecodeStepBenchmarks
{
    private const int Restart = 8192;

    private readonly string _path = Path.Combine(Path.GetTempPath(), $"puna-decode-{Environment.ProcessId}.gguf");
    private PunaModel? _model;
    private KvCache? _cache;
    private DecoderState? _state;
    private Sampler? _sampler;
    private Batch? _batch;
    private int _slot;
    private int _token;

    [Params(false, true)]
    public bool Llama4 { get; set; }

    [Params(1, 2)]
    public int Threads { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        (Llama4 ? TinyModel.Llama4 : TinyModel.Llama).Write(_path);
        _model = PunaModel.Load(_path, new PunaModelOptions { Threads = Threads });
        _cache = _model.Decoder.CreateCache(new KvCacheOptions());
        _state = _model.Decoder.CreateState(1, 1);
        _batch = new Batch(1);
        _sampler = new Sampler(SamplingDefaults.Options with { Seed = 1 }, _model.Config.VocabSize, maxTokens: 1 << 20);
        _slot = _cache.Open();
        _cache.EnsureCapacity(_slot, Restart);
        for (int i = 0; i < 16; i++) Step(); // every buffer is there, and the first page
    }

    [Benchmark]
    public int Step()
    {
        if (_cache!.NextPos(_slot) == Restart) _cache.Truncate(_slot, 0);

        _batch!.Clear();
        _batch.Add(_token, _cache.NextPos(_slot), _slot, needsLogits: true);
        _model!.Decoder.Forward(_batch, _cache, _state!);
        _token = _sampler!.Sample(_model.Decoder.Logits(_state!, 0)).Id;
        _sampler.Accept(_token);
        return _token;
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        _state?.Dispose();
        _cache?.Dispose();
        _model?.Dispose();
        File.Delete(_path);
    }
}
