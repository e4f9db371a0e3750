using Puna.Engine.Constraints.Automata;

namespace Puna.Engine.Constraints.Matching;

internal sealed partial class Automaton
{
    /// <summary>Follows a stack to all that wait for a byte.</summary>
    private void Close(StackNode node)
    {
        switch (node.Kind)
        {
            case NodeKind.Value:
                PushForms((ValueRule)node.Form, node.Parent);
                break;
            case NodeKind.Text:
                CloseText((TextForm)node.Form, node);
                break;
            case NodeKind.Object:
                CloseObject((ObjectForm)node.Form, node);
                break;
            case NodeKind.Array:
                CloseArray((ArrayForm)node.Form, node);
                break;
            case NodeKind.Key:
                _closed.Add(node);
                break;
            default:
                CloseGrammar(node);
                break;
        }
    }

    private void PushForms(ValueRule rule, StackNode? parent)
    {
        foreach (TextForm text in rule.Texts)
        {
            if (!text.IsEmpty) Push(Text(text, parent));
        }

        int levels = MaxDepth - (parent?.Depth ?? 0);
        foreach (ObjectForm form in rule.Objects)
        {
            if (form.Height <= levels) Push(Intern(NodeKind.Object, form, parent, Phase.Start, last: -1, seen: form.Remembers ? new KeySet(form.Values.Length) : null));
        }

        foreach (ArrayForm form in rule.Arrays)
        {
            if (form.Height <= levels) Push(Intern(NodeKind.Array, form, parent, Phase.Start, seen: form.Distinct is null ? null : new KeySet(form.Distinct.Length)));
        }
    }

    private void CloseText(TextForm form, StackNode node)
    {
        if (form.IsQuoted)
        {
            _closed.Add(node);
            return;
        }

        if (node.Partial != 0 || !form.Dfa.IsLast(node.State)) _closed.Add(node);
        if (node.Partial == 0 && form.CanClose(node.State, node.Count)) Push(node.Parent);
    }

    private void CloseObject(ObjectForm form, StackNode node)
    {
        switch (node.Phase)
        {
            case Phase.Value:
                PushForms(form.Values[node.State], Move(node, Phase.After));
                break;
            case Phase.After:
                PushSpaced(Move(node, Phase.Next));
                break;
            default:
                _closed.Add(node);
                break;
        }
    }

    private void CloseArray(ArrayForm form, StackNode node)
    {
        switch (node.Phase)
        {
            case Phase.First:
                if (form.CanClose(node.Count, node.State)) _closed.Add(node);
                PushItems(form, node);
                break;
            case Phase.Due:
                PushItems(form, node);
                break;
            case Phase.After:
                PushSpaced(Move(node, Phase.Next));
                break;
            default:
                _closed.Add(node);
                break;
        }
    }

    private void PushItems(ArrayForm form, StackNode node)
    {
        if (form.Distinct is not null)
        {
            if (node.Count >= form.Most) return;
            for (int i = 0; i < form.Distinct.Length; i++)
            {
                if (node.Seen!.Contains(i) || !form.Distinct[i].IsPossible) continue;
                PushForms(form.Distinct[i], Intern(NodeKind.Array, form, node.Parent, Phase.After, 0, node.Count + 1, seen: node.Seen.With(i)));
            }

            return;
        }

        int count = Math.Min(node.Count + 1, form.Saturation), levels = MaxDepth - node.Depth;
        if (form.Item(node.Count, node.State) is { IsPossible: true } item && item.Height <= levels && form.CanComplete(count, node.State, levels))
            PushForms(item, Intern(NodeKind.Array, form, node.Parent, Phase.After, node.State, count));

        bool counts = node.State < form.MatchLeast || form.MatchMost != Dfa.Unbounded;
        if (counts && form.Match(node.Count) is { IsPossible: true } match && match.Height <= levels && form.CanComplete(count, node.State + 1, levels))
            PushForms(match, Intern(NodeKind.Array, form, node.Parent, Phase.After, node.State + 1, count));
    }

    private static bool HasItems(ArrayForm form, StackNode node)
    {
        int count = Math.Min(node.Count + 1, form.Saturation), levels = MaxDepth - node.Depth;
        if (form.Distinct is not null)
            return node.Count < form.Most && Enumerable.Range(0, form.Distinct.Length).Any(i => !node.Seen!.Contains(i) && form.Distinct[i].IsPossible && form.Distinct[i].Height <= levels);
        if (form.Item(node.Count, node.State) is { IsPossible: true } item && item.Height <= levels && form.CanComplete(count, node.State, levels)) return true;
        return (node.State < form.MatchLeast || form.MatchMost != Dfa.Unbounded)
            && form.Match(node.Count) is { IsPossible: true } match && match.Height <= levels && form.CanComplete(count, node.State + 1, levels);
    }

    /// <summary>The same object or array at another place.</summary>
    private StackNode Move(StackNode node, int phase, int? state = null) =>
        Intern(node.Kind, node.Form, node.Parent, phase, state ?? (node.Kind == NodeKind.Array ? node.State : 0), node.Count, 0, node.Last, node.Seen);

    private void PushSpaced(StackNode node)
    {
        if (_program.Between is null) Push(node);
        else Push(Text(_program.Between, node));
    }
}
