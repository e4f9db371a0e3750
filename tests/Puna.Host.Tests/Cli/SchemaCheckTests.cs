using System.Text.Json.Nodes;
using Puna.Cli.Extraction;

namespace Puna.Host.Tests.Cli;

public sealed class SchemaCheckTests
{
    [Theory]
    [InlineData("""{"type": 5}""", "'/type'")]
    [InlineData("""{"type": [null]}""", "'/type'")]
    [InlineData("""{"required": [1]}""", "'/required'")]
    [InlineData("""{"properties": {"a": {"items": {"type": {}}}}}""", "'/properties/a/items/type'")]
    public void A_schema_that_cannot_be_read_is_refused_with_its_place(string schema, string place) =>
        Assert.StartsWith(place, SchemaCheck.Fault(JsonNode.Parse(schema)), StringComparison.Ordinal);

    [Fact]
    public void What_is_not_checked_is_told() => Assert.Equal(["format", "additionalProperties"],
        SchemaCheck.Unchecked(JsonNode.Parse("""{"type": "object", "properties": {"a": {"format": "date"}}, "additionalProperties": {"type": "string"}}""")).OrderDescending());
}
