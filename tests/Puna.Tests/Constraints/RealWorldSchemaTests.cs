using System.Text;
using System.Text.Json;
using Puna.Demo;
using Puna.Engine.Constraints;

namespace Puna.Tests.Constraints;

/// <summary>
/// Schemas as applications have them (bodies of web APIs, configuration, invoices, medicine, law, logs, arguments of tools…), with
/// instances known to be valid or not: what <c>puna constrain --suite</c> runs, here over the vocabulary of the built-in model.
/// </summary>
public sealed class RealWorldSchemaTests
{
    /// <summary>The schemas that ask for what cannot be enforced, by name and with the place of the refusal.</summary>
    private static readonly string[] Refused =
    [
        "remote schema reference: /properties/order/$ref",
        "password policy with look-behind: /properties/secret/pattern",
        "home automation rule: /$defs/cond",
        "regular expression filter list: /properties/filters/items/properties/expression/format",
        "free busy response: /properties/calendars",
        "hostname allow list with international names: /properties/hosts/items/format",
        "word filter with boundaries: /properties/comment/pattern",
        "team sheet with two kinds of members: /properties/members/allOf/1/contains",
        "exclusive contact choice over distinct lists: /properties/audience/oneOf",
        "settings without listed values of others: /not/additionalProperties",
        "repeated word captcha: /properties/text/pattern",
        "request with mistyped keyword: /properties/name/maxLenght",
    ];

    private static string[] Lines { get; } = File.ReadAllLines(RepositoryFiles.Find("tests", "Puna.Tests", "Constraints", "Data", "real-world.jsonl"));

    [Fact]
    public void Valid_instances_are_accepted_and_invalid_ones_are_not_unless_the_schema_is_refused()
    {
        ConstraintProbe probe = new(PunaModel.LoadTokenizer(DemoModel.Path));
        List<string> refused = [], wrong = [];
        foreach (string line in Lines)
        {
            using JsonDocument document = JsonDocument.Parse(line);
            string? name = document.RootElement.GetProperty("name").GetString();
            Constraint constraint;
            try
            {
                constraint = Constraint.FromJsonSchema(document.RootElement.GetProperty("schema").GetRawText(), ConstraintOptions.AnySpelling);
            }
            catch (ConstraintException refusal)
            {
                refused.Add($"{name}: {refusal.Pointer}");
                continue;
            }

            foreach (JsonElement test in document.RootElement.GetProperty("tests").EnumerateArray())
            {
                string data = test.GetProperty("data").GetRawText();
                bool isValid = test.GetProperty("valid").GetBoolean();
                if (probe.Accepts(constraint, Encoding.UTF8.GetBytes(data)) != isValid) wrong.Add($"{name}: {(isValid ? "valid but rejected" : "invalid but accepted")}: {data}");
            }
        }

        Assert.Empty(wrong);
        Assert.Equal(Refused, refused);
    }

    [Fact]
    public void The_set_is_of_hundreds_of_different_schemas_with_instances_of_both_kinds()
    {
        HashSet<string> names = [], schemas = [];
        int valid = 0, invalid = 0;
        foreach (string line in Lines)
        {
            using JsonDocument document = JsonDocument.Parse(line);
            string name = document.RootElement.GetProperty("name").GetString() ?? "";
            Assert.True(names.Add(name), name);
            Assert.True(schemas.Add(document.RootElement.GetProperty("schema").GetRawText()), name);
            int validHere = document.RootElement.GetProperty("tests").EnumerateArray().Count(t => t.GetProperty("valid").GetBoolean());
            int invalidHere = document.RootElement.GetProperty("tests").GetArrayLength() - validHere;
            Assert.True(validHere > 0 && invalidHere > 0, name);
            (valid, invalid) = (valid + validHere, invalid + invalidHere);
        }

        Assert.True(Lines.Length >= 300, $"{Lines.Length} schemas");
        Assert.True(valid >= 2 * Lines.Length && invalid >= 3 * Lines.Length, $"{valid} valid, {invalid} invalid instances");
    }
}
