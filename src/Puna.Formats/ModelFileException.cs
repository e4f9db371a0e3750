using System.Globalization;
using System.Text;

namespace Puna.Formats;

/// <summary>
/// A model file that cannot be used as it is: damaged, cut short, inconsistent, hostile, or of a kind this library does
/// not read. The message says what, where, which value, which limit and what to do; the properties repeat the parts.
/// </summary>
public sealed class ModelFileException : Exception
{
    private const int MaxQuoted = 120;

    /// <summary>Describes one fault of one file.</summary>
    /// <param name="file">Path of the file at fault.</param>
    /// <param name="problem">The fault as a clause without a full stop, such as <c>the magic is 'PK'</c>.</param>
    /// <param name="offset">Byte in the file where the fault lies, if it has one place.</param>
    /// <param name="field">Metadata key, tensor name or JSON path at fault.</param>
    /// <param name="found">The value found.</param>
    /// <param name="limit">What would have been allowed.</param>
    /// <param name="remedy">What the reader of the message can do, as a whole sentence.</param>
    /// <param name="innerException">The parser's own complaint, if there was one.</param>
    public ModelFileException(string file, string problem, long? offset = null, string? field = null,
        string? found = null, string? limit = null, string? remedy = null, Exception? innerException = null)
        : base(Compose(file, problem, offset, remedy), innerException)
    {
        File = file;
        Offset = offset;
        Field = field;
        Found = found;
        Limit = limit;
        Remedy = remedy;
    }

    /// <summary>Path of the file at fault.</summary>
    public string File { get; }

    /// <summary>Byte in the file where the fault lies, or null where it has no single place.</summary>
    public long? Offset { get; }

    /// <summary>Metadata key, tensor name or JSON path at fault, or null.</summary>
    public string? Field { get; }

    /// <summary>The value found, or null.</summary>
    public string? Found { get; }

    /// <summary>What would have been allowed, or null.</summary>
    public string? Limit { get; }

    /// <summary>What to do about it, or null.</summary>
    public string? Remedy { get; }

    /// <summary>
    /// A name out of a file in single quotes, fit for a message or a terminal: control characters escaped, long names
    /// shortened.
    /// </summary>
    internal static string Quote(string text)
    {
        StringBuilder quoted = new("'");
        foreach (char c in text.AsSpan(0, Math.Min(text.Length, MaxQuoted)))
        {
            if (char.IsControl(c) || char.IsSurrogate(c) || char.GetUnicodeCategory(c) == UnicodeCategory.Format)
                quoted.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
            else
                quoted.Append(c);
        }

        return quoted.Append(text.Length > MaxQuoted ? "…'" : "'").ToString();
    }

    private static string Compose(string file, string problem, long? offset, string? remedy)
    {
        StringBuilder message = new();
        message.Append(CultureInfo.InvariantCulture, $"{Path.GetFileName(file)}: {problem}");
        if (offset is long at) message.Append(CultureInfo.InvariantCulture, $" (byte {at})");
        message.Append('.');
        if (remedy is not null) message.Append(' ').Append(remedy);
        return message.ToString();
    }
}
