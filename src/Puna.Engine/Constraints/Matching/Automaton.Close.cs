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

    private void PushForms(ValueRule rule, StackNode? parent, SeenValues? taken = null)
    {
        foreach (TextForm form in rule.Texts)
        {
            TextForm text = Without(form, taken);
            if (!text.IsEmpty) Push(Text(text, parent));
        }

        int levels = MaxDepth - (parent?.Depth ?? 0);
        foreach (ObjectForm form in rule.Objects)
        {
            if (form.Height <= levels) Push(Intern(NodeKind.Object, form, parent, Phase.Start, last: -1, seen: form.Remembers ? new KeySet(form.Values.Length) : null, values: form.CountsOtherKeys ? _noValues : null));
        }

        foreach (ArrayForm form in rule.Arrays)
        {
            if (form.Height <= levels) Push(Intern(NodeKind.Array, form, parent, Phase.Start, values: form.IsUnique ? _noValues : null));
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
            case Phase.After when node.Values is { } values:
                string value = Text().ValueFrom(node.From);
                if (!values.Contains(value)) PushSpaced(Intern(NodeKind.Array, form, node.Parent, Phase.Next, node.State, node.Count, values: values.With(value)));
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
        int count = Math.Min(node.Count + 1, form.Saturation), levels = MaxDepth - node.Depth, from = node.Values is null ? 0 : Text().Length;
        if (form.Item(node.Count, node.State) is { IsPossible: true } item && item.Height <= levels && form.CanComplete(count, node.State, levels))
            PushForms(item, Intern(NodeKind.Array, form, node.Parent, Phase.After, node.State, count, values: node.Values, from: from), node.Values);

        bool counts = node.State < form.MatchLeast || form.MatchMost != Dfa.Unbounded;
        if (counts && form.Match(node.Count) is { IsPossible: true } match && match.Height <= levels && form.CanComplete(count, node.State + 1, levels))
            PushForms(match, Intern(NodeKind.Array, form, node.Parent, Phase.After, node.State + 1, count, values: node.Values, from: from), node.Values);
    }

    private bool HasItems(ArrayForm form, StackNode node)
    {
        int count = Math.Min(node.Count + 1, form.Saturation), levels = MaxDepth - node.Depth;
        if (form.Item(node.Count, node.State) is { IsPossible: true } item && item.Height <= levels && form.CanComplete(count, node.State, levels) && HasMore(item, node.Values)) return true;
        return (node.State < form.MatchLeast || form.MatchMost != Dfa.Unbounded)
            && form.Match(node.Count) is { IsPossible: true } match && match.Height <= levels && form.CanComplete(count, node.State + 1, levels) && HasMore(match, node.Values);
    }

    /// <summary>Whether a rule has values besides those taken; of objects and arrays it is taken for granted.</summary>
    private bool HasMore(ValueRule rule, SeenValues? taken) =>
        taken is null || rule.Objects.Count + rule.Arrays.Count > 0 || rule.Texts.Exists(text => !Without(text, taken).IsEmpty);

    /// <summary>A text that is none of some values.</summary>
    private TextForm Without(TextForm form, SeenValues? taken)
    {
        if (taken is null || ReferenceEquals(taken, _noValues)) return form;
        if (_without.TryGetValue((form, taken), out TextForm? known)) return known;

        TextForm rest = form.Without(taken.Items());
        _without.Add((form, taken), rest);
        return rest;
    }

    /// <summary>The same object or array at another place.</summary>
    private StackNode Move(StackNode node, int phase, int? state = null) =>
        Intern(node.Kind, node.Form, node.Parent, phase, state ?? (node.Kind == NodeKind.Array ? node.State : 0), node.Count, 0, node.Last, node.Seen, node.Values, node.From);

    private void PushSpaced(StackNode node)
    {
        if (_program.Between is null) Push(node);
        else Push(Text(_program.Between, node));
    }
}
