using Puna.Engine.Constraints.Automata;

namespace Puna.Engine.Constraints.Matching;

/// <summary>
/// Runs a <see cref="Program"/> over bytes. States and transitions are made when first needed and kept up to a limit; the
/// program stays as it is. Not for several threads at once.
/// </summary>
internal sealed partial class Automaton
{
    /// <summary>Levels of nesting of generated JSON: what common parsers accept by default.</summary>
    internal const int MaxDepth = 64;

    /// <summary>Readings that one text may have at once.</summary>
    internal const int MaxReadings = 4096;

    private const int MaxSteps = 16 * MaxReadings; // of one closure: repetitions of nothing bring no reading and end late
    private const int MaxNodes = 200_000;
    private const int MaxStates = 30_000;
    private const int BytesPerNode = 180, BytesPerState = 2200; // a state has a row of transitions

    private readonly Program _program;
    private readonly HashSet<StackNode> _nodes = new(new StackNode.Comparer());
    private readonly HashSet<MatchState> _states = new(new MatchState.Comparer());
    private readonly HashSet<MatchState>.AlternateLookup<ReadOnlySpan<StackNode?>> _statesByNodes;
    private readonly List<StackNode> _closed = [];
    private readonly Stack<StackNode> _pending = new();
    private StackNode _probe = new();
    private bool _reachesEnd;
    private int _visit;
    private int _serial;
    private TextTrace _noText = new();
    private SeenValues _noValues = new();
    private readonly Dictionary<(TextForm, SeenValues), TextForm> _without = [];
    private TextTrace? _before; // text before the byte that is read, null where none is kept
    private TextTrace? _text;   // with it
    private byte _byte;

    internal Automaton(Program program)
    {
        _program = program;
        _statesByNodes = _states.GetAlternateLookup<ReadOnlySpan<StackNode?>>();
        Start = MakeStart();
    }

    /// <summary>Before the first byte.</summary>
    internal MatchState Start { get; private set; }

    /// <summary>Grows when what was kept is dropped: states from before must be taken over with <see cref="Adopt"/>.</summary>
    internal int Generation { get; private set; }

    /// <summary>Memory that kept states take, about.</summary>
    internal long Bytes => ((long)_nodes.Count * BytesPerNode) + ((long)_states.Count * BytesPerState);

    /// <summary>The state after one more byte; dead when it is not allowed.</summary>
    internal MatchState Next(MatchState state, byte b) => state.Next?[b] ?? MakeNext(state, b);

    /// <summary>The byte that must follow, if there is just one.</summary>
    internal bool TryGetOnly(MatchState state, out byte b, out MatchState next)
    {
        (b, next) = (0, state);
        bool found = false;
        if (state.Nodes.Length is 0 or > 8 || state.LoopRoom > 0) return false; // many bytes, as a rule

        for (int i = 0; i < 256; i++)
        {
            MatchState after = Next(state, (byte)i);
            if (after.IsDead) continue;
            if (found) return false;
            (found, b, next) = (true, (byte)i, after);
        }

        return found;
    }

    /// <summary>Drops what was kept, if it has grown too large. Between calls only, never within one walk.</summary>
    internal void Trim()
    {
        if (_nodes.Count < MaxNodes && _states.Count < MaxStates) return;

        _nodes.Clear();
        _states.Clear();
        _without.Clear();
        (_noText, _noValues) = (new TextTrace(), new SeenValues());
        Generation++;
        Start = MakeStart();
    }

    /// <summary>A state from before the last <see cref="Trim"/>, as one of this generation.</summary>
    internal MatchState Adopt(MatchState state)
    {
        _closed.Clear();
        foreach (StackNode node in state.Nodes) _closed.Add(AdoptNode(node));
        _reachesEnd = state.CanEnd;
        TextTrace? text = state.Text is null ? null : _noText;
        foreach (byte b in state.Text?.BytesFrom(0) ?? []) text = text!.With(b);
        return InternState(text);
    }

    /// <summary>The state that has some of a state's readings.</summary>
    internal MatchState Only(MatchState state, params IEnumerable<StackNode> nodes)
    {
        _closed.Clear();
        _closed.AddRange(nodes);
        _reachesEnd = false;
        return InternState(state.Text);
    }

    /// <summary>The same place where nothing is remembered of the text: what may follow there is all that may follow here, and values that come again.</summary>
    internal MatchState Untraced(MatchState state)
    {
        if (state.Untraced is { } known) return known;

        _closed.Clear();
        _closed.AddRange(state.Nodes.Select(Forget).Distinct());
        _reachesEnd = state.CanEnd;
        return state.Untraced = InternState(null);

        StackNode Forget(StackNode node) =>
            node.Traces ? Intern(node.Kind, node.Form, node.Parent is null ? null : Forget(node.Parent), node.Phase, node.State, node.Count, node.Partial, node.Last, node.Seen) : node;
    }

    /// <summary>A text node with another count.</summary>
    internal StackNode WithCount(StackNode node, int count) => Intern(node.Kind, node.Form, node.Parent, node.Phase, node.State, count, node.Partial, node.Last, node.Seen, node.Values, node.From);

    private StackNode AdoptNode(StackNode node)
    {
        Stack<StackNode> path = new();
        for (StackNode? n = node; n is not null; n = n.Parent) path.Push(n);
        StackNode? adopted = null;
        foreach (StackNode n in path) adopted = Intern(n.Kind, n.Form, adopted, n.Phase, n.State, n.Count, n.Partial, n.Last, n.Seen, n.Values?.In(_noValues), n.From);
        return adopted!;
    }

    private MatchState MakeStart()
    {
        BeginClosure();
        (_before, _text) = (null, null);
        StackNode? after = _program.Around is null ? null : Text(_program.Around, null);
        object start = _program.Start;
        StackNode first = start switch
        {
            ValueRule => Intern(NodeKind.Value, start, after),
            TextForm form => Text(form, after),
            _ => StartOf(start, after),
        };
        if (_program.Around is null) Push(first);
        else Push(Text(_program.Around, first));
        return FinishClosure();
    }

    private MatchState MakeNext(MatchState state, byte b)
    {
        BeginClosure();
        (_before, _text, _byte) = (state.Text, null, b);
        foreach (StackNode node in state.Nodes) Read(node, b);
        MatchState next = FinishClosure();
        state.SetNext(b, next);
        return next;
    }

    private void BeginClosure()
    {
        _pending.Clear(); // an error may have left some
        _closed.Clear();
        _reachesEnd = false;
        _visit++;
    }

    private MatchState FinishClosure()
    {
        for (int steps = 0; _pending.TryPop(out StackNode? node); steps++)
        {
            if (steps >= MaxSteps) throw new ConstraintException("", $"what may follow the text so far takes more than {MaxSteps} steps to find; repeat nothing that can be empty, and nest less.");
            Close(node);
            if (_closed.Count > MaxReadings) throw new ConstraintException("", $"the text so far can be read in more than {MaxReadings} ways; make the alternatives differ earlier.");
        }

        return InternState(_closed.Exists(static node => node.Traces) ? Text() : null);
    }

    /// <summary>The text with the byte that is read.</summary>
    private TextTrace Text() => _text ??= (_before ?? _noText).With(_byte);

    private MatchState InternState(TextTrace? text)
    {
        _closed.Sort(static (x, y) => x.Serial.CompareTo(y.Serial));
        if (_reachesEnd) _closed.Add(null!);
        if (text is not null) return InternTraced(text);
        ReadOnlySpan<StackNode?> key = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_closed)!;
        if (!_statesByNodes.TryGetValue(key, out MatchState? state))
        {
            state = new MatchState([.. key[..^(_reachesEnd ? 1 : 0)]!], _reachesEnd);
            _states.Add(state);
        }

        return state;
    }

    private MatchState InternTraced(TextTrace text)
    {
        if (_reachesEnd) _closed.RemoveAt(_closed.Count - 1);
        foreach (MatchState known in text.States)
        {
            if (known.CanEnd == _reachesEnd && known.Nodes.AsSpan().SequenceEqual(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_closed))) return known;
        }

        MatchState state = new([.. _closed], _reachesEnd, text);
        text.States.Add(state);
        _states.Add(state);
        return state;
    }

    /// <summary>Puts a stack in line to be closed; null is the end of the text.</summary>
    private void Push(StackNode? node)
    {
        if (node is null) _reachesEnd = true;
        else if (node.Visit != _visit)
        {
            node.Visit = _visit;
            _pending.Push(node);
        }
    }

    private StackNode Text(TextForm form, StackNode? parent) =>
        Intern(NodeKind.Text, form, parent, form.IsQuoted ? Phase.Start : Phase.Inside);

    private StackNode Intern(NodeKind kind, object form, StackNode? parent, int phase = 0, int state = 0, int count = 0, int partial = 0, int last = 0, KeySet? seen = null, SeenValues? values = null, int from = 0)
    {
        StackNode probe = _probe;
        (probe.Kind, probe.Form, probe.Parent, probe.Phase, probe.State) = (kind, form, parent, phase, state);
        (probe.Count, probe.Partial, probe.Last, probe.Seen, probe.Values, probe.From) = (count, partial, last, seen, values, from);
        if (_nodes.TryGetValue(probe, out StackNode? known)) return known;

        _probe = new StackNode();
        probe.Serial = ++_serial;
        bool opens = kind is NodeKind.Object or NodeKind.Array or NodeKind.Key;
        probe.Depth = (parent?.Depth ?? 0) + (opens ? 1 : 0);
        probe.Traces = values is not null || parent is { Traces: true };
        probe.MinBytes = ObjectForm.Sum(OwnBytes(probe), parent?.MinBytes ?? 0);
        _nodes.Add(probe);
        return probe;
    }

    /// <summary>Fewest bytes to the end of what the node itself is, about.</summary>
    private static int OwnBytes(StackNode node)
    {
        switch (node.Form)
        {
            case ValueRule rule:
                return rule.MinBytes;
            case TextForm form:
                return form.MinBytesFrom(node.State, node.Count) + (node.Phase == Phase.Start ? 1 : 0) + (node.Partial != 0 ? 1 : 0);
            case ArrayForm form:
                int missing = Math.Max(form.Least - node.Count, form.MatchLeast - node.State);
                return (node.Phase == Phase.Start ? 2 : 1) + (node.Phase == Phase.Due ? 2 : 0) + (Math.Max(0, missing) * 16);
            case ObjectForm form:
                return BytesOf(form, node);
            default:
                return BytesOfGrammar(node);
        }
    }

    private static int BytesOf(ObjectForm form, StackNode node)
    {
        if (node.Phase == Phase.Start) return form.MinBytes;

        int bytes = node.Kind == NodeKind.Key ? 3 + form.Keys.Shortest(node.State) + (node.Partial != 0 ? 1 : 0) : node.Phase == Phase.Colon ? 2 : 1;
        if (node.Phase is Phase.Colon or Phase.Value) bytes = ObjectForm.Sum(bytes, form.Values[node.State].MinBytes);
        if (node.Phase == Phase.Due) bytes += 4;
        return ObjectForm.Sum(bytes, form.RemainingBytes(node.Seen, node.Last, node.Count));
    }
}
