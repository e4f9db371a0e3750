using System.Text;
using BenchmarkDotNet.Attributes;
using Puna.Tokenizers;
using Puna.Tokenizers.Bpe;

namespace Puna.Benchmarks.Tokenizers;

/// <summary>
/// Building the 202,048-entry Llama 4 tokenizer from GGUF-shaped arrays, with the 439,802 merges such files carry and
/// without, and from Meta's file.
/// </summary>
[MemoryDiagnoser]
public class VocabularyLoadBenchmarks
{
    private string _path = "";
    private GgufVocabulary _withMerges = null!;
    private GgufVocabulary _withoutMerges = null!;

    [GlobalSetup]
    public void Setup()
    {
        _path = VocabularyFiles.Llama4();
        Tokenizer tokenizer = TiktokenFile.Load(_path, SplitPattern.Llama4);
        string[] spellings = [.. Enumerable.Range(0, tokenizer.VocabSize).Select(id =>
            tokenizer.IsSpecial(id) ? Encoding.UTF8.GetString(tokenizer.GetTokenBytes(id)) : ByteAlphabet.Encode(tokenizer.GetTokenBytes(id)))];
        _withoutMerges = new GgufVocabulary
        {
            Model = "gpt2",
            Pre = "llama4",
            Tokens = Utf8(spellings),
            TokenTypes = Enumerable.Range(0, tokenizer.VocabSize).Select(id => (int)tokenizer.GetKind(id)).ToArray(),
            BosId = tokenizer.BosId,
            EosId = tokenizer.EosId,
        };
        _withMerges = _withoutMerges with { Merges = Utf8([.. EveryMerge([.. spellings.Where((_, id) => !tokenizer.IsSpecial(id))])]) };
    }

    [Benchmark(Baseline = true)]
    public int Gguf() => GgufTokenizerLoader.Load(_withMerges, "llama4.gguf").VocabSize;

    [Benchmark]
    public int GgufWithoutMerges() => GgufTokenizerLoader.Load(_withoutMerges, "llama4.gguf").VocabSize;

    [Benchmark]
    public int Tiktoken() => TiktokenFile.Load(_path, SplitPattern.Llama4).VocabSize;

    // For every token in rank order, every split into two tokens, by the ranks of the parts.
    private static IEnumerable<string> EveryMerge(string[] ranked)
    {
        Dictionary<string, int> ranks = ranked.Select((token, rank) => (token, rank)).ToDictionary(p => p.token, p => p.rank);
        return ranked.SelectMany(token => Enumerable.Range(1, token.Length - 1)
            .Where(cut => ranks.ContainsKey(token[..cut]) && ranks.ContainsKey(token[cut..]))
            .OrderBy(cut => ranks[token[..cut]])
            .Select(cut => $"{token[..cut]} {token[cut..]}"));
    }

    private static ReadOnlyMemory<byte>[] Utf8(string[] texts) => [.. texts.Select(text => new ReadOnlyMemory<byte>(Encoding.UTF8.GetBytes(text)))];
}
