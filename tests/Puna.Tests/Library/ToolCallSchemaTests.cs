using System.Text;
using System.Text.Json;
using Puna.Chat.Tools;
using Puna.Engine.Constraints;
using Puna.Prompting;

namespace Puna.Tests.Library;

public sealed class ToolCallSchemaTests(TinyChatFixture fixture) : IClassFixture<TinyChatFixture>
{
    private static readonly ToolDefinition[] Tools =
    [
        new("tree", null, JsonElement.Parse("""{"properties": {"left": {"$ref": "#"}, "leaf": {"$ref": "#/$defs/leaf"}}, "$defs": {"leaf": {"type": "integer"}}}""")),
        new("list", null, JsonElement.Parse("""{"properties": {"leaf": {"$ref": "#/$defs/leaf"}}, "required": ["leaf"], "$defs": {"leaf": {"type": "string"}}}""")),
        new("none"),
    ];

    [Theory]
    [InlineData("""{"name": "tree", "parameters": {"left": {"leaf": 1}}}""", true)]
    [InlineData("""{"name": "tree", "parameters": {"leaf": "a"}}""", false)] // the other tool's definition of leaf
    [InlineData("""{"name": "tree", "parameters": {"left": {"leaf": "a"}}}""", false)]
    [InlineData("""{"name": "list", "parameters": {"leaf": "a"}}""", true)]
    [InlineData("""{"name": "list", "parameters": {"leaf": 1}}""", false)]
    [InlineData("""{"name": "list", "parameters": {}}""", false)]
    [InlineData("""{"name": "list", "parameters": {"leaf": "a", "more": 1}}""", false)]
    [InlineData("""{"name": "none", "parameters": {}}""", true)]
    [InlineData("""{"name": "none", "parameters": 1}""", false)]
    [InlineData("""{"name": "other", "parameters": {}}""", false)]
    [InlineData("""{"name": "none"}""", false)]
    [InlineData("""[1]""", false)]
    [InlineData("""{"answer": [1]}""", false)]
    public void Each_tools_references_stay_its_own(string text, bool isAllowed) =>
        Assert.Equal(isAllowed, Accepts(ToolCallSchema.Write(Tools), text));

    [Theory]
    [InlineData("""{"name": "none", "parameters": {}}""", true)]
    [InlineData("""{"answer": [1]}""", true)]
    [InlineData("""{"answer": ["a"]}""", false)]
    public void An_answer_of_a_schema_stands_beside_calls(string text, bool isAllowed)
    {
        JsonElement answer = JsonElement.Parse("""{"type": "object", "properties": {"answer": {"type": "array", "items": {"$ref": "#/$defs/leaf"}}}, "required": ["answer"], "additionalProperties": false, "$defs": {"leaf": {"type": "integer"}}}""");

        Assert.Equal(isAllowed, Accepts(ToolCallSchema.Write(Tools, answer), text));
    }

    private bool Accepts(string schema, string text) => new ConstraintProbe(fixture.Model.Tokenizer).Accepts(Constraint.FromJsonSchema(schema), Encoding.UTF8.GetBytes(text));
}
