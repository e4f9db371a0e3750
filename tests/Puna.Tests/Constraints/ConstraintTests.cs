using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Puna.Demo;
using Puna.Engine.Constraints;
using Puna.Engine.Sampling;
using Puna.Tokenizers;

namespace Puna.Tests.Constraints;

/// <summary>Constraints over the vocabulary of the built-in model: what is valid is allowed, what is generated is valid.</summary>
public sealed class ConstraintTests
{
    /// <summary>NJsonSchema knows draft 4 and passes over newer keywords, but these mean something else to it or stop it; the oracle knows them.</summary>
    private static readonly string[] BeyondNJsonSchema = ["prefixItems", "$defs", "\"if\"", "maxLength", "multipleOf", "\"email\"", "true", "inimum", "aximum"];

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    private static readonly Tokenizer Vocabulary = PunaModel.LoadTokenizer(DemoModel.Path);

    public static TheoryData<int> Lines => [.. Enumerable.Range(0, Suite.Length)];

    /// <summary>Schemas of random keywords over three levels, with instances whose validity ajv 8.20 told.</summary>
    private static string[] Generated { get; } = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "Constraints", "Generated.jsonl"));

    private static string[] Suite { get; } = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "Constraints", "Suite.jsonl"));

    [Theory]
    [MemberData(nameof(Lines))]
    public void Valid_instances_are_allowed_token_by_token_and_invalid_ones_are_not(int line)
    {
        ConstraintProbe probe = new(Vocabulary);
        using JsonDocument document = JsonDocument.Parse(Suite[line]);
        Constraint constraint = Constraint.FromJsonSchema(document.RootElement.GetProperty("schema"), ConstraintOptions.AnySpelling);
        SchemaOracle oracle = new(document.RootElement.GetProperty("schema"));
        foreach (JsonElement test in document.RootElement.GetProperty("tests").EnumerateArray())
        {
            JsonElement data = test.GetProperty("data");
            if (!Suite[line].Contains("\"format\"", StringComparison.Ordinal)) Assert.Equal(test.GetProperty("valid").GetBoolean(), oracle.IsValid(data));
            foreach (JsonSerializerOptions spelling in (JsonSerializerOptions[])[JsonSerializerOptions.Default, Indented])
            {
                string text = JsonSerializer.Serialize(data, spelling);
                Assert.True(probe.Accepts(constraint, Encoding.UTF8.GetBytes(text)) == test.GetProperty("valid").GetBoolean(), $"{text} under {document.RootElement.GetProperty("schema")}");
            }
        }
    }

    [Theory]
    [InlineData("""{"type":"integer","minimum":1,"maximum":1000}""", "1.0 1.00 100 999", "0 1001 1.5 1e4")]
    [InlineData("""{"const":1000}""", "1000 1000.0 1e3 1.0E+3 1.000e3", "100 1e2 1000.1")]
    [InlineData("""{"minimum":0.5,"exclusiveMaximum":20}""", "0.5 5e-1 1.9e1 2 19.999 1.99999e+01", "0.4 2e1 20 20.0 1e2 -1")]
    [InlineData("""{"exclusiveMinimum":0}""", "1e-7 1 1e99", "0 -0 -0.0 0e5 -1e5")]
    [InlineData("""{"not":{"multipleOf":3}}""", "1 2 4 4.5 10", "0 3 6 3.0 9")]
    [InlineData("""{"oneOf":[{"multipleOf":3},{"multipleOf":5}]}""", "3 5 6 10 9.0", "15 0 4 30")]
    [InlineData("""{"type":"integer"}""", "1 -7 1.0 1e3 1.5e1", "1.5 1e-1 1.05e1")]
    public void Numbers_are_compared_by_value_however_they_are_spelled(string schema, string valid, string invalid)
    {
        ConstraintProbe probe = new(Vocabulary);
        Constraint constraint = Constraint.FromJsonSchema(schema, ConstraintOptions.AnySpelling);
        foreach (string number in valid.Split(' ')) Assert.True(probe.Accepts(constraint, Encoding.UTF8.GetBytes(number)), number);
        foreach (string number in invalid.Split(' ')) Assert.False(probe.Accepts(constraint, Encoding.UTF8.GetBytes(number)), number);
    }

    [Fact]
    public void Schemas_made_at_random_accept_what_is_valid_and_nothing_else()
    {
        ConstraintProbe probe = new(Vocabulary);
        int refused = 0;
        foreach (string line in Generated)
        {
            using JsonDocument document = JsonDocument.Parse(line);
            JsonElement schema = document.RootElement.GetProperty("schema");
            Constraint constraint;
            try
            {
                constraint = Constraint.FromJsonSchema(schema, ConstraintOptions.AnySpelling);
            }
            catch (ConstraintException)
            {
                refused++;
                continue;
            }

            SchemaOracle oracle = new(schema);
            foreach (JsonElement test in document.RootElement.GetProperty("tests").EnumerateArray())
            {
                string data = test.GetProperty("data").GetRawText();
                Assert.True(probe.Accepts(constraint, Encoding.UTF8.GetBytes(data)) == test.GetProperty("valid").GetBoolean(), $"{data} under {schema}");
                Assert.Equal(test.GetProperty("valid").GetBoolean(), oracle.IsValid(test.GetProperty("data")));
            }
        }

        Assert.InRange(refused, 0, Generated.Length / 15);
    }

    [Theory]
    [MemberData(nameof(Lines))]
    public async Task What_is_drawn_at_random_is_valid_under_independent_validators(int line)
    {
        ConstraintProbe probe = new(Vocabulary);
        using JsonDocument document = JsonDocument.Parse(Suite[line]);
        JsonElement schema = document.RootElement.GetProperty("schema");

        SchemaOracle oracle = new(schema);
        NJsonSchema.JsonSchema? other = BeyondNJsonSchema.Any(schema.GetRawText().Contains) ? null : await NJsonSchema.JsonSchema.FromJsonAsync(schema.GetRawText(), TestContext.Current.CancellationToken);
        Xoshiro256 random = new((ulong)line);
        foreach (ConstraintOptions options in (ConstraintOptions[])[ConstraintOptions.Default, ConstraintOptions.AnySpelling])
        {
            Constraint constraint = Constraint.FromJsonSchema(schema, options);
            Constraint any = Constraint.FromJsonSchema(schema, ConstraintOptions.AnySpelling);
            for (int i = 0; i < 5; i++)
            {
                string? text = probe.Sample(constraint, ref random, freeTokens: 60);
                Assert.NotNull(text);
                using JsonDocument parsed = JsonDocument.Parse(text);
                Assert.True(probe.Accepts(any, Encoding.UTF8.GetBytes(text)), $"Drawn but not accepted: {text}");
                Assert.True(oracle.IsValid(parsed.RootElement), text);
                if (other is not null && options.PlainValues) Assert.True(other.Validate(text).Count == 0, text); // to it, 1.0 is no integer
            }
        }
    }

    [Theory]
    [InlineData("""{"not":{"uniqueItems":true}}""", "/not/uniqueItems")]
    [InlineData("""{"not":{"additionalProperties":{"type":"string"}}}""", "/not/additionalProperties")]
    [InlineData("""{"type":"string","format":"no-such-format"}""", "/format")]
    [InlineData("""{"properties":{"a":{"$ref":"https://example.org/x"}}}""", "/properties/a/$ref")]
    [InlineData("""{"type":"string","pattern":"(?<=a)b"}""", "/pattern")]
    [InlineData("""{"type":"string","pattern":"(a)\\1"}""", "/pattern")]
    [InlineData("""{"type":"strin"}""", "/type")]
    public void What_cannot_be_enforced_is_refused_where_it_stands(string schema, string pointer) =>
        Assert.Equal(pointer, Assert.Throws<ConstraintException>(() => Constraint.FromJsonSchema(schema)).Pointer);

    [Theory]
    [InlineData("[a-c]+(x|yz)?")]
    [InlineData("\\d{2,4}-[A-Z_]{1,3}")]
    [InlineData("(foo|fo|f)*bar")]
    [InlineData("[ä-ü]{0,5}é")]
    public void What_is_drawn_from_an_expression_matches_it(string pattern)
    {
        ConstraintProbe probe = new(Vocabulary);
        Regex whole = new($"^(?:{pattern})\\z", RegexOptions.CultureInvariant);
        Xoshiro256 random = new(1);
        for (int i = 0; i < 30; i++) Assert.Matches(whole, probe.Sample(Constraint.FromRegex(pattern), ref random, freeTokens: 30));
    }

    [Theory]
    [InlineData("[a-c]+(x|yz)?", "abcyz", true)]
    [InlineData("[a-c]+(x|yz)?", "abcy", false)]
    [InlineData("[a-c]+(x|yz)?", "x", false)]
    [InlineData("(foo|fo|f)*bar", "fofoofbar", true)]
    [InlineData("(foo|fo|f)*bar", "foba", false)]
    public void An_expression_accepts_what_it_matches_from_beginning_to_end(string pattern, string text, bool matches) =>
        Assert.Equal(matches, new ConstraintProbe(Vocabulary).Accepts(Constraint.FromRegex(pattern), Encoding.UTF8.GetBytes(text)));

    [Theory]
    [InlineData("1+2*(3-4)", true)]
    [InlineData("((7))", true)]
    [InlineData("1+", false)]
    [InlineData("(1", false)]
    [InlineData("1)", false)]
    [InlineData("", false)]
    public void A_grammar_accepts_what_it_derives(string text, bool derived)
    {
        const string Arithmetic = """
            root ::= term (("+" | "-") term)*
            term ::= factor ("*" factor)*
            factor ::= [0-9]+ | "(" root ")"
            """;
        Constraint constraint = Constraint.FromGrammar(Arithmetic);
        ConstraintProbe probe = new(Vocabulary);
        Assert.Equal(derived, probe.Accepts(constraint, Encoding.UTF8.GetBytes(text)));

        Xoshiro256 random = new(3);
        for (int i = 0; i < 20; i++)
        {
            string? drawn = probe.Sample(constraint, ref random, freeTokens: 30);
            Assert.NotNull(drawn);
            Assert.Matches("^[0-9+*()-]+$", drawn);
            Assert.Equal(drawn.Count(c => c == '('), drawn.Count(c => c == ')'));
        }
    }
}
