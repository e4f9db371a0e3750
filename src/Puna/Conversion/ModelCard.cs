using Puna.Formats.Gguf;

namespace Puna.Conversion;

/// <summary>The licence that a model's README states in its front matter.</summary>
internal sealed record ModelCard(string? License, string? LicenseName, string? LicenseLink)
{
    /// <summary>Front matter is a few dozen lines; what is longer is not read on.</summary>
    private const int MaxLines = 500;

    /// <summary>Reads <c>README.md</c> beside the weights; a card of nothing where there is none.</summary>
    internal static ModelCard Read(string directory)
    {
        string file = Path.Combine(directory, "README.md");
        return File.Exists(file) ? Parse(File.ReadLines(file)) : new ModelCard(null, null, null);
    }

    /// <summary>Looks for <c>license</c>, <c>license_name</c> and <c>license_link</c> between the first two lines of dashes.</summary>
    internal static ModelCard Parse(IEnumerable<string> lines)
    {
        Dictionary<string, string> values = [];
        bool inside = false;
        foreach (string line in lines.Take(MaxLines))
        {
            if (line.TrimEnd() == "---")
            {
                if (inside) break;
                inside = true;
                continue;
            }

            if (!inside) break;
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon > 0) values.TryAdd(line[..colon], line[(colon + 1)..].Trim().Trim('"', '\''));
        }

        return new ModelCard(Get("license"), Get("license_name"), Get("license_link"));

        string? Get(string key) => values.TryGetValue(key, out string? value) && value.Length > 0 ? value : null;
    }

    internal void AddTo(GgufWriter writer)
    {
        if (License is not null) writer.AddString("general.license", License);
        if (LicenseName is not null) writer.AddString("general.license.name", LicenseName);
        if (LicenseLink is not null) writer.AddString("general.license.link", LicenseLink);
    }
}
