using Puna.Chat.Templates.Jinja.Builtins;

namespace Puna.Chat.Templates.Jinja.Syntax;

/// <summary>Parses a template into statements. This part holds the token stream and its bounds.</summary>
internal sealed partial class Parser
{
    private readonly List<Token> _tokens;
    private readonly int _maxNesting;
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private int _index;
    private int _nesting;
    private int _loops;

    /// <summary>Inside a condition, where Jinja reports unknown filters only when they are reached.</summary>
    private bool _conditional;

    private Parser(List<Token> tokens, int maxNesting)
    {
        _tokens = tokens;
        _maxNesting = maxNesting;
    }

    /// <param name="names">Every name the template mentions.</param>
    /// <exception cref="TemplateFault">The template does not parse or nests too deeply.</exception>
    public static IReadOnlyList<Statement> Parse(string source, ChatTemplateLimits limits, out IReadOnlySet<string> names)
    {
        Parser parser = new(Lexer.Tokenize(source), limits.MaxNesting);
        IReadOnlyList<Statement> body = parser.ParseBody([], out _);
        names = parser._names;
        return body;
    }

    private Token Current => _tokens[_index];

    private Token Next => _tokens[Math.Min(_index + 1, _tokens.Count - 1)];

    private Token Take()
    {
        Token token = Current;
        if (_index < _tokens.Count - 1) _index++;
        return token;
    }

    private bool TakeOperator(string op)
    {
        if (!Current.IsOperator(op)) return false;
        Take();
        return true;
    }

    private bool TakeName(string name)
    {
        if (!Current.IsName(name)) return false;
        Take();
        return true;
    }

    private Token Expect(TokenKind kind, string what) =>
        Current.Kind == kind ? Take() : throw Unexpected($"expected {what}");

    private void ExpectOperator(string op)
    {
        if (!TakeOperator(op)) throw Unexpected($"expected '{op}'");
    }

    private string ExpectName()
    {
        Token token = Expect(TokenKind.Name, "a name");
        _names.Add(token.Text);
        return token.Text;
    }

    private TemplateFault Unexpected(string expectation) =>
        TemplateFault.Syntax($"{expectation}, found {Current.Describe()}.", Current.Position);

    private void Enter()
    {
        if (++_nesting > _maxNesting)
            throw new TemplateFault(ChatTemplateErrorKind.Limit,
                $"the template nests deeper than {_maxNesting} ({nameof(ChatTemplateLimits.MaxNesting)}).")
            { Position = Current.Position };
        RenderBudget.EnsureStack();
    }

    private void Leave() => _nesting--;

    /// <summary>Bounds chains such as <c>a + b + c</c>, which parse without recursion but evaluate with it.</summary>
    private void CheckChain(int links)
    {
        if (links > MaxChain)
            throw new TemplateFault(ChatTemplateErrorKind.Limit, $"a chain of more than {MaxChain} operations.") { Position = Current.Position };
    }

    private const int MaxChain = 256;

    private void CheckFilterName(string name, int position)
    {
        if (!_conditional && !Filters.Exists(name)) throw TemplateFault.Syntax($"there is no filter named '{name}'.", position);
    }

    private void CheckTestName(string name, int position)
    {
        if (!_conditional && !TestFunctions.Exists(name)) throw TemplateFault.Syntax($"there is no test named '{name}'.", position);
    }
}
