using Puna.Chat.Templates.Jinja.Values;

namespace Puna.Chat.Templates.Jinja.Syntax;

/// <summary>Expressions, from the loosest binding (conditional) to the tightest (primary).</summary>
internal sealed partial class Parser
{
    private Expr ParseExpression(bool withConditional = true)
    {
        Enter();
        Expr expr = withConditional ? ParseConditional() : ParseOr();
        Leave();
        return expr;
    }

    private Expr ParseConditional()
    {
        int position = Current.Position;
        bool outer = _conditional;
        // An inline condition makes its parts conditional; it is only seen after its first part, so look ahead.
        _conditional = outer || HasInlineIf();
        Expr expr = ParseOr();
        for (int links = 0; TakeName("if"); links++)
        {
            CheckChain(links);
            Expr test = ParseOr();
            Expr? otherwise = null;
            if (TakeName("else"))
            {
                Enter();
                otherwise = ParseConditional();
                Leave();
            }

            expr = new ConditionalExpr(test, expr, otherwise, position);
        }

        _conditional = outer;
        return expr;
    }

    /// <summary>True if an <c>if</c> of this nesting level follows before the expression ends.</summary>
    private bool HasInlineIf()
    {
        int depth = 0;
        for (int i = _index; i < _tokens.Count; i++)
        {
            Token token = _tokens[i];
            if (token.Kind is TokenKind.BlockEnd or TokenKind.VariableEnd or TokenKind.End) return false;
            if (token.Kind == TokenKind.Operator && token.Text is "(" or "[" or "{") depth++;
            else if (token.Kind == TokenKind.Operator && token.Text is ")" or "]" or "}" && --depth < 0) return false;
            else if (depth == 0 && token.IsOperator(",")) return false;
            else if (depth == 0 && token.IsName("if")) return true;
        }

        return false;
    }

    private Expr ParseOr()
    {
        Expr left = ParseAnd();
        for (int links = 0; Current.IsName("or"); links++)
        {
            CheckChain(links);
            int position = Take().Position;
            left = new LogicExpr(true, left, ParseAnd(), position);
        }

        return left;
    }

    private Expr ParseAnd()
    {
        Expr left = ParseNot();
        for (int links = 0; Current.IsName("and"); links++)
        {
            CheckChain(links);
            int position = Take().Position;
            left = new LogicExpr(false, left, ParseNot(), position);
        }

        return left;
    }

    private Expr ParseNot()
    {
        if (!Current.IsName("not")) return ParseCompare();

        int position = Take().Position;
        Enter();
        Expr operand = ParseNot();
        Leave();
        return new UnaryExpr("not", operand, position);
    }

    private Expr ParseCompare()
    {
        int position = Current.Position;
        Expr first = ParseSum();
        List<(string, Expr)> rest = [];
        while (true)
        {
            if (Current.Kind == TokenKind.Operator && Current.Text is "==" or "!=" or "<" or "<=" or ">" or ">=")
            {
                string op = Take().Text;
                rest.Add((op, ParseSum()));
            }
            else if (TakeName("in")) rest.Add(("in", ParseSum()));
            else if (Current.IsName("not") && Next.IsName("in"))
            {
                Take();
                Take();
                rest.Add(("not in", ParseSum()));
            }
            else break;
        }

        return rest.Count == 0 ? first : new CompareExpr(first, rest, position);
    }

    private Expr ParseSum() => ParseBinary(ParseConcat, "+", "-");

    private Expr ParseConcat()
    {
        int position = Current.Position;
        List<Expr> parts = [ParseProduct()];
        while (TakeOperator("~")) parts.Add(ParseProduct());
        return parts.Count == 1 ? parts[0] : new ConcatExpr(parts, position);
    }

    private Expr ParseProduct() => ParseBinary(ParsePower, "*", "/", "//", "%");

    private Expr ParsePower() => ParseBinary(() => ParseUnary(withFilter: true), "**");

    private Expr ParseBinary(Func<Expr> operand, params ReadOnlySpan<string> operators)
    {
        Expr left = operand();
        for (int links = 0; Current.Kind == TokenKind.Operator && operators.Contains(Current.Text); links++)
        {
            CheckChain(links);
            Token op = Take();
            left = new BinaryExpr(op.Text, left, operand(), op.Position);
        }

        return left;
    }

    private Expr ParseUnary(bool withFilter)
    {
        Expr expr;
        if (Current.IsOperator("-") || Current.IsOperator("+"))
        {
            Token sign = Take();
            Enter();
            expr = new UnaryExpr(sign.Text, ParseUnary(withFilter: false), sign.Position);
            Leave();
        }
        else expr = ParsePrimary();

        expr = ParsePostfix(expr);
        return withFilter ? ParseFiltersAndTests(expr) : expr;
    }

    private Expr ParsePrimary()
    {
        Token token = Current;
        switch (token.Kind)
        {
            case TokenKind.Name:
                Take();
                _names.Add(token.Text);
                return token.Text switch
                {
                    "true" or "True" => new ConstExpr(BoolValue.True, token.Position),
                    "false" or "False" => new ConstExpr(BoolValue.False, token.Position),
                    "none" or "None" => new ConstExpr(NoneValue.Instance, token.Position),
                    _ => new NameExpr(token.Text, token.Position),
                };
            case TokenKind.Number:
                Take();
                return new ConstExpr(token.Literal!, token.Position);
            case TokenKind.String:
                List<string> pieces = [];
                while (Current.Kind == TokenKind.String) pieces.Add(Take().Text);
                foreach (string piece in pieces) _names.Add(piece); // x['tools'] mentions tools
                return new ConstExpr(Text.Trusted(string.Concat(pieces)), token.Position);
            case TokenKind.Operator when token.Text == "(":
                Take();
                Expr inner = ParseTuple(parenthesized: true);
                ExpectOperator(")");
                return inner;
            case TokenKind.Operator when token.Text == "[":
                Take();
                return new ListExpr(ParseItems("]", () => ParseExpression()), token.Position);
            case TokenKind.Operator when token.Text == "{":
                Take();
                return new DictExpr(ParseItems("}", ParseEntry), token.Position);
            default:
                throw Unexpected("expected an expression");
        }
    }

    private (Expr, Expr) ParseEntry()
    {
        Expr key = ParseExpression();
        ExpectOperator(":");
        return (key, ParseExpression());
    }

    private List<T> ParseItems<T>(string close, Func<T> item)
    {
        List<T> items = [];
        while (!Current.IsOperator(close))
        {
            if (items.Count > 0) ExpectOperator(",");
            if (Current.IsOperator(close)) break;
            items.Add(item());
        }

        ExpectOperator(close);
        return items;
    }

    /// <summary>An expression, or a tuple where commas follow.</summary>
    private Expr ParseTuple(bool parenthesized = false, bool withConditional = true, string? endName = null)
    {
        Enter();
        int position = Current.Position;
        List<Expr> items = [];
        bool isTuple = false;
        while (!IsTupleEnd(endName))
        {
            items.Add(ParseExpression(withConditional));
            if (!Current.IsOperator(",")) break;
            Take();
            isTuple = true;
        }

        Leave();
        if (items.Count == 1 && !isTuple) return items[0];
        if (items.Count == 0 && !parenthesized) throw Unexpected("expected an expression");
        return new TupleExpr(items, position);
    }

    private bool IsTupleEnd(string? endName) =>
        Current.Kind is TokenKind.VariableEnd or TokenKind.BlockEnd || Current.IsOperator(")") ||
        (endName is not null && Current.IsName(endName));

    private Expr ParsePostfix(Expr expr)
    {
        for (int links = 0; ; links++)
        {
            CheckChain(links);
            if (Current.IsOperator(".") || Current.IsOperator("[")) expr = ParseSubscript(expr);
            else if (Current.IsOperator("(")) expr = ParseCall(expr);
            else return expr;
        }
    }

    private Expr ParseSubscript(Expr target)
    {
        Token token = Take();
        if (token.Text == ".")
        {
            Token attribute = Take();
            if (attribute.Kind == TokenKind.Name)
            {
                _names.Add(attribute.Text);
                return new AttributeExpr(target, attribute.Text, token.Position);
            }

            if (attribute is not { Kind: TokenKind.Number, Literal: IntValue })
                throw TemplateFault.Syntax($"expected a name or a number, found {attribute.Describe()}.", attribute.Position);
            return new ItemExpr(target, new ConstExpr(attribute.Literal!, attribute.Position), token.Position);
        }

        if (TakeOperator("]")) return new ItemExpr(target, new TupleExpr([], token.Position), token.Position);

        List<(Expr? Item, SliceExpr? Slice)> keys = [];
        do
        {
            keys.Add(ParseSubscriptKey(target, token.Position));
        }
        while (TakeOperator(","));

        ExpectOperator("]");
        if (keys.Count > 1 && keys.Exists(key => key.Slice is not null))
            throw TemplateFault.Syntax("slices cannot be combined.", token.Position);
        if (keys.Count > 1) return new ItemExpr(target, new TupleExpr([.. keys.Select(key => key.Item!)], token.Position), token.Position);
        return keys[0].Slice ?? (Expr)new ItemExpr(target, keys[0].Item!, token.Position);
    }

    private (Expr? Item, SliceExpr? Slice) ParseSubscriptKey(Expr target, int position)
    {
        Expr? start = null, stop = null, step = null;
        if (!Current.IsOperator(":"))
        {
            start = ParseExpression();
            if (!Current.IsOperator(":")) return (start, null);
        }

        Take();
        if (!IsSliceEnd()) stop = ParseExpression();
        if (TakeOperator(":") && !IsSliceEnd()) step = ParseExpression();
        return (null, new SliceExpr(target, start, stop, step, position));
    }

    private bool IsSliceEnd() => Current.IsOperator(":") || Current.IsOperator("]") || Current.IsOperator(",");

    private CallExpr ParseCall(Expr target)
    {
        int position = Current.Position;
        return new CallExpr(target, ParseCallArgs(), position);
    }

    private CallArgs ParseCallArgs()
    {
        ExpectOperator("(");
        List<Expr> positional = [];
        List<(string, Expr)> keywords = [];
        Expr? star = null, doubleStar = null;
        for (bool first = true; !Current.IsOperator(")"); first = false)
        {
            if (!first) ExpectOperator(",");
            if (!first && Current.IsOperator(")")) break;

            int position = Current.Position;
            if (star is null && doubleStar is null && TakeOperator("*")) star = ParseExpression();
            else if (doubleStar is null && TakeOperator("**")) doubleStar = ParseExpression();
            else if (Current.Kind == TokenKind.Name && Next.IsOperator("=") && doubleStar is null)
            {
                string name = ExpectName();
                Take();
                if (keywords.Exists(keyword => keyword.Item1 == name)) throw TemplateFault.Syntax($"the argument '{name}' is repeated.", position);
                keywords.Add((name, ParseExpression()));
            }
            else if (star is null && doubleStar is null && keywords.Count == 0) positional.Add(ParseExpression());
            else throw TemplateFault.Syntax("invalid syntax for a function call: a positional argument follows others.", position);
        }

        ExpectOperator(")");
        return new CallArgs(positional, keywords, star, doubleStar);
    }

    private Expr ParseFiltersAndTests(Expr expr)
    {
        for (int links = 0; ; links++)
        {
            CheckChain(links);
            if (Current.IsOperator("|")) expr = ParseFilter(expr);
            else if (Current.IsName("is")) expr = ParseTest(expr);
            else if (Current.IsOperator("(")) expr = ParseCall(expr);
            else return expr;
        }
    }

    private FilterExpr ParseFilter(Expr? target)
    {
        ExpectOperator("|");
        return ParseFilterName(target);
    }

    private FilterExpr ParseFilterName(Expr? target)
    {
        int position = Current.Position;
        string name = ParseDottedName();
        CheckFilterName(name, position);
        return new FilterExpr(target, name, Current.IsOperator("(") ? ParseCallArgs() : CallArgs.None, position);
    }

    private Expr ParseTest(Expr target)
    {
        int position = Take().Position;
        bool negated = TakeName("not");
        string name = ParseDottedName();
        CheckTestName(name, position);

        CallArgs args = CallArgs.None;
        if (Current.IsOperator("(")) args = ParseCallArgs();
        else if (StartsTestArgument())
        {
            if (Current.IsName("is")) throw TemplateFault.Syntax("tests cannot be chained with 'is'.", Current.Position);
            Enter();
            args = new CallArgs([ParsePostfix(ParsePrimary())], [], null, null);
            Leave();
        }

        TestExpr test = new(target, name, args, position);
        return negated ? new UnaryExpr("not", test, position) : test;
    }

    private bool StartsTestArgument() => Current.Kind switch
    {
        TokenKind.String or TokenKind.Number => true,
        TokenKind.Name => Current.Text is not ("else" or "or" or "and"),
        TokenKind.Operator => Current.Text is "(" or "[" or "{",
        _ => false,
    };

    private string ParseDottedName()
    {
        string name = ExpectName();
        while (TakeOperator(".")) name += "." + ExpectName();
        return name;
    }
}
