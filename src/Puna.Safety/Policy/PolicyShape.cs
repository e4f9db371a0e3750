using System.Text.Json;

namespace Puna.Safety.Policy;

/// <summary>
/// What a place of a policy may hold. The check of a file and the published schema both come from it, so that they cannot
/// differ.
/// </summary>
/// <param name="description">What the place is for.</param>
internal abstract class PolicyShape(string description)
{
    protected string Description { get; } = description;

    /// <summary>Adds what is wrong with a value.</summary>
    internal abstract void Check(JsonElement value, string pointer, List<PolicyProblem> problems);

    /// <summary>Writes the JSON Schema of the place.</summary>
    internal void WriteSchema(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        if (Description.Length > 0) writer.WriteString("description", Description);
        WriteKeywords(writer);
        writer.WriteEndObject();
    }

    protected abstract void WriteKeywords(Utf8JsonWriter writer);

    /// <summary>A key as part of a pointer.</summary>
    internal static string Escape(string key) => key.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);

    private static bool IsKind(JsonElement value, JsonValueKind kind, string pointer, string wanted, List<PolicyProblem> problems)
    {
        if (value.ValueKind == kind) return true;
        problems.Add(new PolicyProblem(pointer, $"{wanted} is needed, not {NameOf(value.ValueKind)}."));
        return false;
    }

    private static string NameOf(JsonValueKind kind) => kind switch
    {
        JsonValueKind.True or JsonValueKind.False => "true or false",
        JsonValueKind.Null => "null",
        _ => $"{(kind is JsonValueKind.Array or JsonValueKind.Object ? "an" : "a")} {kind.ToString().ToLowerInvariant()}",
    };

    /// <summary>A string, one of several where they are named.</summary>
    internal sealed class Text(string description, IReadOnlyList<string>? choices = null, int most = 4096) : PolicyShape(description)
    {
        internal override void Check(JsonElement value, string pointer, List<PolicyProblem> problems)
        {
            if (!IsKind(value, JsonValueKind.String, pointer, "a string", problems)) return;
            string text = value.GetString()!;
            if (choices is not null && !choices.Contains(text)) problems.Add(new PolicyProblem(pointer, $"'{text}' is unknown; choose one of {string.Join(", ", choices)}."));
            else if (text.Length is 0 || text.Length > most) problems.Add(new PolicyProblem(pointer, $"there are {text.Length} characters; 1 to {most} are possible."));
        }

        protected override void WriteKeywords(Utf8JsonWriter writer)
        {
            writer.WriteString("type", "string");
            if (choices is not null)
            {
                writer.WriteStartArray("enum");
                foreach (string choice in choices) writer.WriteStringValue(choice);
                writer.WriteEndArray();
                return;
            }

            writer.WriteNumber("minLength", 1);
            writer.WriteNumber("maxLength", most);
        }
    }

    /// <summary>A number in a range.</summary>
    internal sealed class Number(string description, double least, double most, bool whole = false) : PolicyShape(description)
    {
        internal override void Check(JsonElement value, string pointer, List<PolicyProblem> problems)
        {
            if (!IsKind(value, JsonValueKind.Number, pointer, "a number", problems)) return;
            double number = value.GetDouble();
            if (!(number >= least && number <= most)) problems.Add(new PolicyProblem(pointer, $"{value.GetRawText()} is out of range; {least} to {most} are possible."));
            else if (whole && number != Math.Floor(number)) problems.Add(new PolicyProblem(pointer, $"{value.GetRawText()} is no whole number."));
        }

        protected override void WriteKeywords(Utf8JsonWriter writer)
        {
            writer.WriteString("type", whole ? "integer" : "number");
            writer.WriteNumber("minimum", least);
            writer.WriteNumber("maximum", most);
        }
    }

    /// <summary>True or false.</summary>
    internal sealed class Flag(string description) : PolicyShape(description)
    {
        internal override void Check(JsonElement value, string pointer, List<PolicyProblem> problems)
        {
            if (value.ValueKind is not (JsonValueKind.True or JsonValueKind.False)) problems.Add(new PolicyProblem(pointer, "true or false is needed."));
        }

        protected override void WriteKeywords(Utf8JsonWriter writer) => writer.WriteString("type", "boolean");
    }

    /// <summary>A list.</summary>
    internal sealed class Items(string description, PolicyShape item, int least = 0, int most = 256) : PolicyShape(description)
    {
        internal override void Check(JsonElement value, string pointer, List<PolicyProblem> problems)
        {
            if (!IsKind(value, JsonValueKind.Array, pointer, "an array", problems)) return;
            int count = value.GetArrayLength();
            if (count < least || count > most)
            {
                problems.Add(new PolicyProblem(pointer, $"there are {count} items; {least} to {most} are possible."));
                return;
            }

            for (int i = 0; i < count; i++) item.Check(value[i], $"{pointer}/{i}", problems);
        }

        protected override void WriteKeywords(Utf8JsonWriter writer)
        {
            writer.WriteString("type", "array");
            writer.WriteNumber("minItems", least);
            writer.WriteNumber("maxItems", most);
            writer.WritePropertyName("items");
            item.WriteSchema(writer);
        }
    }

    /// <summary>Values of one shape under names that the file chooses.</summary>
    internal sealed class Named(string description, PolicyShape item, int most = 256) : PolicyShape(description)
    {
        internal override void Check(JsonElement value, string pointer, List<PolicyProblem> problems)
        {
            if (!IsKind(value, JsonValueKind.Object, pointer, "an object", problems)) return;
            if (value.GetPropertyCount() > most) problems.Add(new PolicyProblem(pointer, $"there are {value.GetPropertyCount()} names; {most} are possible."));
            else foreach (JsonProperty property in value.EnumerateObject()) item.Check(property.Value, $"{pointer}/{Escape(property.Name)}", problems);
        }

        protected override void WriteKeywords(Utf8JsonWriter writer)
        {
            writer.WriteString("type", "object");
            writer.WriteNumber("maxProperties", most);
            writer.WritePropertyName("additionalProperties");
            item.WriteSchema(writer);
        }
    }

    /// <summary>A property of an object.</summary>
    internal readonly record struct Member(string Name, PolicyShape Shape, bool Required = false);

    /// <summary>An object of known properties; no other is possible.</summary>
    internal sealed class Record(string description, params Member[] members) : PolicyShape(description)
    {
        internal IReadOnlyList<Member> Members { get; } = members;

        internal override void Check(JsonElement value, string pointer, List<PolicyProblem> problems)
        {
            if (!IsKind(value, JsonValueKind.Object, pointer, "an object", problems)) return;
            foreach (JsonProperty property in value.EnumerateObject())
            {
                string place = $"{pointer}/{Escape(property.Name)}";
                Member member = Array.Find(members, m => m.Name == property.Name);
                if (member.Shape is null) problems.Add(new PolicyProblem(place, $"the key is unknown; {(members.Length == 0 ? "none is possible here" : $"choose one of {string.Join(", ", members.Select(m => m.Name))}")}."));
                else member.Shape.Check(property.Value, place, problems);
            }

            foreach (Member member in members)
            {
                if (member.Required && !value.TryGetProperty(member.Name, out _)) problems.Add(new PolicyProblem($"{pointer}/{member.Name}", "the key is missing."));
            }
        }

        protected override void WriteKeywords(Utf8JsonWriter writer)
        {
            writer.WriteString("type", "object");
            writer.WriteBoolean("additionalProperties", false);
            writer.WriteStartObject("properties");
            foreach (Member member in Members)
            {
                writer.WritePropertyName(member.Name);
                member.Shape.WriteSchema(writer);
            }

            writer.WriteEndObject();
            if (!Members.Any(m => m.Required)) return;
            writer.WriteStartArray("required");
            foreach (Member member in Members.Where(m => m.Required)) writer.WriteStringValue(member.Name);
            writer.WriteEndArray();
        }
    }

    /// <summary>One of several objects, told apart by the value of one key.</summary>
    internal sealed class Choice(string description, string key, IReadOnlyDictionary<string, Record> records) : PolicyShape(description)
    {
        internal override void Check(JsonElement value, string pointer, List<PolicyProblem> problems)
        {
            if (!IsKind(value, JsonValueKind.Object, pointer, "an object", problems)) return;
            if (!value.TryGetProperty(key, out JsonElement named)) problems.Add(new PolicyProblem($"{pointer}/{key}", "the key is missing."));
            else if (named.ValueKind == JsonValueKind.String && records.TryGetValue(named.GetString()!, out Record? record)) record.Check(value, pointer, problems);
            else problems.Add(new PolicyProblem($"{pointer}/{key}", $"{named.GetRawText()} is unknown; choose one of {string.Join(", ", records.Keys)}."));
        }

        protected override void WriteKeywords(Utf8JsonWriter writer)
        {
            writer.WriteStartArray("oneOf");
            foreach (Record record in records.Values) record.WriteSchema(writer);
            writer.WriteEndArray();
        }
    }

    /// <summary>A shape that the schema defines once, by name.</summary>
    internal sealed class Defined(string name, PolicyShape shape) : PolicyShape("")
    {
        internal override void Check(JsonElement value, string pointer, List<PolicyProblem> problems) => shape.Check(value, pointer, problems);

        internal void WriteDefinition(Utf8JsonWriter writer)
        {
            writer.WritePropertyName(name);
            shape.WriteSchema(writer);
        }

        protected override void WriteKeywords(Utf8JsonWriter writer) => writer.WriteString("$ref", $"#/$defs/{name}");
    }
}
