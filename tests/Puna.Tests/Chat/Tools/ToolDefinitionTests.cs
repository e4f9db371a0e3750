using System.Text.Json;
using Puna.Chat.Tools;

namespace Puna.Tests.Chat.Tools;

public sealed class ToolDefinitionTests
{
    [Fact]
    public void A_template_sees_it_as_other_stacks_write_it()
    {
        ToolDefinition tool = new("roll", "Rolls \"dice\"", JsonElement.Parse("""{"type": "object", "properties": {"sides": {"type": "integer"}}, "required": ["sides"]}"""));

        Assert.True(JsonElement.DeepEquals(JsonElement.Parse("""
            {"type": "function", "function": {"name": "roll", "description": "Rolls \"dice\"",
             "parameters": {"type": "object", "properties": {"sides": {"type": "integer"}}, "required": ["sides"]}}}
            """), tool.ToJson()));
        Assert.Equal("""{"type":"function","function":{"name":"now","parameters":{"type":"object","properties":{}}}}""", new ToolDefinition("now").ToJson().GetRawText());
    }

    [Theory]
    [InlineData("", "name")]
    [InlineData("two words", "name")]
    [InlineData("f(", "name")]
    [InlineData("naïve", "name")]
    public void A_name_that_could_not_be_called_is_refused(string name, string member) =>
        Assert.Equal(member, Assert.Throws<ToolDefinitionException>(() => new ToolDefinition(name)).Member);

    [Theory]
    [InlineData("[]", "parameters", "an array")]
    [InlineData("\"x\"", "parameters", "a string")]
    [InlineData("false", "parameters", "true or false")]
    [InlineData("""{"type": "string"}""", "parameters.type", "\"object\" is needed")]
    [InlineData("""{"type": ["object", "null"]}""", "parameters.type", "\"object\" is needed")]
    [InlineData("""{"properties": []}""", "parameters.properties", "an array")]
    [InlineData("""{"properties": {"a": 5}}""", "parameters.properties.a", "a number")]
    [InlineData("""{"required": "a"}""", "parameters.required", "list of names")]
    [InlineData("""{"required": [1]}""", "parameters.required", "list of names")]
    [InlineData("""{"properties": {"a": {"description": "\ud83d"}}}""", "parameters.properties.a.description", "surrogate")]
    public void A_schema_that_is_none_is_refused_by_place(string schema, string member, string words)
    {
        ToolDefinitionException error = Assert.Throws<ToolDefinitionException>(() => new ToolDefinition("f", null, JsonElement.Parse(schema)));

        Assert.Equal(member, error.Member);
        Assert.Contains(words, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Size_and_depth_are_bounded()
    {
        string deep = string.Concat(Enumerable.Repeat("""{"items":""", ToolDefinition.MaxSchemaDepth)) + "{}" + new string('}', ToolDefinition.MaxSchemaDepth);
        string large = $$"""{"description": "{{new string('x', ToolDefinition.MaxSchemaLength)}}"}""";

        Assert.Contains("deep", Assert.Throws<ToolDefinitionException>(() => new ToolDefinition("f", null, JsonElement.Parse(deep))).Message, StringComparison.Ordinal);
        Assert.Contains("characters", Assert.Throws<ToolDefinitionException>(() => new ToolDefinition("f", null, JsonElement.Parse(large))).Message, StringComparison.Ordinal);
        Assert.Throws<ToolDefinitionException>(() => new ToolDefinition(new string('f', ToolDefinition.MaxNameLength + 1)));
    }
}
