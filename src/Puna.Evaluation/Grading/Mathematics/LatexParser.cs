using System.Globalization;
using System.Numerics;
using static Puna.Evaluation.Grading.Mathematics.LatexNode;

namespace Puna.Evaluation.Grading.Mathematics;

/// <summary>
/// Reads final answers in LaTeX: numbers, formulas, tuples, intervals, sets, unions and matrices. A whole number directly
/// before a fraction of whole numbers is a mixed number.
/// </summary>
internal sealed class LatexParser
{
    // Answers are short; what a model writes there is not.
    private const int MaxLength = 2000;
    private const int MaxDepth = 60;

    private static readonly HashSet<string> Functions = new(StringComparer.Ordinal)
    {
        "\\sin", "\\cos", "\\tan", "\\cot", "\\sec", "\\csc", "\\arcsin", "\\arccos", "\\arctan", "\\ln", "\\log", "\\exp",
    };

    private readonly List<string> _tokens;
    private int _at;
    private int _depth;

    private LatexParser(List<string> tokens) => _tokens = tokens;

    private sealed class NotAnAnswerException : Exception;

    private string Next => _at < _tokens.Count ? _tokens[_at] : "";

    /// <summary>The answer, or null where it cannot be read.</summary>
    public static LatexNode? Parse(string text)
    {
        if (text.Length > MaxLength) return null;
        if (ThousandsSeparated(text.Trim().Trim('$')) is { } number) return number;
        if (LatexLexer.Split(text) is not { Count: > 0 } tokens) return null;

        LatexParser parser = new(tokens);
        try
        {
            LatexNode answer = parser.List();
            return parser._at == tokens.Count ? answer : null;
        }
        catch (NotAnAnswerException)
        {
            return null;
        }
    }

    private static Number? ThousandsSeparated(string text)
    {
        string[] parts = text.TrimStart('-').Split(',');
        bool separated = parts.Length > 1 && parts[0].Length is >= 1 and <= 3 && parts.All(part => part.All(char.IsAsciiDigit)) && parts.Skip(1).All(part => part.Length == 3);
        return separated ? new Number(BigInteger.Parse(text.Replace(",", "", StringComparison.Ordinal), CultureInfo.InvariantCulture), 1) : null;
    }

    private LatexNode List()
    {
        List<LatexNode> items = [Relation()];
        while (Accept(",")) items.Add(Relation());
        return items.Count == 1 ? items[0] : new Collection("", "", items, Ordered: false);
    }

    private LatexNode Relation()
    {
        LatexNode left = Union();
        if (!Accept("=") && !Accept("\\in")) return left;

        LatexNode right = Union();
        return left is Symbol ? right : new Equation(left, right);
    }

    private LatexNode Union()
    {
        LatexNode first = Sum();
        if (Next != "\\cup") return first;

        List<LatexNode> parts = [first];
        while (Accept("\\cup")) parts.Add(Sum());
        return new Collection("\\cup", "\\cup", parts, Ordered: false);
    }

    private LatexNode Sum()
    {
        Enter();
        LatexNode left = Product();
        while (Next is "+" or "-")
        {
            string sign = Take();
            LatexNode right = Product();
            left = new Operation("+", [left, sign == "+" ? right : Negated(right)]);
        }

        _depth--;
        return left;
    }

    private LatexNode Product()
    {
        LatexNode left = Signed();
        while (true)
        {
            if (Accept("*")) left = new Operation("*", [left, Signed()]);
            else if (Accept("/")) left = new Operation("/", [left, Signed()]);
            else if (StartsOperand(Next)) left = Adjacent(left);
            else return left;
        }
    }

    private Operation Adjacent(LatexNode left)
    {
        bool fraction = Next == "\\frac";
        LatexNode right = Power();
        bool mixed = fraction && left is Number { Denominator.IsOne: true } && right is Operation { Name: "/", Operands: [Number { Denominator.IsOne: true }, Number { Denominator.IsOne: true }] };
        return new Operation(mixed ? "+" : "*", [left, right]);
    }

    private LatexNode Signed()
    {
        Enter();
        LatexNode value = Accept("-") ? Negated(Signed()) : Accept("+") ? Signed() : Power();
        _depth--;
        return value;
    }

    private static LatexNode Negated(LatexNode value) => value is Number number
        ? new Number(-number.Numerator, number.Denominator)
        : new Operation("*", [new Number(-1, 1), value]);

    private LatexNode Power()
    {
        LatexNode value = Operand();
        while (true)
        {
            if (Accept("!")) value = new Operation("!", [value]);
            else if (Accept("%")) value = new Operation("/", [value, new Number(100, 1)]);
            else if (!Accept("^")) return value;
            else if (Next == "\\circ") _at++; // degrees
            else if (Next == "{" && _at + 2 < _tokens.Count && _tokens[_at + 1] == "\\circ" && _tokens[_at + 2] == "}") _at += 3;
            else value = new Operation("^", [value, Argument()]);
        }
    }

    private LatexNode Operand()
    {
        Enter();
        string token = Take();
        LatexNode value = token switch
        {
            "{" => Close(Sum(), "}"),
            "(" or "[" or "\\{" => Bracketed(token),
            "|" => Close(new Operation("abs", [Sum()]), "|"),
            "\\frac" => new Operation("/", [Argument(), Argument()]),
            "\\binom" => new Operation("binom", [Argument(), Argument()]),
            "\\sqrt" => Root(),
            "\\begin" => MatrixBody(),
            "\\pi" or "\\infty" => new Symbol(token[1..]),
            "\\emptyset" or "\\varnothing" => new Collection("\\{", "\\}", [], Ordered: false),
            "\\text" or "\\mathrm" or "\\mbox" or "\\textbf" or "\\mathbf" => Words(),
            _ when Functions.Contains(token) => Function(token[1..]),
            _ when char.IsAsciiDigit(token[0]) || token[0] == '.' => Decimal(token),
            _ when token.Length == 1 && char.IsAsciiLetter(token[0]) => Variable(token),
            _ when token.Length > 1 && token[0] == '\\' && char.IsAsciiLetter(token[1]) && IsGreek(token) => Variable(token[1..]),
            _ => throw new NotAnAnswerException(),
        };
        _depth--;
        return value;
    }

    // A macro's argument: a group, or a single digit or letter.
    private LatexNode Argument()
    {
        if (Next.Length > 1 && char.IsAsciiDigit(Next[0]))
        {
            // \frac12 is one half: numbers are split digit by digit here.
            string digits = _tokens[_at];
            _tokens[_at] = digits[..1];
            _tokens.Insert(_at + 1, digits[1..]);
        }

        return Operand();
    }

    private Operation Root()
    {
        if (!Accept("[")) return new Operation("sqrt", [Argument()]);
        LatexNode degree = Close(Sum(), "]");
        return new Operation("root", [Argument(), degree]);
    }

    private Operation Function(string name)
    {
        LatexNode? power = Accept("^") ? Argument() : null;
        LatexNode? @base = name == "log" && Accept("_") ? Argument() : null;
        LatexNode argument = Next is "(" or "{" ? Operand() : Power();
        Operation value = @base is null ? new Operation(name, [argument]) : new Operation("log", [argument, @base]);
        return power is null ? value : new Operation("^", [value, power]);
    }

    private Symbol Words()
    {
        Expect("{");
        string name = "";
        while (Next != "}") name += Take() is { Length: 1 } letter ? letter : throw new NotAnAnswerException();
        _at++;
        return new Symbol("text:" + name);
    }

    private Symbol Variable(string name)
    {
        if (!Accept("_")) return new Symbol(name);
        return new Symbol(name + "_" + (Accept("{") ? Subscript() : Take()));
    }

    private string Subscript()
    {
        string index = "";
        while (Next is not ("}" or "")) index += Take();
        Expect("}");
        return index;
    }

    private LatexNode Bracketed(string open)
    {
        List<LatexNode> items = [];
        if (!(open == "\\{" && Next == "\\}"))
        {
            items.Add(Relation());
            while (Accept(",")) items.Add(Relation());
        }

        string close = Take();
        bool set = open == "\\{" && close == "\\}";
        if (!set && close is not (")" or "]")) throw new NotAnAnswerException();
        if (items.Count == 1 && ((open == "(" && close == ")") || (open == "[" && close == "]"))) return items[0];
        return new Collection(open, close, items, Ordered: !set);
    }

    private Matrix MatrixBody()
    {
        string name = Environment();
        if (!name.EndsWith("matrix", StringComparison.Ordinal)) throw new NotAnAnswerException();

        List<List<LatexNode>> rows = [[]];
        while (true)
        {
            if (Next is not ("\\end" or "\\\\" or "&")) rows[^1].Add(Sum());
            if (Accept("&")) continue;
            if (Accept("\\\\"))
            {
                if (Next != "\\end") rows.Add([]);
                continue;
            }

            Expect("\\end");
            return Environment() == name ? new Matrix(rows) : throw new NotAnAnswerException();
        }
    }

    private string Environment()
    {
        Expect("{");
        string name = "";
        while (Next is { Length: 1 } letter && char.IsAsciiLetter(letter[0])) name += Take();
        Expect("}");
        return name;
    }

    private static Number Decimal(string digits)
    {
        int point = digits.IndexOf('.', StringComparison.Ordinal);
        if (point < 0) return new Number(BigInteger.Parse(digits, CultureInfo.InvariantCulture), 1);
        string whole = digits.Remove(point, 1);
        return Rational.Reduce(BigInteger.Parse(whole, CultureInfo.InvariantCulture), BigInteger.Pow(10, digits.Length - point - 1));
    }

    private static bool IsGreek(string token) => token is "\\alpha" or "\\beta" or "\\gamma" or "\\delta" or "\\theta" or "\\lambda" or "\\mu" or "\\phi" or "\\varphi" or "\\omega" or "\\rho" or "\\sigma" or "\\tau" or "\\epsilon" or "\\ell";

    private static bool StartsOperand(string token) => token.Length > 0
        && (char.IsAsciiLetterOrDigit(token[0]) || token is "(" or "{" or "\\frac" or "\\sqrt" or "\\pi" or "\\binom" or "\\text" || Functions.Contains(token) || IsGreek(token));

    private void Enter()
    {
        if (++_depth > MaxDepth) throw new NotAnAnswerException();
    }

    private string Take() => _at < _tokens.Count ? _tokens[_at++] : throw new NotAnAnswerException();

    private bool Accept(string token)
    {
        if (Next != token) return false;
        _at++;
        return true;
    }

    private void Expect(string token)
    {
        if (!Accept(token)) throw new NotAnAnswerException();
    }

    private LatexNode Close(LatexNode value, string token)
    {
        Expect(token);
        return value;
    }
}
