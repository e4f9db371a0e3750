using Puna.Chat.Templates.Jinja.Builtins;
using Puna.Chat.Templates.Jinja.Syntax;
using Puna.Chat.Templates.Jinja.Values;

namespace Puna.Chat.Templates.Jinja;

/// <summary>Renders one template once. This part executes statements.</summary>
internal sealed partial class Interpreter
{
    private Scope _scope = new(null);
    private TextBuilder _output;

    public Interpreter(RenderBudget budget, TimeProvider clock)
    {
        Budget = budget;
        Clock = clock;
        _output = new TextBuilder(budget);
        Globals.Define(_scope, this);
        _scope = new Scope(_scope);
    }

    private enum Flow
    {
        Next,
        Break,
        Continue,
    }

    public RenderBudget Budget { get; }

    public TimeProvider Clock { get; }

    /// <summary>Offset of the node being evaluated, for messages.</summary>
    public int Position { get; private set; }

    public void Define(string name, Value value) => _scope.Set(name, value);

    public Text Render(IReadOnlyList<Statement> template)
    {
        Execute(template);
        return _output.ToText();
    }

    private Flow Execute(IReadOnlyList<Statement> body)
    {
        foreach (Statement statement in body)
        {
            Flow flow = Execute(statement);
            if (flow != Flow.Next) return flow;
        }

        return Flow.Next;
    }

    private Flow Execute(Statement statement)
    {
        Budget.Step();
        Position = statement.Position;
        switch (statement)
        {
            case DataStatement data:
                _output.Append(data.Text);
                return Flow.Next;
            case OutputStatement output:
                Evaluate(output.Value).AppendStr(_output);
                return Flow.Next;
            case IfStatement branch:
                return ExecuteIf(branch);
            case ForStatement loop:
                return ExecuteFor(loop, Evaluate(loop.Items), 0);
            case SetStatement set:
                Assign(set.Target, Evaluate(set.Value));
                return Flow.Next;
            case SetBlockStatement set:
                Flow flow = Capture(set.Body, out Text captured);
                if (flow == Flow.Next) Assign(set.Target, set.Filter is null ? captured : Filter(set.Filter, captured));
                return flow;
            case FilterStatement filter:
                Flow filterFlow = Capture(filter.Body, out Text unfiltered);
                if (filterFlow == Flow.Next) Filter(filter.Filter, unfiltered).AppendStr(_output);
                return filterFlow;
            case WithStatement with:
                return ExecuteWith(with);
            case ScopeStatement scope:
                return InScope(new Scope(_scope), scope.Body);
            case MacroStatement macro:
                _scope.Set(macro.Macro.Name, new MacroValue(macro.Macro, _scope));
                return Flow.Next;
            case CallStatement call:
                ExecuteCall(call).AppendStr(_output);
                return Flow.Next;
            case BreakStatement:
                return Flow.Break;
            case ContinueStatement:
                return Flow.Continue;
            default:
                throw new InvalidOperationException($"The parser gave the statement {statement.GetType().Name}.");
        }
    }

    private Flow ExecuteIf(IfStatement statement)
    {
        foreach ((Expr test, IReadOnlyList<Statement> body) in statement.Branches)
        {
            if (IsTrue(Evaluate(test))) return Execute(body);
        }

        return Execute(statement.Else);
    }

    /// <param name="depth">Nesting of a recursive loop, from 0.</param>
    private Flow ExecuteFor(ForStatement statement, Value items, int depth)
    {
        LoopValue loop = new(statement, FilteredItems(statement, items), statement.Filter is null ? items.Count : null, depth, _scope);
        bool completed = false; // Jinja's else runs unless a round reached the end of the body
        Scope outer = _scope;
        while (loop.MoveNext(out Value item))
        {
            Budget.Step();
            _scope = new Scope(outer);
            _scope.Set("loop", loop);
            Assign(statement.Target, item);
            Flow flow = Execute(statement.Body);
            _scope = outer;
            if (flow == Flow.Break) break;
            completed |= flow == Flow.Next;
        }

        return completed ? Flow.Next : InScope(new Scope(outer), statement.Else);
    }

    private IEnumerator<Value> FilteredItems(ForStatement statement, Value items)
    {
        IEnumerable<Value> all = items.Iterate();
        return (statement.Filter is null ? all : Filtered(statement, all, _scope)).GetEnumerator();
    }

    private IEnumerable<Value> Filtered(ForStatement statement, IEnumerable<Value> items, Scope around)
    {
        foreach (Value item in items)
        {
            Budget.Step();
            Scope outer = _scope;
            _scope = new Scope(around);
            Assign(statement.Target, item);
            bool keep = IsTrue(Evaluate(statement.Filter!));
            _scope = outer;
            if (keep) yield return item;
        }
    }

    /// <summary>Renders a recursive loop again over other items.</summary>
    public Text Recurse(LoopValue loop, Value items)
    {
        if (!loop.Statement.Recursive)
            throw TemplateFault.Runtime("The loop must have the 'recursive' marker to be called.");

        Scope outer = _scope;
        TextBuilder output = _output;
        Budget.Enter();
        _scope = loop.Around;
        _output = new TextBuilder(Budget);
        ExecuteFor(loop.Statement, items, loop.Depth0 + 1);
        Text text = _output.ToText();
        _output = output;
        _scope = outer;
        Budget.Leave();
        return text;
    }

    private Flow ExecuteWith(WithStatement statement)
    {
        Scope inner = new(_scope), outer = _scope;
        foreach ((Target target, Expr value) in statement.Bindings)
        {
            Value evaluated = Evaluate(value);
            _scope = inner;
            Assign(target, evaluated);
            _scope = outer;
        }

        return InScope(inner, statement.Body);
    }

    private Flow InScope(Scope scope, IReadOnlyList<Statement> body)
    {
        Scope outer = _scope;
        _scope = scope;
        Flow flow = Execute(body);
        _scope = outer;
        return flow;
    }

    private Flow Capture(IReadOnlyList<Statement> body, out Text text)
    {
        TextBuilder output = _output;
        _output = new TextBuilder(Budget);
        Flow flow = InScope(new Scope(_scope), body);
        text = _output.ToText();
        _output = output;
        return flow;
    }

    private void Assign(Target target, Value value)
    {
        switch (target)
        {
            case NameTarget name:
                _scope.Set(name.Name, value);
                break;
            case AttributeTarget attribute:
                if (_scope.Find(attribute.Name) is not NamespaceValue space)
                    throw TemplateFault.Runtime("cannot assign attribute on non-namespace object");
                Budget.CheckValueDepth(value.Depth);
                space.Set(attribute.Attribute, value);
                break;
            case TupleTarget tuple:
                List<Value> items = [.. Iterate(value).Take(tuple.Items.Count + 1)];
                if (items.Count > tuple.Items.Count) throw TemplateFault.Runtime($"too many values to unpack (expected {tuple.Items.Count})");
                if (items.Count < tuple.Items.Count)
                    throw TemplateFault.Runtime($"not enough values to unpack (expected {tuple.Items.Count}, got {items.Count})");
                for (int i = 0; i < items.Count; i++) Assign(tuple.Items[i], items[i]);
                break;
        }
    }

    /// <summary>Items of a value, charging one step each.</summary>
    public IEnumerable<Value> Iterate(Value value)
    {
        foreach (Value item in value.Iterate())
        {
            Budget.Step();
            yield return item;
        }
    }

    public static bool IsTrue(Value value) => value.IsTrue;
}
