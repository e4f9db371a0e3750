using System.Text.Json;
using Puna.Chat.Templates;
using Puna.Chat.Tools;

namespace Puna.Tests.Chat.Tools;

public sealed class ToolPromptTests
{
    private static readonly JsonElement[] Tools = [new ToolDefinition("roll", "Rolls dice").ToJson(), JsonElement.Parse("""{"name": "bare"}""")];

    private static readonly TemplateToolCall First = new("roll", JsonElement.Parse("""{"sides": 6, "why": "it's \"fun\" é", "deep": {"a": [true, null]}}"""), "1");
    private static readonly TemplateToolCall Second = new("roll", JsonElement.Parse("{}"), "2");

    [Theory]
    [InlineData(ToolPromptForm.Pythonic, "[name1(argument1=value1")]
    [InlineData(ToolPromptForm.Json, "{\"name\": function name, \"parameters\"")]
    public void Definitions_come_first_in_the_system_message(ToolPromptForm form, string asked)
    {
        IReadOnlyList<TemplateMessage> added = ToolPrompt.WithDefinitions([new("user", "hi")], Tools, form);
        IReadOnlyList<TemplateMessage> joined = ToolPrompt.WithDefinitions([new("system", "Be brief."), new("user", "hi")], Tools, form);

        Assert.Equal(["system", "user"], added.Select(m => m.Role));
        Assert.Contains(asked, added[0].Content, StringComparison.Ordinal);
        Assert.Contains("        \"name\": \"roll\",\n        \"description\": \"Rolls dice\",", added[0].Content, StringComparison.Ordinal); // the function itself
        Assert.Contains("\"name\": \"bare\"", added[0].Content, StringComparison.Ordinal);
        Assert.Equal(2, joined.Count);
        Assert.Equal($"{added[0].Content}\n\nBe brief.", joined[0].Content);
    }

    [Theory, InlineData(ToolPromptForm.Pythonic), InlineData(ToolPromptForm.Json)]
    public void Calls_of_the_past_read_back_as_they_were(ToolPromptForm form)
    {
        TemplateMessage calls = new("assistant", "") { ToolCalls = [First, Second] };

        IReadOnlyList<TemplateMessage> written = ToolPrompt.WithCallsAsText([new("user", "hi"), calls, new("tool", "4") { ToolCallId = "1" }], form);

        Assert.Equal(["user", "assistant", "ipython"], written.Select(m => m.Role));
        Assert.Null(written[1].ToolCalls);
        ToolCallReader reader = new(["roll"]);
        ToolCall?[] read = [.. reader.Append(written[1].Content).Select(p => p.Call)];
        Assert.Equal(["roll", "roll"], read.Select(c => c!.Name));
        Assert.True(JsonElement.DeepEquals(First.Arguments, read[0]!.Arguments));
        Assert.True(JsonElement.DeepEquals(Second.Arguments, read[1]!.Arguments));
    }

    [Fact]
    public void Calls_can_be_given_a_message_each_with_its_result()
    {
        TemplateMessage[] conversation =
        [
            new("user", "hi"), new("assistant", "well") { ToolCalls = [First, Second] },
            new("tool", "two") { ToolCallId = "2" }, new("tool", "one") { ToolCallId = "1" }, new("tool", "whose?") { ToolCallId = "9" }, new("assistant", "done"),
        ];

        IReadOnlyList<TemplateMessage> split = ToolPrompt.WithOneCallAMessage(conversation);

        Assert.Equal(["hi", "well", "one", "", "two", "whose?", "done"], split.Select(m => m.Content!));
        Assert.Equal([First], split[1].ToolCalls!);
        Assert.Equal([Second], split[3].ToolCalls!);
    }
}
