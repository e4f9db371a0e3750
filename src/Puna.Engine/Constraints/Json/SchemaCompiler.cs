using Puna.Engine.Constraints.Automata;
using Puna.Engine.Constraints.Matching;
using Puna.Engine.Constraints.Regex;

namespace Puna.Engine.Constraints.Json;

/// <summary>Makes the program of a JSON Schema: a rule for every combination of conditions that a value somewhere may have to meet.</summary>
internal sealed class SchemaCompiler
{
    private const int MaxRules = 5000;
    private const int MaxDistinct = 512;
    private const int MaxMerged = 2000;

    private static readonly Lazy<TextForm> NaturalSpace = new(() => new TextForm(RegexCompiler.Whole(" ?|\r?\n[ \t]{0,64}"), isQuoted: false));
    private static readonly Lazy<TextForm> AnySpace = new(() => new TextForm(RegexCompiler.Whole("[ \t\r\n]*"), isQuoted: false));
    private static readonly Dfa Words = DfaAlgebra.OfWords(["null", "true", "false"]);

    private readonly SchemaReader _reader;
    private readonly bool _anyOrder;
    private readonly Dictionary<Conjunction, ValueRule> _rules = [];
    private readonly Queue<(Conjunction Conditions, ValueRule Rule)> _unread = new();
    private readonly List<ObjectForm> _objects = [];
    private readonly List<ArrayForm> _arrays = [];
    private readonly Dictionary<StringRange, TextForm> _strings = [];
    private readonly Dictionary<string, TextForm> _plain = [];

    private SchemaCompiler(SchemaReader reader, bool anyOrder) => (_reader, _anyOrder) = (reader, anyOrder);

    /// <exception cref="ConstraintException">The schema cannot be enforced, allows nothing, or is too large.</exception>
    internal static Program Compile(string text, ConstraintOptions options)
    {
        SchemaDocument document = new(text);
        SchemaReader reader = new(document);
        SchemaCompiler compiler = new(reader, options.KeyOrder == KeyOrder.Any);
        ValueRule root = compiler.RuleOf(Conjunction.Of(reader.Atom("", document.Root)));
        compiler.ReadAll();
        if (!root.IsPossible) throw new ConstraintException("", "no value is valid under the schema.");
        if (root.Height > Automaton.MaxDepth) throw new ConstraintException("", $"every valid value is nested more than {Automaton.MaxDepth} deep.");

        return options.Whitespace switch
        {
            JsonWhitespace.None => new Program(root, null, null),
            JsonWhitespace.Natural => new Program(root, NaturalSpace.Value, null),
            _ => new Program(root, AnySpace.Value, AnySpace.Value),
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
            if (ObjectOf(range) is not { } form) continue;
            rule.Objects.Add(form);
            _objects.Add(form);
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
        if (set.Numbers.Count > 0 && set.Numbers.All(range => range.IsPoint))
            dfa = DfaAlgebra.OfWords([.. words, .. set.Numbers.SelectMany(range => NumberAutomaton.Of(range).Words(4)!)]);
        else
            foreach (NumberRange range in set.Numbers) dfa = DfaAlgebra.Union(dfa, NumberAutomaton.Of(range));
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
        if (range.DistinctPointer is not null && range.Most > 1)
        {
            if (range.Contains.Count > 0 || first.Length > 0) throw new ConstraintException(range.DistinctPointer, "beside contains or prefixItems it cannot be enforced. Leave one of them out.");
            return new ArrayForm { First = [], Rest = rest, Least = range.Least, Most = range.Most, Distinct = DistinctValues(range) };
        }

        if (range.Contains.Count == 0) return new ArrayForm { First = first, Rest = rest, Least = range.Least, Most = range.Most };
        if (range.Contains.Count > 1) throw new ConstraintException(range.Contains[1].Pointer, "a second condition that some items must meet cannot be enforced beside the first.");

        Containment wanted = range.Contains[0];
        bool bounded = wanted.Most != Dfa.Unbounded;
        return new ArrayForm
        {
            First = first,
            Rest = rest,
            Least = range.Least,
            Most = range.Most,
            MatchLeast = wanted.Least,
            MatchMost = wanted.Most,
            Matching = [.. Enumerable.Range(0, first.Length + 1).Select(i => RuleOf(range.Item(i).With(Conjunction.Of(wanted.Item))))],
            Failing = bounded ? [.. Enumerable.Range(0, first.Length + 1).Select(i => RuleOf(range.Item(i).With(Conjunction.Of(_reader.Opposite(wanted.Item)))))] : null,
        };
    }

    /// <summary>A rule for every value that an item may have, where they can be listed.</summary>
    private ValueRule[] DistinctValues(ArrayRange range)
    {
        ValueSet set = _reader.Read(range.Rest);
        List<ValueRule> values = [];
        bool listed = set.Arrays.Count + set.Objects.Count == 0;
        foreach (StringRange strings in set.Strings)
        {
            if (!listed) break;
            List<string>? words = strings.ToDfa().Words(MaxDistinct);
            listed = words is not null;
            foreach (string word in words ?? []) Add(new TextForm(DfaAlgebra.OfWords([word]), isQuoted: true));
        }

        HashSet<JsonDecimal> numbers = [];
        foreach (NumberRange range1 in set.Numbers)
        {
            if (!listed) break;
            List<string>? words = NumberAutomaton.Of(range1).Words(MaxDistinct);
            listed = words is not null && range1.Whole != false && (range1.IsPoint || range1.Whole == true || range1.MultipleOf is not null);
            foreach (string word in words ?? [])
            {
                if (JsonDecimal.TryParse(word, out JsonDecimal number) && numbers.Add(number)) Add(new TextForm(DfaAlgebra.OfWords([word]), isQuoted: false));
            }
        }

        if (set.Null) Add(new TextForm(DfaAlgebra.OfWords(["null"]), isQuoted: false));
        if (set.True) Add(new TextForm(DfaAlgebra.OfWords(["true"]), isQuoted: false));
        if (set.False) Add(new TextForm(DfaAlgebra.OfWords(["false"]), isQuoted: false));
        if (!listed || values.Count > MaxDistinct)
            throw new ConstraintException(range.DistinctPointer!, $"it can be enforced only where the items have at most {MaxDistinct} values, such as those of an enum: no automaton remembers all texts. Leave it out and remove repetitions afterwards.");
        return [.. values];

        void Add(TextForm text)
        {
            ValueRule rule = new();
            rule.Texts.Add(text);
            rule.Update();
            values.Add(rule);
        }
    }

    private ObjectForm? ObjectOf(ObjectRange range)
    {
        string[] names = [.. range.Layers.SelectMany(layer => layer.Properties.Select(p => p.Key))
            .Concat(range.Required).Concat(range.Dependencies.SelectMany(d => new[] { d.Key, d.Needed })).Distinct()];
        if (range.Keys is { } allowed) names = [.. names.Where(name => allowed.Accepts(name))];
        if (range.Required.Any(key => !names.Contains(key))) return null;

        List<(Dfa Keys, Conjunction Value)> others = OtherKeys(range, names);
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
        if (others.Count > 0 && range.Least > names.Length + 1) throw new ConstraintException(pointer, $"minProperties {range.Least} cannot be enforced: keys that are not declared might repeat. Declare the keys.");

        // Keys that are not declared may come twice without harm to validity, so only one of them counts towards the least number.
        bool capped = others.Count > 0 && range.Least > range.Required.Count + 1;
        if (capped) throw new ConstraintException(pointer, $"minProperties {range.Least} cannot be enforced beside keys that are not declared: these might repeat. Set additionalProperties to false, or require keys by name.");
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
