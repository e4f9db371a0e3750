using System.Security.Cryptography;
using System.Text;

namespace Puna.Extraction.Documents;

/// <summary>A text to extract from: a file, or a record of one.</summary>
public sealed class SourceDocument
{
    /// <summary>A document of this text.</summary>
    /// <param name="name">What results call it, such as a path.</param>
    /// <param name="text">All of its text.</param>
    /// <param name="pageStarts">Where its pages start in the text, ascending; empty where it has no pages.</param>
    public SourceDocument(string name, string text, IReadOnlyList<int>? pageStarts = null)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(text);
        Name = name;
        Text = text;
        PageStarts = pageStarts ?? [];
        Hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
    }

    /// <summary>What results call it.</summary>
    public string Name { get; }

    /// <summary>All of its text. Places in it are counted in UTF-16 code units, as .NET, Java and JavaScript do.</summary>
    public string Text { get; }

    /// <summary>Where its pages start in the text; empty where it has none.</summary>
    public IReadOnlyList<int> PageStarts { get; }

    /// <summary>SHA-256 of the text in UTF-8, as lowercase hexadecimal digits.</summary>
    public string Hash { get; }
}
