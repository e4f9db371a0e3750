using System.Reflection;

namespace Puna.Training.Data;

/// <summary>The words values are made of. Those for training and those held out share no entry and come from separate files.</summary>
public sealed class ValueLists
{
    private readonly Dictionary<string, string[]> _lists = new(StringComparer.Ordinal);

    private ValueLists(string set)
    {
        Name = set;
        foreach (string resource in Resources.Names($"values.{set}."))
        {
            string text = Resources.Read(resource);
            string name = resource.Split('.')[^2];
            bool perLine = name is not ("firstnames" or "surnames" or "companywords");
            _lists[name] = text.Split(perLine ? ['\n'] : ['\n', ' '], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        }
    }

    /// <summary>Values of training documents.</summary>
    public static ValueLists Train { get; } = new("train");

    /// <summary>Values used in evaluation alone.</summary>
    public static ValueLists HeldOut { get; } = new("heldout");

    public string Name { get; }

    /// <summary>The entries of a list; lists that exist for training alone serve both.</summary>
    public string[] this[string list] => _lists.TryGetValue(list, out string[]? entries) ? entries : Train._lists[list];

    /// <summary>Names of the lists.</summary>
    public IEnumerable<string> Lists => _lists.Keys;
}

/// <summary>Text files compiled into the program.</summary>
internal static class Resources
{
    private static readonly Assembly Home = typeof(Resources).Assembly;

    public static IEnumerable<string> Names(string prefix) =>
        Home.GetManifestResourceNames().Where(n => n.StartsWith(prefix, StringComparison.Ordinal)).Order(StringComparer.Ordinal);

    public static string Read(string name)
    {
        using StreamReader reader = new(Home.GetManifestResourceStream(name) ?? throw new InvalidOperationException($"There is no resource '{name}'."));
        return reader.ReadToEnd().Replace("\r", "", StringComparison.Ordinal);
    }
}
