using System.Text;
using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;
using Puna.Tokenizers;
using Puna.Tokenizers.Bpe;

namespace Puna.Benchmarks.Tokenizers;

/// <summary>
/// Encoding and decoding with the 202,048-entry Llama 4 vocabulary, one thread. The vocabulary file is named by
/// LLAMA4_TOKENIZER, or lies in ../shared/models beside the repository.
/// </summary>
[MemoryDiagnoser]
[Config(typeof(WithThroughput))]
public class TokenizerBenchmarks
{
    private const int TextBytes = 1_000_000;

    private readonly List<int> _output = [];
    private Tokenizer _tokenizer = null!;
    private byte[] _utf8 = [];
    private string _text = "";
    private int[] _ids = [];

    [Params("English", "Code", "Multilingual", "Mixed")]
    public string Text { get; set; } = "";

    [GlobalSetup]
    public void Setup()
    {
        _tokenizer = TiktokenFile.Load(VocabularyFiles.Llama4(), SplitPattern.Llama4);
        _text = SampleText.Create(Text, TextBytes);
        _utf8 = Encoding.UTF8.GetBytes(_text);
        _ids = _tokenizer.Encode(_text, addBos: true);
    }

    [Benchmark(Baseline = true)]
    public int Encode()
    {
        _output.Clear();
        _tokenizer.Encode(_text, addBos: true, parseSpecial: false, _output);
        return _output.Count;
    }

    [Benchmark]
    public int EncodeUtf8()
    {
        _output.Clear();
        _tokenizer.EncodeUtf8(_utf8, addBos: true, parseSpecial: false, _output);
        return _output.Count;
    }

    [Benchmark]
    public int EncodeTrusted()
    {
        _output.Clear();
        _tokenizer.Encode(_text, addBos: true, parseSpecial: true, _output);
        return _output.Count;
    }

    [Benchmark]
    public int StreamingDecode()
    {
        StreamingDecoder decoder = new(_tokenizer);
        int length = 0;
        foreach (int id in _ids) length += decoder.Append(id).Length;
        return length + decoder.Flush().Length;
    }

    private sealed class WithThroughput : ManualConfig
    {
        public WithThroughput() => AddColumn(new ThroughputColumn(_ => TextBytes));
    }
}
