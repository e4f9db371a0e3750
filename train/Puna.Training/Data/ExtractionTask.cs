using System.Text;
using Puna.Prompting;
using Puna.Training.Numerics;

namespace Puna.Training.Data;

/// <summary>A document and a JSON Schema to a JSON object.</summary>
internal static class ExtractionTask
{
    private static readonly string[] Instructions =
    [
        ExtractionPrompt.Instruction, ExtractionPrompt.Instruction, ExtractionPrompt.Instruction, // what puna extract asks; training varies it
        "Read the document and fill the schema. Answer with JSON.",
        "Give me the data of this document as JSON that fits the schema.",
        "Extract this as JSON.",
        "Which values does the document give for the schema? Only JSON, please.",
    ];

    private static readonly string[] Again =
    [
        "Now the same document with this schema:", "And with this schema:", "Once more, for this schema:", "Now only these fields:", "Next schema:",
    ];

    private static readonly DocumentField[] Absent =
    [
        new(["website", "url"], "", ""), new(["fax"], "", ""), new(["middle_name"], "", ""), new(["discount"], "", ""), new(["country"], "", ""),
        new(["comment", "remarks"], "", ""), new(["department"], "", ""), new(["weight_kg"], "", ""), new(["contact_person"], "", ""), new(["insurance"], "", ""),
    ];

    public static Conversation Make(SeededRandom random, ValueLists lists, double progress, bool plain = false)
    {
        DocumentKind kind = random.Pick(DocumentKind.All);
        int most = progress < 0.15 ? random.Next(2, 4) : random.Next(3, 8);
        WrittenDocument document = new DocumentWriter(random, lists).Write(kind, most);
        return Ask(random, document, plain);
    }

    /// <summary>Builds the conversation about a written document.</summary>
    /// <param name="random">Source of choices.</param>
    /// <param name="document">What is read.</param>
    /// <param name="plain">One question in the standard wording, as evaluation asks it.</param>
    public static Conversation Ask(SeededRandom random, WrittenDocument document, bool plain)
    {
        Conversation conversation = new();
        if (!plain && random.Chance(0.15)) conversation.System(random.Pick(ChatTask.Systems));
        (string schema, string answer) = Pose(random, document);
        conversation.User(Prompt(random, plain ? ExtractionPrompt.Instruction : random.Pick(Instructions), schema, document.Text, schemaFirst: plain || random.Chance(0.75))).Answer(answer, schema);
        if (plain) return conversation;

        while (document.Fields.Count > 1 && random.Chance(0.35))
        {
            (schema, answer) = Pose(random, document);
            conversation.User($"{random.Pick(Again)}\n{schema}").Answer(answer);
        }

        return conversation;
    }

    private static string Prompt(SeededRandom random, string instruction, string schema, string document, bool schemaFirst) => schemaFirst
        ? ExtractionPrompt.Write(instruction, schema, document)
        : random.Chance(0.5) ? $"Document:\n{document}\n\nSchema:\n{schema}\n\n{instruction}" : $"{instruction}\n\nDocument:\n{document}\n\nSchema:\n{schema}";

    private static (string Schema, string Answer) Pose(SeededRandom random, WrittenDocument document)
    {
        List<DocumentField> fields = [.. document.Fields];
        random.Shuffle(fields);
        int count = random.Chance(0.35) ? fields.Count : random.Next(1, fields.Count);
        StringBuilder schema = new("{\"type\":\"object\",\"properties\":{"), answer = new("{");
        HashSet<string> used = [];
        foreach (DocumentField field in fields.Take(count))
        {
            // Mostly the usual name, so that the reader can rely on it; sometimes another.
            string name = random.Chance(0.4) ? field.Names[0] : random.Pick(field.Names);
            if (!used.Add(name)) continue;
            Append(schema, answer, name, field.Schema, field.Json);
        }

        if (random.Chance(0.08) && random.Pick(random.Pick(Absent).Names) is var absent && used.Add(absent))
            Append(schema, answer, absent, "{\"type\":[\"string\",\"null\"]}", "null");
        schema.Append('}');
        if (random.Chance(0.25)) schema.Append(",\"required\":[").AppendJoin(',', used.Select(n => $"\"{n}\"")).Append(']');
        if (random.Chance(0.05)) schema.Append(",\"additionalProperties\":false");
        return (schema.Append('}').ToString(), answer.Append('}').ToString());
    }

    private static void Append(StringBuilder schema, StringBuilder answer, string name, string fieldSchema, string json)
    {
        if (answer.Length > 1)
        {
            schema.Append(',');
            answer.Append(',');
        }

        schema.Append('"').Append(name).Append("\":").Append(fieldSchema);
        answer.Append('"').Append(name).Append("\":").Append(json);
    }
}
