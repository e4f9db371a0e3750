using Puna.Engine.Constraints.Automata;
using Puna.Engine.Constraints.Grammars;

namespace Puna.Engine.Constraints.Matching;

internal sealed partial class Automaton
{
    private StackNode StartOf(object start, StackNode? after) => Intern(NodeKind.Rule, ((GrammarRule)start).Start, after);

    private void CloseGrammar(StackNode node)
    {
        if (node.Kind == NodeKind.Repeat)
        {
            GrammarRepeat repeat = (GrammarRepeat)node.Form;
            if (node.Count >= repeat.Least) Push(node.Parent);
            if (repeat.Most is { } most && node.Count >= most) return;

            int count = repeat.Most is null ? Math.Min(node.Count + 1, repeat.Least) : node.Count + 1;
            Push(Intern(NodeKind.Rule, repeat.Inner.Start, Intern(NodeKind.Repeat, repeat, node.Parent, count: count)));
            return;
        }

        GrammarState state = (GrammarState)node.Form;
        if (state.IsEnd) Push(node.Parent);
        foreach ((object? form, GrammarState target) in state.Ways)
        {
            // What has nothing left to do need not be returned to: lists in rules that end with themselves take no room.
            StackNode? after = target.IsEnd && target.Ways.Count == 0 ? node.Parent : Intern(NodeKind.Rule, target, node.Parent);
            switch (form)
            {
                case null: Push(after); break;
                case TextForm text: Push(Text(text, after)); break;
                case GrammarRule rule: Push(Intern(NodeKind.Rule, rule.Start, after)); break;
                case GrammarRepeat repeat: Push(Intern(NodeKind.Repeat, repeat, after)); break;
            }
        }
    }

    private static int BytesOfGrammar(StackNode node) => node.Form switch
    {
        GrammarState state => state.MinBytes,
        GrammarRepeat repeat when node.Count < repeat.Least => (int)Math.Min(Dfa.Unbounded - 1L, (long)(repeat.Least - node.Count) * repeat.Inner.Start.MinBytes),
        _ => 0,
    };
}
