using Puna.Engine.Constraints.Automata;
using Puna.Engine.Constraints.Matching;
using Puna.Engine.Constraints.Regex;

namespace Puna.Engine.Constraints.Json;

/// <summary>Makes the program of a JSON Schema: a rule for every combination of conditions that a value somewhere may have to meet.</summary>
internal sealed class SchemaCompiler
{
    private const int MaxRules = 5000;
    private const int MaxMerged = 2000;
    private const int MaxFewKeys = 64;

    private static readonly Lazy<TextForm> NaturalSpace = new(() => new TextForm(RegexCompiler.Whole(" ?|\r?\n[ \t]{0,64}"), isQuoted: false));
    private static readonly Lazy<TextForm> AnySpace = new(() => new TextForm(RegexCompiler.Whole("[ \t\r\n]*"), isQuoted: false));
    private static readonly Dfa Words = DfaAlgebra.OfWords(["null", "true", "false"]);

    private readonly SchemaReader _reader;
    private readonly bool _anyOrder;
    private readonly bool _plainValues;
    private readonly Dictionary<Conjunction, ValueRule> _rules = [];
    private readonly Queue<(Conjunction Conditions, ValueRule Rule)> _unread = new();
    private readonly List<ObjectForm> _objects = [];
    private readonly List<ArrayForm> _arrays = [];
    private readonly Dictionary<StringRange, TextForm> _strings = [];
    private readonly Dictionary<string, TextForm> _plain = [];

    private SchemaCompiler(SchemaReader reader, ConstraintOptions options) => (_reader, _anyOrder, _plainValues) = (reader, options.KeyOrder == KeyOrder.Any, options.PlainValues);

    /// <exception cref="ConstraintException">The schema cannot be enforced, allows nothing, or is too large.</exception>
    internal static Program Compile(string text, ConstraintOptions options)
    {
        SchemaDocument document = new(text);
        SchemaReader reader = new(document, options.PlainValues);
        SchemaCompiler compiler = new(reader, options);
        ValueRule root = compiler.RuleOf(Conjunction.Of(reader.Atom("", document.Root)));
        compiler.ReadAll();
        if (!root.IsPossible) throw new ConstraintException("", "no value is valid under the schema.");
        if (root.Height > Automaton.MaxDepth) throw new ConstraintException("", $"every valid value is nested more than {Automaton.MaxDepth} deep.");

        return options.Whitespace switch
        {
            JsonWhitespace.None => new Program(root, null, null, options.PlainValues),
            JsonWhitespace.Natural => new Program(root, NaturalSpace.Value, null, options.PlainValues),
            _ => new Program(root, AnySpace.Value, AnySpace.Value, options.PlainValues),
        };
    }

    private void ReadAll()
    {
        while (_unread.TryDequeue(out (Conjunction Conditions, ValueRule Rule) next))
        {
            try
            {
                Fill(next.Rule, _reader.Read(next.Conditions));
            }
            catch (AutomatonLimitException limit)
            {
                throw new ConstraintException(next.Conditions.Atoms.Length > 0 ? next.Conditions.Atoms[^1].Pointer : "", $"it is too large: {limit.Message}.", limit);
            }
        }

        for (bool changed = true; changed;)
        {
            changed = false;
            foreach (ArrayForm form in _arrays) form.Update();
            foreach (ObjectForm form in _objects) form.Update();
            foreach (ValueRule rule in _rules.Values) changed |= rule.Update();
        }

        foreach (ObjectForm form in _objects) form.Complete();
    }

    private ValueRule RuleOf(Conjunction conditions)
    {
        if (_rules.TryGetValue(conditions, out ValueRule? known)) return known;
        if (_rules.Count >= MaxRules) throw new ConstraintException("", $"the schema needs more than {MaxRules} rules.");

        ValueRule rule = new();
        _rules.Add(conditions, rule);
        _unread.Enqueue((conditions, rule));
        return rule;
    }

    private void Fill(ValueRule rule, ValueSet set)
    {
        if (PlainText(set) is { } plain) rule.Texts.Add(plain);
        foreach (TextForm text in StringTexts(set)) rule.Texts.Add(text);
        foreach (ArrayRange range in set.Arrays)
        {
            ArrayForm form = ArrayOf(range);
            rule.Arrays.Add(form);
            _arrays.Add(form);
        }

        foreach (ObjectRange range in set.Objects)
        {
            foreach (ObjectRange settled in WithWitnesses(range))
            {
                if (ObjectOf(settled) is not { } form) continue;
                rule.Objects.Add(form);
                _objects.Add(form);
            }
        }
    }

    /// <summary>Numbers, true, false and null: one automaton.</summary>
    private TextForm? PlainText(ValueSet set)
    {
        string key = $"{set.Null} {set.True} {set.False} {string.Join(';', set.Numbers)}";
        if (_plain.TryGetValue(key, out TextForm? known)) return known;

        List<string> words = [];
        if (set.Null) words.Add("null");
        if (set.True) words.Add("true");
        if (set.False) words.Add("false");
        Dfa dfa = words.Count == 3 ? Words : DfaAlgebra.OfWords(words);
        if (set.Numbers.Count > 0 && set.Numbers.All(range => range.IsPoint && _plainValues && range.NotMultipleOf.Count == 0))
            dfa = DfaAlgebra.OfWords([.. words, .. set.Numbers.SelectMany(range => NumberAutomaton.Of(range).Words(4)!)]);
        else
            foreach (NumberRange range in set.Numbers) dfa = DfaAlgebra.Union(dfa, NumberAutomaton.Of(range, _plainValues));
        if (dfa.IsEmpty) return null;

        TextForm form = new(dfa, isQuoted: false);
        _plain.Add(key, form);
        return form;
    }

    private IEnumerable<TextForm> StringTexts(ValueSet set)
    {
        Dfa merged = DfaAlgebra.Empty;
        foreach (StringRange range in set.Strings)
        {
            if (set.Strings.Count > 1 && range is { Least: 0, Most: Dfa.Unbounded } && range.Dfa.StateCount + merged.StateCount < MaxMerged) merged = DfaAlgebra.Union(merged, range.Dfa);
            else yield return StringText(range);
        }

        if (!merged.IsEmpty) yield return StringText(StringRange.Of(merged));
    }

    private TextForm StringText(StringRange range)
    {
        if (!_strings.TryGetValue(range, out TextForm? form)) _strings.Add(range, form = new TextForm(range.Dfa, isQuoted: true, range.Least, range.Most));
        return form;
    }

    private ArrayForm ArrayOf(ArrayRange range)
    {
        ValueRule[] first = [.. range.First.Select(RuleOf)];
        ValueRule rest = RuleOf(range.Rest);
        bool unique = range.DistinctPointer is not null && range.Most > 1;
        if (range.Contains.Count == 0) return new ArrayForm { First = first, Rest = rest, Least = range.Least, Most = range.Most, IsUnique = unique };
        if (range.Contains.Count > 1) throw new ConstraintException(range.Contains[1].Pointer, "a second condition that some items must meet cannot be enforced beside the first.");

        Containment wanted = range.Contains[0];
        bool bounded = wanted.Most != Dfa.Unbounded;
        return new ArrayForm
        {
            First = first,
            Rest = rest,
            Least = range.Least,
            Most = range.Most,
            IsUnique = unique,
            MatchLeast = wanted.Least,
            MatchMost = wanted.Most,
            Matching = [.. Enumerable.Range(0, first.Length + 1).Select(i => RuleOf(range.Item(i).With(Conjunction.Of(wanted.Item))))],
            Failing = bounded ? [.. Enumerable.Range(0, first.Length + 1).Select(i => RuleOf(range.Item(i).With(Conjunction.Of(_reader.Opposite(wanted.Item)))))] : null,
        };
    }

    /// <summary>
    /// The same objects with every witness settled on a key: where a value of some key must meet a condition, the key is one of
    /// those that may be there.
    /// </summary>
    private static IEnumerable<ObjectRange> WithWitnesses(ObjectRange range)
    {
        if (range.Witnesses is not [(Dfa keys, Conjunction condition), ..]) return [range];

        string[] names = NamesOf(range);
        List<string> candidates = [.. names.Where(name => keys.Accepts(name) && range.Keys?.Accepts(name) != false)];
        foreach ((Dfa others, _) in OtherKeys(range, names))
        {
            Dfa both = DfaAlgebra.Intersect(others, keys);
            if (both.IsEmpty) continue;
            candidates.AddRange(both.Words(MaxFewKeys) ?? throw new ConstraintException(condition.Atoms is [var atom, ..] ? atom.Pointer : "",
                "the opposite of a condition on keys that are not declared is needed here (for not, if or oneOf) and cannot be enforced. Declare the keys, and set additionalProperties to false."));
        }

        return candidates.SelectMany(name => WithWitnesses(range with
        {
            Witnesses = [.. range.Witnesses.Skip(1)],
            Required = [.. range.Required.Append(name).Distinct()],
            Layers = condition.Atoms.Length == 0 ? range.Layers : [.. range.Layers, new ObjectLayer { Properties = [(name, condition)] }],
        }));
    }

    /// <summary>Keys that the schema names, in order.</summary>
    private static string[] NamesOf(ObjectRange range) =>
        [.. range.Layers.SelectMany(layer => layer.Properties.Select(p => p.Key)).Concat(range.Required).Concat(range.Dependencies.SelectMany(d => new[] { d.Key, d.Needed })).Distinct()];

    private ObjectForm? ObjectOf(ObjectRange range)
    {
        string[] names = NamesOf(range);
        if (range.Keys is { } allowed) names = [.. names.Where(name => allowed.Accepts(name))];
        if (range.Required.Any(key => !names.Contains(key))) return null;

        List<(Dfa Keys, Conjunction Value)> others = OtherKeys(range, names);
        string[] few = [.. others.SelectMany(other => other.Keys.Words(MaxFewKeys) ?? [])];
        if (few.Length is > 0 and <= MaxFewKeys)
        {
            names = [.. names, .. few]; // keys that can be listed are as good as declared
            others = OtherKeys(range, names);
        }

        ValueRule[] values = [.. names.Select(name => RuleOf(range.ValueOf(name))), .. others.Select(o => RuleOf(o.Value))];
        Dfa keys = DfaAlgebra.OfWords(names, labelled: true);
        for (int i = 0; i < others.Count; i++)
        {
            int label = names.Length + i;
            keys = DfaAlgebra.Product(keys, others[i].Keys, (x, y) => x >= 0 ? x : y >= 0 ? label : -1, needsBoth: false);
        }

        KeySet required = new(values.Length);
        foreach (string key in range.Required) required = required.With(Array.IndexOf(names, key));
        KeySet?[] requires = new KeySet?[names.Length];
        bool impossibleDependency = false;
        foreach ((string key, string needed) in range.Dependencies)
        {
            int k = Array.IndexOf(names, key), n = Array.IndexOf(names, needed);
            if (k < 0) continue;
            if (n < 0) impossibleDependency = true;
            else requires[k] = (requires[k] ?? new KeySet(values.Length)).With(n);
        }

        string pointer = range.Layers.Count > 0 && range.Layers[^1].Additional.Atoms is [var atom, ..] ? atom.Pointer : "";
        if (impossibleDependency) throw new ConstraintException(pointer, "a key depends on one that propertyNames forbids.");
        if (range.Dependencies.Count > 0 && range.Least > range.Required.Count) throw new ConstraintException(pointer, "minProperties beside dependentRequired cannot be enforced.");
        return new ObjectForm(names, values, keys, required, requires, range.Least, range.Most, _anyOrder);
    }

    /// <summary>Keys that are not declared, in classes with the same conditions on their values.</summary>
    private static List<(Dfa Keys, Conjunction Value)> OtherKeys(ObjectRange range, string[] names)
    {
        const int MaxClasses = 64;
        Dfa undeclared = DfaAlgebra.Subtract(range.Keys ?? DfaAlgebra.Universal, DfaAlgebra.OfWords(names));
        List<(Dfa Keys, Conjunction Value)> classes = [(undeclared, Conjunction.Any)];
        foreach (ObjectLayer layer in range.Layers)
        {
            List<(Dfa Keys, Conjunction Value)> split = [];
            foreach ((Dfa keys, Conjunction value) in classes)
            {
                List<(Dfa Keys, Conjunction Value, bool Matched)> parts = [(keys, value, false)];
                foreach ((Dfa pattern, Conjunction condition) in layer.Patterns)
                {
                    parts = [.. parts.SelectMany<(Dfa Keys, Conjunction Value, bool Matched), (Dfa, Conjunction, bool)>(part =>
                        [(DfaAlgebra.Intersect(part.Keys, pattern), part.Value.With(condition), true), (DfaAlgebra.Subtract(part.Keys, pattern), part.Value, part.Matched)])
                        .Where(part => !part.Item1.IsEmpty)];
                    if (parts.Count + split.Count > MaxClasses) throw new AutomatonLimitException($"its patterns divide keys into more than {MaxClasses} classes");
                }

                split.AddRange(parts.Select(part => (part.Keys, part.Matched ? part.Value : part.Value.With(layer.Additional))));
            }

            classes = split;
        }

        return [.. classes.Where(c => !c.Keys.IsEmpty && !c.Value.Atoms.Any(a => a.Element.ValueKind == System.Text.Json.JsonValueKind.False && !a.IsConstant && !a.IsNegated))];
    }
}
