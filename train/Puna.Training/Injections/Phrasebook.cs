using Puna.Training.Data;
using Puna.Training.Numerics;

namespace Puna.Training.Injections;

/// <summary>A template of a text.</summary>
/// <param name="Id">Number, unlike that of any other template of the book.</param>
/// <param name="Category">The section that it stands in.</param>
/// <param name="Text">What <see cref="Grammar"/> expands.</param>
internal sealed record Template(int Id, string Category, string Text);

/// <summary>
/// Files of phrases: a line that begins with @ opens a section, every other line is an alternative of it, // begins a
/// comment, \n is a line feed. A phrase may ask for another section by its name; <c>Name</c> and <c>NAME</c> ask for it in capitals.
/// </summary>
internal sealed class Phrasebook
{
    private static readonly Dictionary<string, string> Signs = new() { ["open"] = "[", ["close"] = "]", ["lt"] = "<", ["gt"] = ">", ["bar"] = "|" };

    private readonly Dictionary<string, List<string>> _sections = [];

    /// <param name="folder">Folder of the data.</param>
    /// <param name="files">Files in it, without their extension.</param>
    public Phrasebook(string folder, params string[] files)
    {
        foreach (string file in files) Read(folder, file);
    }

    /// <summary>Templates of the sections of some files.</summary>
    public static List<Template> Templates(string folder, params string[] files)
    {
        List<Template> templates = [];
        foreach (string file in files)
        {
            foreach ((string section, List<string> lines) in new Phrasebook(folder, file)._sections) templates.AddRange(lines.Select((line, i) => new Template(HashCode(file + section + i), section, line)));
        }

        return templates;
    }

    public string Expand(string template, SeededRandom random)
    {
        string text = Grammar.Expand(template, random, name => Value(name, random));
        return text.Replace("\\n", "\n", StringComparison.Ordinal);
    }

    private string Value(string name, SeededRandom random)
    {
        if (Signs.TryGetValue(name, out string? sign)) return sign;

        string section = name.ToLowerInvariant();
        if (!_sections.TryGetValue(section, out List<string>? lines)) throw new FormatException($"There is no section '{name}'.");
        string value = Grammar.Expand(random.Pick(lines), random, inner => Value(inner, random));
        return !name.Any(char.IsUpper) ? value : !name.Any(char.IsLower) ? value.ToUpperInvariant() : char.ToUpperInvariant(value[0]) + value[1..];
    }

    private void Read(string folder, string file)
    {
        List<string>? lines = null;
        foreach (string line in Resources.Read($"{folder}.{file}.txt").Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.StartsWith("//", StringComparison.Ordinal)) continue;
            if (line.StartsWith('@')) _sections.Add(line[1..], lines = []);
            else (lines ?? throw new FormatException($"{file}: '{line}' stands in no section.")).Add(line);
        }
    }

    private static int HashCode(string text)
    {
        uint hash = 2166136261;
        foreach (char c in text) hash = (hash ^ c) * 16777619;
        return (int)hash;
    }
}
