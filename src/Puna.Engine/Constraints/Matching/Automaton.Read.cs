namespace Puna.Engine.Constraints.Matching;

internal sealed partial class Automaton
{
    /// <summary>Reads a byte on top of a stack.</summary>
    private void Read(StackNode node, byte b)
    {
        switch (node.Kind)
        {
            case NodeKind.Text:
                ReadText((TextForm)node.Form, node, b);
                break;
            case NodeKind.Key:
                ReadKey((ObjectForm)node.Form, node, b);
                break;
            case NodeKind.Object:
                ReadObject((ObjectForm)node.Form, node, b);
                break;
            case NodeKind.Array:
                ReadArray((ArrayForm)node.Form, node, b);
                break;
        }
    }

    private void ReadText(TextForm form, StackNode node, byte b)
    {
        if (node.Phase == Phase.Start)
        {
            if (b == '"') Push(Intern(NodeKind.Text, form, node.Parent, Phase.Inside));
            return;
        }

        TextPosition at = new(node.State, node.Count, node.Partial);
        TextMove move = form.IsQuoted
            ? TextReader<TextFormMoves>.ReadQuoted(new TextFormMoves(form), ref at, b, _program.PlainStrings)
            : TextReader<TextFormMoves>.ReadPlain(new TextFormMoves(form), ref at, b);
        if (move == TextMove.Closed) Push(node.Parent);
        else if (move == TextMove.Inside) Push(Intern(NodeKind.Text, form, node.Parent, Phase.Inside, at.State, at.Count, at.Partial));
    }

    private void ReadKey(ObjectForm form, StackNode node, byte b)
    {
        KeySet available = AvailableTo(form, node);
        TextPosition at = new(node.State, 0, node.Partial);
        TextMove move = TextReader<KeyMoves>.ReadQuoted(new KeyMoves(form, available), ref at, b, _program.PlainStrings);
        if (move == TextMove.Inside)
        {
            StackNode next = Intern(NodeKind.Key, form, node.Parent, Phase.Inside, at.State, node.Count, at.Partial, node.Last, node.Seen, node.Values, node.From);
            next.Available ??= available;
            Push(next);
        }
        else if (move == TextMove.Closed)
        {
            int key = form.Keys.Label(node.State);
            bool other = key >= form.Names.Length;
            int last = form.AnyOrder ? -1 : other ? form.Names.Length : key;
            KeySet? seen = node.Seen is null || other ? node.Seen : node.Seen.With(key);
            SeenValues? values = node.Values;
            if (other && values is not null)
            {
                string name = Text().ValueFrom(node.From);
                if (values.Contains(name)) return;
                values = values.With(name);
            }

            if (node.Count + 1 >= form.Least) values = null;
            int enough = form.Most == Automata.Dfa.Unbounded ? form.Least : Automata.Dfa.Unbounded;
            PushSpaced(Intern(NodeKind.Object, form, node.Parent, Phase.Colon, key, Math.Min(node.Count + 1, enough), 0, last, seen, values));
        }
    }

    private void ReadObject(ObjectForm form, StackNode node, byte b)
    {
        switch (node.Phase, (char)b)
        {
            case (Phase.Start, '{'):
                PushSpaced(Move(node, Phase.First));
                break;
            case (Phase.First or Phase.Due, '"') when !AvailableTo(form, node).IsEmpty:
                StackNode key = Intern(NodeKind.Key, form, node.Parent, Phase.Inside, 0, node.Count, 0, node.Last, node.Seen, node.Values, node.Values is null ? 0 : Text().Length - 1);
                key.Available ??= node.Available;
                if (form.CanReach(0, key.Available!)) Push(key);
                break;
            case (Phase.First or Phase.Next, '}') when form.CanClose(node.Seen ?? form.Nothing, node.Last, node.Count):
                Push(node.Parent);
                break;
            case (Phase.Next, ',') when !AvailableTo(form, node).IsEmpty:
                StackNode due = Move(node, Phase.Due);
                due.Available ??= node.Available;
                PushSpaced(due);
                break;
            case (Phase.Colon, ':'):
                PushSpaced(Move(node, Phase.Value, node.State));
                break;
        }
    }

    private void ReadArray(ArrayForm form, StackNode node, byte b)
    {
        switch (node.Phase, (char)b)
        {
            case (Phase.Start, '['):
                PushSpaced(Move(node, Phase.First));
                break;
            case (Phase.First or Phase.Next, ']') when form.CanClose(node.Count, node.State):
                Push(node.Parent);
                break;
            case (Phase.Next, ',') when HasItems(form, node):
                PushSpaced(Move(node, Phase.Due));
                break;
        }
    }

    private static KeySet AvailableTo(ObjectForm form, StackNode node) =>
        node.Available ??= form.Available(node.Seen ?? form.Nothing, node.Last, node.Count, MaxDepth - node.Depth);
}
