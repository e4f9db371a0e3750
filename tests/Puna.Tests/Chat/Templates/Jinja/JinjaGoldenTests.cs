using System.Text.Json;

namespace Puna.Tests.Chat.Templates.Jinja;

public class JinjaGoldenTests
{
    public static TheoryData<string> Groups =>
        [.. GoldenFile.Committed.Cases.EnumerateArray().Select(c => c.GetProperty("group").GetString()!).Distinct()];

    public static TheoryData<string> Templates =>
        [.. GoldenFile.Committed.Chats.EnumerateArray().Select(c => c.GetProperty("template").GetString()!).Distinct()];

    [Theory, MemberData(nameof(Groups))]
    public void Renders_as_jinja2_does(string group)
    {
        GoldenFile golden = GoldenFile.Committed;
        List<string> differences = [.. golden.Cases.EnumerateArray()
            .Where(c => c.GetProperty("group").GetString() == group)
            .Select(c => GoldenFile.Difference(c, c.GetProperty("template").GetString()!, golden.World))
            .OfType<string>()];

        Assert.True(differences.Count == 0, $"{differences.Count} differ:\n" + string.Join("\n", differences));
    }

    [Theory, MemberData(nameof(Templates))]
    public void Renders_conversations_as_jinja2_does(string template)
    {
        GoldenFile golden = GoldenFile.Committed;
        List<string> differences = [];
        foreach (JsonElement chat in golden.Chats.EnumerateArray().Where(c => c.GetProperty("template").GetString() == template))
        {
            string name = chat.GetProperty("conversation").GetString()!;
            string? difference = GoldenFile.Difference(chat, golden.Template(template), golden.Conversation(name));
            if (difference is not null) differences.Add(name + ": " + difference[difference.IndexOf("\n    wanted", StringComparison.Ordinal)..]);
        }

        Assert.True(differences.Count == 0, $"{differences.Count} differ:\n" + string.Join("\n", differences));
    }

    [Fact]
    public void Renders_random_templates_as_jinja2_does()
    {
        string? path = Environment.GetEnvironmentVariable("PUNA_JINJA_RANDOM");
        Assert.SkipWhen(path is null, "PUNA_JINJA_RANDOM names no file; write one with make_jinja_golden.py --random");

        GoldenFile golden = GoldenFile.Read(path!);
        List<string> differences = [.. golden.Cases.EnumerateArray()
            .Select(c => GoldenFile.Difference(c, c.GetProperty("template").GetString()!, golden.World))
            .OfType<string>()];
        Assert.True(differences.Count == 0, $"{differences.Count} of {golden.Cases.GetArrayLength()} differ:\n" + string.Join("\n", differences.Take(60)));
    }
}
