using System.Text.Json;
using Puna.Chat.Templates;

namespace Puna.Tests.Chat.Templates;

/// <summary>Hostile templates end with a typed error, soon, on an ordinary thread.</summary>
public class ChatTemplateLimitsTests
{
    private static readonly ChatTemplateLimits Small = new() { MaxSteps = 200_000, MaxTextLength = 1 << 20, MaxTextWork = 8 << 20 };

    public static TheoryData<string> HostileTemplates =>
    [
        "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
        "{{ range(100001) }}", "{{ range(0, 10 ** 30) | list }}", "{{ 'x' * 10 ** 9 }}", "{{ [1] * 10 ** 9 }}", "{{ 10 ** 10 ** 10 ** 100 }}", "{{ 9 ** 9 ** 9 ** 99 }}",
        "{% set ns = namespace(s='xxxxxxxx') %}{% for i in range(99) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}",
        "{% set ns = namespace(s='xxxxxxxx') %}{% for i in range(99) %}{% set ns.s = ns.s | replace('x', ns.s) %}{% endfor %}",
        "{% set ns = namespace(s=[1, 2]) %}{% for i in range(99) %}{% set ns.s = ns.s + ns.s %}{% endfor %}",
        "{% set ns = namespace(s=[]) %}{% for i in range(9999) %}{% set ns.s = [ns.s] %}{% endfor %}{{ ns.s }}",
        "{% set ns = namespace(s={}) %}{% for i in range(9999) %}{% set ns.s = {'a': ns.s} %}{% endfor %}{{ ns.s | tojson }}",
        "{% set ns = namespace(s=[1]) %}{% for i in range(9999) %}{% set ns.s = ns.s | map('string') %}{% endfor %}{{ ns.s | list }}",
        "{% set ns = namespace(s=[1, 1]) %}{% for i in range(60) %}{% set ns.s = [ns.s, ns.s] %}{% endfor %}{{ ns.s }}",
        "{% set ns = namespace(s=[1, 1], t=[1, 1]) %}{% for i in range(60) %}{% set ns.s = [ns.s, ns.s] %}{% set ns.t = [ns.t, ns.t] %}{% endfor %}{{ ns.s == ns.t }}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "{% macro m() %}{{ n() }}{% endmacro %}{% macro n() %}{{ m() }}{% endmacro %}{{ m() }}",
        "{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}", "{% macro m(d) %}{{ m(d) }}{{ m(d) }}{% endmacro %}{{ m(1) }}",
        "{{ 'x' | center(10 ** 9) }}", "{{ 'x'.ljust(10 ** 9) }}", "{{ 'x'.zfill(10 ** 9) }}", "{{ '%1000000000d' % 1 }}", "{{ '%.1000000000f' % 1 }}", "{{ '%*d' % (1000000000, 1) }}", "{{ '{:1000000000}'.format(1) }}",
        "{{ '\\t'.expandtabs(10 ** 9) }}", "{{ 'a\\nb' | indent(10 ** 9) }}", "{{ [[1]] | tojson(indent=10 ** 9) }}", "{{ [1] | batch(10 ** 9, 'x') | list }}", "{{ [1] | slice(10 ** 9) | list }}",
        "{% set s = 'a' * 500000 %}{{ ('b' + 'a' * 250000) in s }}{{ s.count('a' * 1000 ~ 'b') }}", "{% set s = 'a' * 1000000 %}{% for i in range(99) %}{{ s | upper | length }}{% endfor %}",
        "{% set c = cycler(1) %}{% for i in range(99999) %}{% for j in range(9) %}{{ c.next() }}{% endfor %}{% endfor %}",
        "{% for i in range(99999) %}{{ range(99999) | sum }}{% endfor %}", "{{ range(99999) | map('string') | join(' ' * 1000) }}",
    ];

    [Theory, MemberData(nameof(HostileTemplates))]
    public void Hostile_template_reaches_a_limit(string source)
    {
        ChatTemplate template = ChatTemplate.Parse(source, Small);
        ChatTemplateException e = Assert.Throws<ChatTemplateException>(() => template.Render(new ChatTemplateInput { Messages = [] }));

        Assert.Equal(ChatTemplateErrorKind.Limit, e.Kind);
    }

    public static TheoryData<string> DeepSources =>
    [
        Deep("(", "1", ")"), Deep("[", "1", "]"), Deep("{'a': ", "1", "}"), Deep("not ", "1", ""), Deep("- ", "1", ""), Deep("f(", "1", ")"), Deep("x[", "1", "]"), Deep("1 if 1 else ", "1", ""),
        Deep("1 + ", "1", ""), Deep("1 ** ", "1", ""), Deep("x or ", "1", ""), Deep("", "x", ".a"), Deep("", "x", " | trim"), Deep("", "x", "[0]"), Deep("", "x", "()"), Deep("", "1", " if 1"),
        string.Concat(Enumerable.Repeat("{% if 1 %}", 50_000)), string.Concat(Enumerable.Repeat("{% for x in y %}", 50_000)), string.Concat(Enumerable.Repeat("{% macro m() %}", 50_000)),
        "{% set " + new string('(', 50_000) + "a" + new string(')', 50_000) + " = 1 %}", "{% filter trim" + string.Concat(Enumerable.Repeat(" | trim", 50_000)) + " %}{% endfilter %}",
    ];

    [Theory, MemberData(nameof(DeepSources))]
    public void Deep_nesting_is_refused_on_a_small_stack(string source)
    {
        ChatTemplateException? caught = null;
        Thread thread = new(() => caught = Record.Exception(() => ChatTemplate.Parse(source).Render(new ChatTemplateInput { Messages = [] })) as ChatTemplateException, 256 * 1024);
        thread.Start();
        thread.Join();

        Assert.NotNull(caught);
        Assert.Equal(ChatTemplateErrorKind.Limit, caught.Kind);
    }

    [Fact]
    public void Source_longer_than_the_limit_is_refused() =>
        Assert.Equal(
            ChatTemplateErrorKind.Limit,
            Assert.Throws<ChatTemplateException>(() => ChatTemplate.Parse(new string('x', 101), new ChatTemplateLimits { MaxSourceLength = 100 })).Kind);

    [Fact]
    public void Integer_beyond_the_limit_in_the_source_is_refused() =>
        Assert.Equal(ChatTemplateErrorKind.Syntax, Assert.Throws<ChatTemplateException>(() => ChatTemplate.Parse("{{ " + new string('9', 50_000) + " }}")).Kind);

    [Fact]
    public void Input_that_nests_too_deeply_is_refused()
    {
        JsonElement deep = JsonDocument.Parse(new string('[', 300) + new string(']', 300), new JsonDocumentOptions { MaxDepth = 1000 }).RootElement;
        ChatTemplateInput input = new() { Messages = [], Tools = [deep] };

        Assert.Equal(ChatTemplateErrorKind.Limit, Assert.Throws<ChatTemplateException>(() => ChatTemplate.Parse("x").Render(input)).Kind);
    }

    [Fact]
    public void Long_conversations_stay_inside_the_default_limits()
    {
        TemplateMessage[] messages = [.. Enumerable.Range(0, 2000).Select(i => new TemplateMessage(i % 2 == 0 ? "user" : "assistant", new string('x', 5000)))];
        RenderedPrompt prompt = ChatTemplate.Parse(Jinja.GoldenFile.Committed.Template("llama4")).Render(new ChatTemplateInput { Messages = messages });

        Assert.True(prompt.Text.Length > 10_000_000);
    }

    [Fact]
    public void Templates_cannot_change_the_values_they_are_given()
    {
        ChatTemplate template = ChatTemplate.Parse("{% set _ = messages.append(1) %}");
        ChatTemplateException e = Assert.Throws<ChatTemplateException>(() => template.Render(new ChatTemplateInput { Messages = [] }));

        Assert.Equal(ChatTemplateErrorKind.Security, e.Kind);
    }

    private static string Deep(string open, string middle, string close) =>
        "{{ " + string.Concat(Enumerable.Repeat(open, 50_000)) + middle + string.Concat(Enumerable.Repeat(close, 50_000)) + " }}";
}
