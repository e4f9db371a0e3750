using Puna.Chat.Templates.Jinja.Values;

namespace Puna.Chat.Templates.Jinja.Syntax;

/// <param name="Position">Offset of the node in the template.</param>
internal abstract record Node(int Position);

internal abstract record Expr(int Position) : Node(Position);

internal sealed record ConstExpr(Value Value, int Position) : Expr(Position);

internal sealed record NameExpr(string Name, int Position) : Expr(Position);

internal sealed record ListExpr(IReadOnlyList<Expr> Items, int Position) : Expr(Position);

internal sealed record TupleExpr(IReadOnlyList<Expr> Items, int Position) : Expr(Position);

internal sealed record DictExpr(IReadOnlyList<(Expr Key, Expr Value)> Entries, int Position) : Expr(Position);

/// <param name="Operator"><c>-</c>, <c>+</c> or <c>not</c>.</param>
internal sealed record UnaryExpr(string Operator, Expr Operand, int Position) : Expr(Position);

internal sealed record BinaryExpr(string Operator, Expr Left, Expr Right, int Position) : Expr(Position);

/// <param name="IsOr">Or; else and. Both give an operand, not a truth value.</param>
internal sealed record LogicExpr(bool IsOr, Expr Left, Expr Right, int Position) : Expr(Position);

/// <summary>A chain such as <c>a &lt; b &lt;= c</c>.</summary>
internal sealed record CompareExpr(Expr First, IReadOnlyList<(string Operator, Expr Operand)> Rest, int Position) : Expr(Position);

/// <summary>Operands of <c>~</c>.</summary>
internal sealed record ConcatExpr(IReadOnlyList<Expr> Parts, int Position) : Expr(Position);

internal sealed record ConditionalExpr(Expr Test, Expr Then, Expr? Else, int Position) : Expr(Position);

internal sealed record AttributeExpr(Expr Target, string Name, int Position) : Expr(Position);

internal sealed record ItemExpr(Expr Target, Expr Key, int Position) : Expr(Position);

internal sealed record SliceExpr(Expr Target, Expr? Start, Expr? Stop, Expr? Step, int Position) : Expr(Position);

internal sealed record CallExpr(Expr Target, CallArgs Args, int Position) : Expr(Position);

/// <param name="Target">What is filtered; null for the body of a filter block.</param>
internal sealed record FilterExpr(Expr? Target, string Name, CallArgs Args, int Position) : Expr(Position);

internal sealed record TestExpr(Expr Target, string Name, CallArgs Args, int Position) : Expr(Position);

/// <param name="Star">Operand of <c>*</c>, or null.</param>
/// <param name="DoubleStar">Operand of <c>**</c>, or null.</param>
internal sealed record CallArgs(
    IReadOnlyList<Expr> Positional, IReadOnlyList<(string Name, Expr Value)> Keywords, Expr? Star, Expr? DoubleStar)
{
    public static CallArgs None { get; } = new([], [], null, null);
}

internal abstract record Target(int Position) : Node(Position);

internal sealed record NameTarget(string Name, int Position) : Target(Position);

internal sealed record TupleTarget(IReadOnlyList<Target> Items, int Position) : Target(Position);

/// <summary>An attribute of a namespace.</summary>
internal sealed record AttributeTarget(string Name, string Attribute, int Position) : Target(Position);

internal abstract record Statement(int Position) : Node(Position);

internal sealed record DataStatement(Text Text, int Position) : Statement(Position);

internal sealed record OutputStatement(Expr Value, int Position) : Statement(Position);

internal sealed record IfStatement(
    IReadOnlyList<(Expr Test, IReadOnlyList<Statement> Body)> Branches, IReadOnlyList<Statement> Else, int Position) : Statement(Position);

internal sealed record ForStatement(
    Target Target, Expr Items, Expr? Filter, bool Recursive, IReadOnlyList<Statement> Body, IReadOnlyList<Statement> Else, int Position)
    : Statement(Position);

internal sealed record SetStatement(Target Target, Expr Value, int Position) : Statement(Position);

/// <param name="Filter">Filters applied to the captured body, or null.</param>
internal sealed record SetBlockStatement(Target Target, FilterExpr? Filter, IReadOnlyList<Statement> Body, int Position) : Statement(Position);

internal sealed record FilterStatement(FilterExpr Filter, IReadOnlyList<Statement> Body, int Position) : Statement(Position);

internal sealed record WithStatement(IReadOnlyList<(Target Target, Expr Value)> Bindings, IReadOnlyList<Statement> Body, int Position)
    : Statement(Position);

internal sealed record MacroStatement(MacroDefinition Macro, int Position) : Statement(Position);

/// <param name="Caller">The body, given to the called macro as <c>caller</c>.</param>
internal sealed record CallStatement(MacroDefinition Caller, CallExpr Call, int Position) : Statement(Position);

/// <summary>A scope of its own that renders in place: <c>generation</c>.</summary>
internal sealed record ScopeStatement(IReadOnlyList<Statement> Body, int Position) : Statement(Position);

internal sealed record BreakStatement(int Position) : Statement(Position);

internal sealed record ContinueStatement(int Position) : Statement(Position);

/// <param name="Defaults">Defaults of the last parameters.</param>
/// <param name="UsesVarargs">The body names <c>varargs</c>, so extra positional arguments are accepted.</param>
internal sealed record MacroDefinition(
    string Name, IReadOnlyList<string> Parameters, IReadOnlyList<Expr> Defaults, IReadOnlyList<Statement> Body,
    bool UsesVarargs, bool UsesKwargs, bool UsesCaller);
