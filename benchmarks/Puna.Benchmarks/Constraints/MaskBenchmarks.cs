using System.Text;
using BenchmarkDotNet.Attributes;
using Puna.Benchmarks.Tokenizers;
using Puna.Engine.Constraints;
using Puna.Tokenizers;
using Puna.Tokenizers.Bpe;

namespace Puna.Benchmarks.Constraints;

/// <summary>
/// The masks of one answer over the 202,048-entry Llama 4 vocabulary, one thread: from a constraint just compiled (all masks are new), and
/// from one that has been used. Times are of the whole answer; <see cref="Answer"/>'s tokens are its masks.
/// </summary>
[MemoryDiagnoser]
public class MaskBenchmarks
{
    private const string Answer = """{"id": 4711, "title": "A kettle that sings, \"softly\"", "tags": ["kitchen", "steam"], "price": 24.5, "maker": {"name": "Hearth & Co", "since": "1987-03-14"}}""";

    private const string Schema = """
        {"type": "object", "properties": {"id": {"type": "integer", "minimum": 1}, "title": {"type": "string", "maxLength": 120},
         "tags": {"type": "array", "items": {"type": "string"}, "uniqueItems": true, "maxItems": 8}, "price": {"type": "number", "minimum": 0},
         "maker": {"type": "object", "properties": {"name": {"type": "string"}, "since": {"type": "string", "format": "date"}}, "required": ["name"]}},
         "required": ["id", "title", "price"], "additionalProperties": false}
        """;

    private Tokenizer _tokenizer = null!;
    private int[] _ids = [];
    private Constraint _used = null!;
    private int _compiled;

    [GlobalSetup]
    public void Setup()
    {
        _tokenizer = TiktokenFile.Load(VocabularyFiles.Llama4(), SplitPattern.Llama4);
        List<int> ids = [];
        _tokenizer.EncodeUtf8(Encoding.UTF8.GetBytes(Answer), addBos: false, parseSpecial: false, ids);
        _ids = [.. ids];
        _used = Constraint.FromJsonSchema(Schema);
        Masks(_used);
        Console.WriteLine($"{_ids.Length} masks an answer");
    }

    // A comment makes another schema of it, so that the one compiled before is not found again.
    [Benchmark]
    public Constraint Compile() => Constraint.FromJsonSchema(Schema.Replace("\"type\": \"object\", \"properties\": {\"id\"", $"\"$comment\": \"{_compiled++}\", \"type\": \"object\", \"properties\": {{\"id\"", StringComparison.Ordinal));

    [Benchmark]
    public int CompileAndMakeAllMasks() => Masks(Compile());

    [Benchmark(Baseline = true)]
    public int UseMasks() => Masks(_used);

    private int Masks(Constraint constraint)
    {
        ConstraintState state = constraint.Start(_tokenizer, _tokenizer.VocabSize);
        int words = 0;
        foreach (int id in _ids)
        {
            words += state.AllowedTokens().Length;
            if (!state.TryAccept(id)) throw new InvalidOperationException($"token {id} of the answer is not allowed.");
        }

        return words;
    }
}
