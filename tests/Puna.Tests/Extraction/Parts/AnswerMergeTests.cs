using System.Text;
using System.Text.Json;
using Puna.Extraction.Answers;
using Puna.Extraction.Documents;
using Puna.Extraction.Evidence;
using Puna.Extraction.Parts;

namespace Puna.Tests.Extraction.Parts;

public sealed class AnswerMergeTests
{
    [Theory]
    [InlineData("what is in the document wins", "{\"a\":\"made up\"}", "{\"a\":\"Acme\"}", "{\"a\":\"Acme\"}")]
    [InlineData("the first of two found equally surely wins", "{\"a\":\"Acme\"}", "{\"a\":\"Bolt\"}", "{\"a\":\"Acme\"}")]
    [InlineData("null wins over what is made up", "{\"a\":\"made up\"}", "{\"a\":null}", "{\"a\":null}")]
    [InlineData("a property left out wins over what is made up", "{\"a\":\"made up\",\"b\":\"Acme\"}", "{\"b\":\"Acme\"}", "{\"b\":\"Acme\"}")]
    [InlineData("properties keep the order of the schema", "{\"a\":\"Acme\",\"c\":\"Cord\"}", "{\"a\":\"Acme\",\"b\":\"Bolt\",\"c\":\"Cord\"}", "{\"a\":\"Acme\",\"b\":\"Bolt\",\"c\":\"Cord\"}")]
    [InlineData("arrays are joined, repeats of the overlap once", "[\"Acme\",\"Bolt\"]", "[\"Bolt\",\"Cord\"]", "[\"Acme\",\"Bolt\",\"Cord\"]")]
    [InlineData("repeats inside a part stay", "[\"Acme\",\"Acme\"]", "[\"Cord\"]", "[\"Acme\",\"Acme\",\"Cord\"]")]
    [InlineData("items that are made up go", "[\"made up\"]", "[{\"x\":\"Cord\",\"y\":\"odd\"}]", "[{\"x\":\"Cord\",\"y\":\"odd\"}]")]
    [InlineData("if nothing is found, the first stays", "[\"made\"]", "[\"up\"]", "[\"made\",\"up\"]")]
    [InlineData("inner objects are merged", "{\"o\":{\"x\":\"Acme\",\"y\":null}}", "{\"o\":{\"x\":null,\"y\":\"Bolt\"}}", "{\"o\":{\"x\":\"Acme\",\"y\":\"Bolt\"}}")]
    public void Answers_are_merged_by_the_rule(string rule, string one, string two, string merged)
    {
        Assert.NotEmpty(rule);
        Assert.Equal(merged, Encoding.UTF8.GetString(AnswerMerge.Merge([Answer(one), Answer(two)]).ToJson()));
    }

    [Fact]
    public void The_best_part_is_the_one_with_most_in_the_document() =>
        Assert.Equal("[\"Acme\",\"Bolt\"]", Encoding.UTF8.GetString(AnswerMerge.Best([Answer("[\"Acme\",\"x\"]"), Answer("[\"Acme\",\"Bolt\"]"), Answer("[\"Cord\",\"Bolt\"]")]).ToJson()));

    [Fact]
    public void Confidence_is_the_product_over_the_tokens_of_a_value()
    {
        TokenTrace trace = new();
        foreach ((string text, double probability) in ((string, double)[])[("{\"a\":", 0.1), ("\"Ac", 0.5), ("", 0.5), ("me\"", 0.8), (",\"b\":", 0.1), ("12", 0.9), ("}", 0.1)])
            trace.Add(new Puna.Engine.GenerationStep(1, text, (float)Math.Log(probability), []));

        (string, AnswerLeaf)[] leaves = [.. AnswerReader.Read(trace, Finder).Leaves()];

        Assert.Equal(["/a", "/b"], leaves.Select(leaf => leaf.Item1));
        Assert.Equal(0.5 * 0.5 * 0.8, leaves[0].Item2.Confidence, 5);
        Assert.Equal(0.9, leaves[1].Item2.Confidence, 5);
    }

    private static EvidenceFinder Finder => new(new SourceDocument("a", "Acme Bolt Cord"));

    private static AnswerNode Answer(string json)
    {
        TokenTrace trace = new();
        trace.Add(new Puna.Engine.GenerationStep(1, json, -0.1f, []));
        return AnswerReader.Read(trace, Finder);
    }
}
