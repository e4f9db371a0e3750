using System.Text.Json;
using Puna.Engine.Constraints.Automata;
using Puna.Engine.Constraints.Regex;

namespace Puna.Engine.Constraints.Json;

/// <summary>
/// Finds the set of values that a schema allows, one level deep: what is inside arrays and objects stays a
/// <see cref="Conjunction"/> of schemas, to be read when it is needed. Every keyword is taken into account exactly or refused.
/// </summary>
internal sealed partial class SchemaReader(SchemaDocument document, bool plain)
{
    private const int MaxReferences = 100;
    private const int MaxRanges = 300;

    private static readonly JsonElement FalseSchema = JsonDocument.Parse("false").RootElement.Clone();

    private readonly Dictionary<(string Pointer, bool Constant, bool Negated), SchemaAtom> _atoms = [];
    private readonly Dictionary<int, ValueSet> _sets = [];
    private readonly HashSet<int> _open = [];

    /// <summary>No value at all.</summary>
    private Conjunction Impossible => Conjunction.Of(Atom("!", FalseSchema));

    /// <summary>The condition that a schema stands for.</summary>
    internal SchemaAtom Atom(string pointer, JsonElement element, bool constant = false, bool negated = false)
    {
        if (_atoms.TryGetValue((pointer, constant, negated), out SchemaAtom? known)) return known;
        SchemaAtom atom = new(_atoms.Count, pointer, element, constant, negated);
        _atoms.Add((pointer, constant, negated), atom);
        return atom;
    }

    /// <summary>The opposite of a condition.</summary>
    internal SchemaAtom Opposite(SchemaAtom atom) => Atom(atom.Pointer, atom.Element, atom.IsConstant, !atom.IsNegated);

    /// <summary>Values that meet all conditions.</summary>
    /// <exception cref="ConstraintException">A keyword cannot be enforced.</exception>
    internal ValueSet Read(Conjunction conditions)
    {
        ValueSet set = ValueSet.Everything;
        foreach (SchemaAtom atom in conditions.Atoms) set = Guard(atom.Pointer, () => set.Intersect(Read(atom)));
        return set;
    }

    internal ValueSet Read(SchemaAtom atom)
    {
        if (_sets.TryGetValue(atom.Id, out ValueSet? known)) return known;
        if (!_open.Add(atom.Id)) throw new ConstraintException(atom.Pointer, "the schema refers back to itself with nothing in between; it says nothing that could be enforced.");
        if (_open.Count > MaxReferences) throw new ConstraintException(atom.Pointer, $"more than {MaxReferences} schemas refer to one another in a row.");

        ValueSet set = Guard(atom.Pointer, () =>
            atom.IsConstant ? (atom.IsNegated ? AllBut(atom.Element, atom.Pointer) : Constant(atom.Element, atom.Pointer))
            : atom.IsNegated ? ReadNegated(atom.Element, atom.Pointer) : ReadSchema(atom.Element, atom.Pointer));
        if (set.Arrays.Count + set.Objects.Count > MaxRanges || set.Size > 20 * MaxRanges) throw new ConstraintException(atom.Pointer, $"its alternatives combine in more than {MaxRanges} ways.");

        _open.Remove(atom.Id);
        _sets.Add(atom.Id, set);
        return set;
    }

    /// <summary>Gives errors of automata the place they belong to.</summary>
    private static T Guard<T>(string pointer, Func<T> work)
    {
        try
        {
            return work();
        }
        catch (AutomatonLimitException limit)
        {
            throw new ConstraintException(pointer, $"it is too large: {limit.Message}.", limit);
        }
    }

    private ValueSet ReadSchema(JsonElement schema, string pointer)
    {
        if (schema.ValueKind == JsonValueKind.True) return ValueSet.Everything;
        if (schema.ValueKind == JsonValueKind.False) return ValueSet.Nothing;
        if (schema.ValueKind != JsonValueKind.Object) throw new ConstraintException(pointer, "a schema is an object, true or false.");

        CheckKeywords(schema, pointer);
        ValueSet set = schema.TryGetProperty("type", out JsonElement type) ? Types(type, pointer + "/type") : ValueSet.Everything;
        if (schema.TryGetProperty("const", out JsonElement constant)) set = set.Intersect(Constant(constant, pointer + "/const"));
        if (schema.TryGetProperty("enum", out JsonElement values)) set = set.Intersect(Enumeration(values, pointer + "/enum"));
        if (set.Numbers.Count > 0) set = set with { Numbers = NumbersIn(set, ReadNumbers(schema, pointer)) };
        if (set.Strings.Count > 0) set = set.Intersect(ValueSet.Everything with { Strings = [ReadStrings(schema, pointer)] });
        if (set.Arrays.Count > 0) set = set.Intersect(ValueSet.Everything with { Arrays = [ReadArrays(schema, pointer)] });
        if (set.Objects.Count > 0) set = set.Intersect(ValueSet.Everything with { Objects = [ReadObjects(schema, pointer)] });
        return Unevaluated(Combine(set, schema, pointer), schema, pointer);
    }

    private static IReadOnlyList<NumberRange> NumbersIn(ValueSet set, NumberRange range) =>
        ReferenceEquals(range, NumberRange.All) ? set.Numbers : set.Intersect(ValueSet.Everything with { Numbers = [range] }).Numbers;

    /// <summary>Refuses words that would change the meaning if they were known, so that none is passed over by accident.</summary>
    private static void CheckKeywords(JsonElement schema, string pointer)
    {
        foreach (JsonProperty property in schema.EnumerateObject())
        {
            string word = property.Name, at = pointer + "/" + SchemaDocument.Escape(word);
            if (SchemaKeywords.Assertions.Contains(word) || SchemaKeywords.Annotations.Contains(word) || word.StartsWith("x-", StringComparison.Ordinal)) continue;
            if (SchemaKeywords.Foreign.TryGetValue(word, out string? instead)) throw new ConstraintException(at, $"this keyword is not part of draft 2020-12: {instead}.");
            if (SchemaKeywords.MeantBy(word) is { } meant) throw new ConstraintException(at, $"'{word}' is no keyword; did you mean {meant}? It would not be enforced.");
        }
    }

    private static ValueSet Types(JsonElement type, string pointer)
    {
        if (type.ValueKind == JsonValueKind.String) return OfType(type.GetString()!, pointer);
        if (type.ValueKind != JsonValueKind.Array) throw new ConstraintException(pointer, "a type is a name or a list of names.");

        ValueSet set = ValueSet.Nothing;
        int i = 0;
        foreach (JsonElement name in type.EnumerateArray())
        {
            if (name.ValueKind != JsonValueKind.String) throw new ConstraintException($"{pointer}/{i}", "a type is a name.");
            set = set.Union(OfType(name.GetString()!, $"{pointer}/{i++}"));
        }

        return set;
    }

    private static ValueSet OfType(string name, string pointer) => name switch
    {
        "null" => new ValueSet { Null = true },
        "boolean" => new ValueSet { True = true, False = true },
        "number" => new ValueSet { Numbers = [NumberRange.All] },
        "integer" => new ValueSet { Numbers = [NumberRange.Integers] },
        "string" => new ValueSet { Strings = [StringRange.All] },
        "array" => new ValueSet { Arrays = [ArrayRange.All] },
        "object" => new ValueSet { Objects = [ObjectRange.All] },
        _ => throw new ConstraintException(pointer, $"'{name}' is no type; there are null, boolean, integer, number, string, array and object."),
    };

    private ValueSet Enumeration(JsonElement values, string pointer)
    {
        if (values.ValueKind != JsonValueKind.Array) throw new ConstraintException(pointer, "a list of values is needed.");

        // Strings together are one automaton; one each would be many.
        List<string> words = [];
        ValueSet set = ValueSet.Nothing;
        List<NumberRange> numbers = [];
        int i = 0;
        foreach (JsonElement value in values.EnumerateArray())
        {
            string at = $"{pointer}/{i++}";
            if (value.ValueKind == JsonValueKind.String) words.Add(value.GetString()!);
            else if (value.ValueKind == JsonValueKind.Number) numbers.AddRange(Constant(value, at).Numbers);
            else set = set.Union(Constant(value, at));
        }

        return set with { Numbers = [.. numbers.Distinct()], Strings = words.Count == 0 ? [] : [StringRange.Of(DfaAlgebra.OfWords(words))] };
    }

    /// <summary>Values equal to one that is given.</summary>
    private ValueSet Constant(JsonElement value, string pointer)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Null: return new ValueSet { Null = true };
            case JsonValueKind.True: return new ValueSet { True = true };
            case JsonValueKind.False: return new ValueSet { False = true };
            case JsonValueKind.String: return new ValueSet { Strings = [StringRange.Of(DfaAlgebra.OfWords([value.GetString()!]))] };
            case JsonValueKind.Number: return new ValueSet { Numbers = [NumberRange.Point(Number(value, pointer), value.GetRawText())] };
            case JsonValueKind.Array:
                Conjunction[] items = [.. value.EnumerateArray().Select((item, i) => Conjunction.Of(Atom($"{pointer}/{i}", item, constant: true)))];
                return new ValueSet { Arrays = [new ArrayRange { First = items, Rest = Impossible, Least = items.Length, Most = items.Length }] };
            default:
                (string Key, Conjunction Value)[] members = [.. value.EnumerateObject().Select(p => (p.Name, Conjunction.Of(Atom($"{pointer}/{SchemaDocument.Escape(p.Name)}", p.Value, constant: true))))];
                ObjectLayer layer = new() { Properties = members, Additional = Impossible };
                return new ValueSet { Objects = [new ObjectRange { Layers = [layer], Required = [.. members.Select(m => m.Key)] }] };
        }
    }

    private static NumberRange ReadNumbers(JsonElement schema, string pointer)
    {
        NumberRange range = NumberRange.All;
        bool exclusiveLow = false, exclusiveHigh = false;
        if (schema.TryGetProperty("exclusiveMinimum", out JsonElement above))
        {
            if (above.ValueKind is JsonValueKind.True or JsonValueKind.False) exclusiveLow = above.GetBoolean(); // draft 4
            else range = range.From(Number(above, pointer + "/exclusiveMinimum"), exclusive: true);
        }

        if (schema.TryGetProperty("exclusiveMaximum", out JsonElement below))
        {
            if (below.ValueKind is JsonValueKind.True or JsonValueKind.False) exclusiveHigh = below.GetBoolean();
            else range = range.To(Number(below, pointer + "/exclusiveMaximum"), exclusive: true);
        }

        if (schema.TryGetProperty("minimum", out JsonElement low)) range = range.From(Number(low, pointer + "/minimum"), exclusiveLow);
        if (schema.TryGetProperty("maximum", out JsonElement high)) range = range.To(Number(high, pointer + "/maximum"), exclusiveHigh);
        if (schema.TryGetProperty("multipleOf", out JsonElement factor))
        {
            JsonDecimal value = Number(factor, pointer + "/multipleOf");
            if (value.IsNegative || value.IsZero) throw new ConstraintException(pointer + "/multipleOf", "a number above 0 is needed.");
            range = range with { MultipleOf = value };
        }

        if (schema.TryGetProperty("format", out JsonElement format) && format.ValueKind == JsonValueKind.String && IntegerFormat(format.GetString()!) is { } bounds)
            range = range.From(bounds.Low!.Value, exclusive: false).To(bounds.High!.Value, exclusive: false) with { Whole = true };
        return range;
    }

    private static NumberRange? IntegerFormat(string format) => format switch
    {
        "int32" => new NumberRange { Low = JsonDecimal.Of(int.MinValue, 0), High = JsonDecimal.Of(int.MaxValue, 0), Whole = true },
        "uint8" => new NumberRange { Low = JsonDecimal.Zero, High = JsonDecimal.Of(byte.MaxValue, 0) },
        "uint16" => new NumberRange { Low = JsonDecimal.Zero, High = JsonDecimal.Of(ushort.MaxValue, 0) },
        "uint32" => new NumberRange { Low = JsonDecimal.Zero, High = JsonDecimal.Of(uint.MaxValue, 0) },
        "uint64" => new NumberRange { Low = JsonDecimal.Zero, High = JsonDecimal.Of(ulong.MaxValue, 0) },
        "int8" => new NumberRange { Low = JsonDecimal.Of(sbyte.MinValue, 0), High = JsonDecimal.Of(sbyte.MaxValue, 0) },
        "int16" => new NumberRange { Low = JsonDecimal.Of(short.MinValue, 0), High = JsonDecimal.Of(short.MaxValue, 0) },
        "int64" => new NumberRange { Low = JsonDecimal.Of(long.MinValue, 0), High = JsonDecimal.Of(long.MaxValue, 0), Whole = true },
        _ => null,
    };

    private StringRange ReadStrings(JsonElement schema, string pointer)
    {
        StringRange range = StringRange.All with
        {
            Least = Count(schema, pointer, "minLength") ?? 0,
            Most = Count(schema, pointer, "maxLength") ?? Dfa.Unbounded,
        };
        if (schema.TryGetProperty("pattern", out JsonElement pattern)) range = range with { Dfa = Pattern(pattern, pointer + "/pattern") };
        if (schema.TryGetProperty("format", out JsonElement format) && Format(format, pointer + "/format") is { } form)
        {
            range = new StringRange(DfaAlgebra.Intersect(range.Dfa, form.Dfa), Math.Max(range.Least, form.Least), Math.Min(range.Most, form.Most));
        }

        return range;
    }

    private StringRange? Format(JsonElement format, string pointer)
    {
        if (format.ValueKind != JsonValueKind.String) throw new ConstraintException(pointer, "the name of a format is needed.");
        string name = format.GetString()!;
        if (StringFormats.WithoutMeaning.Contains(name) || IntegerFormat(name) is not null) return null;
        return StringFormats.Find(name, plain) ?? throw new ConstraintException(pointer, $"the format '{name}' cannot be enforced. Leave it out, or describe it with pattern; known are {string.Join(", ", StringFormats.Names)}.");
    }

    private static Dfa Pattern(JsonElement pattern, string pointer)
    {
        if (pattern.ValueKind != JsonValueKind.String) throw new ConstraintException(pointer, "a regular expression is needed.");
        return Pattern(pattern.GetString()!, pointer);
    }

    private static Dfa Pattern(string pattern, string pointer)
    {
        try
        {
            return RegexCompiler.Search(pattern);
        }
        catch (RegexException error)
        {
            throw new ConstraintException(pointer, $"the regular expression cannot be enforced: {error.Message}.", error);
        }
    }

    private static JsonDecimal Number(JsonElement value, string pointer)
    {
        if (value.ValueKind != JsonValueKind.Number) throw new ConstraintException(pointer, "a number is needed.");
        return JsonDecimal.TryParse(value.GetRawText(), out JsonDecimal number) ? number : throw new ConstraintException(pointer, "the number is too large or has too many digits.");
    }

    /// <summary>A number of things, or null where the keyword is absent.</summary>
    private static int? Count(JsonElement schema, string pointer, string keyword)
    {
        if (!schema.TryGetProperty(keyword, out JsonElement value)) return null;
        JsonDecimal number = Number(value, pointer + "/" + keyword);
        if (!number.IsInteger || number.IsNegative) throw new ConstraintException(pointer + "/" + keyword, "a whole number from 0 on is needed.");
        return number.CompareTo(JsonDecimal.Of(int.MaxValue - 1, 0)) > 0 ? Dfa.Unbounded : (int)number.Scaled(0);
    }
}
