namespace Puna.Tokenizers;

/// <summary>A tokenizer file or vocabulary is malformed. The message names the source and the field or line.</summary>
public sealed class TokenizerFormatException : FormatException
{
    /// <param name="source">File name, or what the vocabulary was read from.</param>
    /// <param name="place">Field or line, such as <c>line 12</c> or <c>model.merges[3]</c>.</param>
    /// <param name="problem">What was found, what is allowed, what to do.</param>
    /// <param name="inner">The error underneath, if any.</param>
    internal TokenizerFormatException(string source, string place, string problem, Exception? inner = null)
        : base($"{source}: {place}: {problem}", inner)
    {
        SourceName = source;
        Place = place;
    }

    /// <summary>File name, or what the vocabulary was read from.</summary>
    public string SourceName { get; }

    /// <summary>Field or line of the problem.</summary>
    public string Place { get; }
}
