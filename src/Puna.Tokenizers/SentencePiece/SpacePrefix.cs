namespace Puna.Tokenizers.SentencePiece;

/// <summary>Where encoding puts a space in front of text, so that a first word is spelled like any other.</summary>
internal enum SpacePrefix
{
    None,

    /// <summary>At the start of the text only.</summary>
    FirstFragment,

    /// <summary>At the start and after every special token.</summary>
    EveryFragment,
}
