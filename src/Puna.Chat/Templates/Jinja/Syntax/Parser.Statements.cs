using Puna.Chat.Templates.Jinja.Values;

namespace Puna.Chat.Templates.Jinja.Syntax;

/// <summary>Statements.</summary>
internal sealed partial class Parser
{
    /// <summary>Parses up to a block whose first word is one of <paramref name="ends"/>, which is left current.</summary>
    private List<Statement> ParseBody(ReadOnlySpan<string> ends, out string? end)
    {
        Enter();
        List<Statement> body = [];
        while (true)
        {
            Token token = Current;
            switch (token.Kind)
            {
                case TokenKind.Data:
                    Take();
                    body.Add(new DataStatement(Text.Trusted(token.Text), token.Position));
                    break;
                case TokenKind.VariableBegin:
                    Take();
                    body.Add(new OutputStatement(ParseTuple(), token.Position));
                    Expect(TokenKind.VariableEnd, "'}}'");
                    break;
                case TokenKind.BlockBegin:
                    Take();
                    if (Current.Kind == TokenKind.Name && ends.Contains(Current.Text))
                    {
                        end = Take().Text;
                        Leave();
                        return body;
                    }

                    body.Add(ParseStatement());
                    ExpectBlockEnd();
                    break;
                default:
                    if (!ends.IsEmpty) throw Unexpected($"expected '{{% {ends[^1]} %}}'");
                    end = null;
                    Leave();
                    return body;
            }
        }
    }

    private List<Statement> ParseBody(params ReadOnlySpan<string> ends) => ParseBody(ends, out _);

    private void ExpectBlockEnd() => Expect(TokenKind.BlockEnd, "'%}'");

    private Statement ParseStatement()
    {
        Token tag = Expect(TokenKind.Name, "a tag name");
        return tag.Text switch
        {
            "if" => ParseIf(tag.Position),
            "for" => ParseFor(tag.Position),
            "set" => ParseSet(tag.Position),
            "macro" => ParseMacro(tag.Position),
            "call" => ParseCallBlock(tag.Position),
            "filter" => ParseFilterBlock(tag.Position),
            "with" => ParseWith(tag.Position),
            "generation" => ParseGeneration(tag.Position),
            "print" => ParsePrint(tag.Position),
            "break" => new BreakStatement(InsideLoop(tag)),
            "continue" => new ContinueStatement(InsideLoop(tag)),
            "include" or "import" or "from" or "extends" or "block" =>
                throw TemplateFault.Syntax($"'{tag.Text}' needs other templates; a chat template stands alone.", tag.Position),
            _ => throw TemplateFault.Syntax($"unknown tag '{tag.Text}'.", tag.Position),
        };
    }

    private OutputStatement ParsePrint(int position)
    {
        List<Expr> parts = [];
        while (Current.Kind != TokenKind.BlockEnd)
        {
            if (parts.Count > 0) ExpectOperator(",");
            parts.Add(ParseExpression());
        }

        return new OutputStatement(new ConcatExpr(parts, position), position);
    }

    private int InsideLoop(Token tag) =>
        _loops > 0 ? tag.Position : throw TemplateFault.Syntax($"'{tag.Text}' outside a loop.", tag.Position);

    private IfStatement ParseIf(int position)
    {
        bool outer = _conditional;
        _conditional = true;
        List<(Expr, IReadOnlyList<Statement>)> branches = [];
        List<Statement> otherwise = [];
        while (true)
        {
            Expr test = ParseTuple(withConditional: false);
            ExpectBlockEnd();
            branches.Add((test, ParseBody(["elif", "else", "endif"], out string? end)));
            if (end == "elif") continue;
            if (end == "else")
            {
                ExpectBlockEnd();
                otherwise = ParseBody("endif");
            }

            break;
        }

        _conditional = outer;
        return new IfStatement(branches, otherwise, position);
    }

    private ForStatement ParseFor(int position)
    {
        Target target = ParseTarget("in");
        if (!TakeName("in")) throw Unexpected("expected 'in'");

        Expr items = ParseTuple(withConditional: false, endName: "recursive");
        Expr? filter = TakeName("if") ? ParseExpression() : null;
        bool recursive = TakeName("recursive");
        ExpectBlockEnd();

        bool outer = _conditional;
        _conditional = false;
        _loops++;
        List<Statement> body = ParseBody(["else", "endfor"], out string? end);
        _loops--;
        List<Statement> otherwise = [];
        if (end == "else")
        {
            ExpectBlockEnd();
            otherwise = ParseBody("endfor");
        }

        _conditional = outer;
        return new ForStatement(target, items, filter, recursive, body, otherwise, position);
    }

    private Statement ParseSet(int position)
    {
        Target target = Current.Kind == TokenKind.Name && Next.IsOperator(".") ? ParseAttributeTarget() : ParseTarget(null);
        if (TakeOperator("=")) return new SetStatement(target, ParseTuple(), position);

        FilterExpr? filter = ParseFilterChain(null);
        ExpectBlockEnd();
        return new SetBlockStatement(target, filter, ParseScopedBody("endset"), position);
    }

    private AttributeTarget ParseAttributeTarget()
    {
        int position = Current.Position;
        string name = ExpectName();
        Take();
        return new AttributeTarget(name, ExpectName(), position);
    }

    private FilterExpr? ParseFilterChain(FilterExpr? filter)
    {
        for (int links = 0; Current.IsOperator("|"); links++)
        {
            CheckChain(links);
            filter = ParseFilter(filter);
        }

        return filter;
    }

    private FilterStatement ParseFilterBlock(int position)
    {
        FilterExpr filter = ParseFilterChain(ParseFilterName(null))!;
        ExpectBlockEnd();
        return new FilterStatement(filter, ParseScopedBody("endfilter"), position);
    }

    private WithStatement ParseWith(int position)
    {
        List<(Target, Expr)> bindings = [];
        while (Current.Kind != TokenKind.BlockEnd)
        {
            if (bindings.Count > 0) ExpectOperator(",");
            Target target = ParseTarget(null);
            ExpectOperator("=");
            bindings.Add((target, ParseExpression()));
        }

        ExpectBlockEnd();
        return new WithStatement(bindings, ParseScopedBody("endwith"), position);
    }

    private ScopeStatement ParseGeneration(int position)
    {
        ExpectBlockEnd();
        return new ScopeStatement(ParseFunctionBody("endgeneration"), position);
    }

    private MacroStatement ParseMacro(int position)
    {
        string name = ExpectName();
        (List<string> parameters, List<Expr> defaults) = ParseSignature();
        ExpectBlockEnd();
        return new MacroStatement(ParseDefinition(name, parameters, defaults, "endmacro"), position);
    }

    private CallStatement ParseCallBlock(int position)
    {
        (List<string> parameters, List<Expr> defaults) = Current.IsOperator("(") ? ParseSignature() : ([], []);
        Expr expr = ParseExpression();
        if (expr is not CallExpr call) throw TemplateFault.Syntax("expected a call.", expr.Position);

        ExpectBlockEnd();
        return new CallStatement(ParseDefinition("caller", parameters, defaults, "endcall"), call, position);
    }

    private (List<string> Parameters, List<Expr> Defaults) ParseSignature()
    {
        List<string> parameters = [];
        List<Expr> defaults = [];
        ExpectOperator("(");
        while (!Current.IsOperator(")"))
        {
            if (parameters.Count > 0) ExpectOperator(",");
            int position = Current.Position;
            parameters.Add(ExpectName());
            if (TakeOperator("=")) defaults.Add(ParseExpression());
            else if (parameters[^1] == "caller") throw TemplateFault.Syntax("the parameter 'caller' needs a default.", position);
            else if (defaults.Count > 0) throw TemplateFault.Syntax("a parameter without default follows one with default.", position);
        }

        ExpectOperator(")");
        return (parameters, defaults);
    }

    private MacroDefinition ParseDefinition(string name, List<string> parameters, List<Expr> defaults, string end)
    {
        int first = _index;
        List<Statement> body = ParseFunctionBody(end);
        bool Uses(string special) =>
            !parameters.Contains(special) && _tokens[first.._index].Exists(token => token.IsName(special));
        return new MacroDefinition(name, parameters, defaults, body, Uses("varargs"), Uses("kwargs"), Uses("caller"));
    }

    /// <summary>A body that cannot break out of loops around it.</summary>
    private List<Statement> ParseFunctionBody(string end)
    {
        int loops = _loops;
        _loops = 0;
        List<Statement> body = ParseScopedBody(end);
        _loops = loops;
        return body;
    }

    private List<Statement> ParseScopedBody(string end)
    {
        bool outer = _conditional;
        _conditional = false;
        List<Statement> body = ParseBody(end);
        _conditional = outer;
        return body;
    }

    /// <summary>A name or a tuple of targets.</summary>
    private Target ParseTarget(string? endName)
    {
        int position = Current.Position;
        List<Target> items = [];
        bool isTuple = false;
        while (!(endName is not null && Current.IsName(endName)) && !Current.IsOperator(")") && !Current.IsOperator("="))
        {
            items.Add(ParseSingleTarget());
            if (!TakeOperator(",")) break;
            isTuple = true;
        }

        if (items.Count == 0) throw Unexpected("expected a name");
        return isTuple ? new TupleTarget(items, position) : items[0];
    }

    private Target ParseSingleTarget()
    {
        int position = Current.Position;
        if (TakeOperator("("))
        {
            Enter();
            Target inner = ParseTarget(null);
            Leave();
            ExpectOperator(")");
            return inner;
        }

        string name = ExpectName();
        if (name is "true" or "false" or "none" or "True" or "False" or "None")
            throw TemplateFault.Syntax($"cannot assign to '{name}'.", position);
        return new NameTarget(name, position);
    }
}
