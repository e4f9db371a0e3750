using Puna.Chat.Templates.Jinja.Values;

namespace Puna.Chat.Templates.Jinja.Syntax;

internal enum TokenKind
{
    /// <summary>Text outside tags.</summary>
    Data,
    BlockBegin,
    BlockEnd,
    VariableBegin,
    VariableEnd,
    Name,
    String,
    Number,
    Operator,
    End,
}

/// <param name="Text">The token as written; for strings and data its meaning.</param>
/// <param name="Position">Offset in the template with normalised newlines.</param>
/// <param name="Literal">Value of a number.</param>
internal readonly record struct Token(TokenKind Kind, string Text, int Position, Value? Literal = null)
{
    public bool IsOperator(string op) => Kind == TokenKind.Operator && Text == op;

    public bool IsName(string name) => Kind == TokenKind.Name && Text == name;

    public string Describe() => Kind switch
    {
        TokenKind.BlockBegin => "'{%'",
        TokenKind.BlockEnd => "'%}'",
        TokenKind.VariableBegin => "'{{'",
        TokenKind.VariableEnd => "'}}'",
        TokenKind.Data => "template text",
        TokenKind.End => "the end of the template",
        TokenKind.String => "a string",
        _ => $"'{Text}'",
    };
}
