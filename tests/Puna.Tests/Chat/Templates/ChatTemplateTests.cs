using System.Text.Json;
using Puna.Chat.Templates;
using Puna.Tests.Chat.Templates.Jinja;

namespace Puna.Tests.Chat.Templates;

public class ChatTemplateTests
{
    public static TheoryData<string, string> Chats
    {
        get
        {
            TheoryData<string, string> chats = [];
            foreach (JsonElement chat in GoldenFile.Committed.Chats.EnumerateArray())
                chats.Add(chat.GetProperty("template").GetString()!, chat.GetProperty("conversation").GetString()!);
            return chats;
        }
    }

    [Theory, MemberData(nameof(Chats))]
    public void Typed_input_renders_as_the_same_conversation_in_python(string template, string conversation)
    {
        JsonElement expected = GoldenFile.Committed.Chats.EnumerateArray().Single(c =>
            c.GetProperty("template").GetString() == template && c.GetProperty("conversation").GetString() == conversation);
        ChatTemplate parsed = ChatTemplate.Parse(GoldenFile.Committed.Template(template));
        ChatTemplateInput input = GoldenConversation.Input(conversation);

        if (expected.TryGetProperty("output", out JsonElement output)) Assert.Equal(output.GetString(), parsed.Render(input).Text);
        else Assert.Throws<ChatTemplateException>(() => parsed.Render(input));
    }

    [Fact]
    public void Exception_of_the_template_carries_its_words_and_place()
    {
        ChatTemplate template = ChatTemplate.Parse("a\n{{ raise_exception('No ' ~ messages[0].role) }}");
        ChatTemplateException e = Assert.Throws<ChatTemplateException>(() => template.Render(new ChatTemplateInput { Messages = [new("user", "x")] }));

        Assert.Equal(ChatTemplateErrorKind.Raised, e.Kind);
        Assert.Equal("No user", e.Reason);
        Assert.Equal(2, e.Line);
        Assert.StartsWith("('No '", e.Excerpt, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{% if x %}\n  {{ 1 + }}\n{% endif %}", 2, 10)]
    [InlineData("{{ x | nonsense }}", 1, 8)]
    [InlineData("ok\r\n{% include 'x' %}", 2, 4)]
    [InlineData("{% for x in y %}", 1, 17)]
    [InlineData("{{ 'open }}", 1, 4)]
    public void Syntax_errors_name_line_and_column(string source, int line, int column)
    {
        ChatTemplateException e = Assert.Throws<ChatTemplateException>(() => ChatTemplate.Parse(source));

        Assert.Equal((ChatTemplateErrorKind.Syntax, line, column), (e.Kind, e.Line, e.Column));
    }

    [Fact]
    public void Undefined_values_are_named()
    {
        ChatTemplateException e = Assert.Throws<ChatTemplateException>(
            () => ChatTemplate.Parse("{{ tool.name }}").Render(new ChatTemplateInput { Messages = [] }));

        Assert.Equal(ChatTemplateErrorKind.Undefined, e.Kind);
        Assert.Contains("'tool' is undefined", e.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("llama4", true, true, true, true)]
    [InlineData("llama3", false, false, false, true)]
    [InlineData("zephyr", false, false, true, false)]
    [InlineData("qwen", true, true, true, false)]
    public void Capabilities_tell_what_the_template_mentions(string name, bool tools, bool toolCalls, bool system, bool typed)
    {
        ChatTemplateCapabilities capabilities = ChatTemplate.Parse(GoldenFile.Committed.Template(name)).Capabilities;

        Assert.Equal((tools, toolCalls, system, typed), (capabilities.Tools, capabilities.ToolCalls, capabilities.SystemRole, capabilities.TypedContent));
        Assert.True(capabilities.GenerationPrompt);
    }

    [Fact]
    public void Clock_of_the_input_is_the_only_clock()
    {
        ChatTemplateInput input = new() { Messages = [], Clock = GoldenFile.Clock };

        Assert.Equal("05 Mar 2026", ChatTemplate.Parse("{{ strftime_now('%d %b %Y') }}").Render(input).Text);
    }

    [Fact]
    public void One_template_renders_from_several_threads()
    {
        ChatTemplate template = ChatTemplate.Parse(GoldenFile.Committed.Template("llama4"));
        string expected = template.Render(GoldenConversation.Input("called_answered")).Text;
        string[] texts = new string[64];
        Parallel.For(0, texts.Length, i => texts[i] = template.Render(GoldenConversation.Input("called_answered")).Text);

        Assert.All(texts, text => Assert.Equal(expected, text));
    }
}
