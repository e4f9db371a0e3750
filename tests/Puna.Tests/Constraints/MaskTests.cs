using Puna.Demo;
using Puna.Engine.Constraints;
using Puna.Engine.Sampling;
using Puna.Tokenizers;

namespace Puna.Tests.Constraints;

/// <summary>A mask says of every token of the vocabulary what feeding it byte by byte says.</summary>
public sealed class MaskTests
{
    private static readonly Tokenizer Vocabulary = PunaModel.LoadTokenizer(DemoModel.Path);

    [Theory]
    [InlineData("true")]
    [InlineData("""{"type":"object"}""")]
    [InlineData("""{"type":"string"}""")]
    [InlineData("""{"type":"string","minLength":3}""")]
    [InlineData("""{"type":"string","minLength":2,"maxLength":9}""")]
    [InlineData("""{"type":"string","maxLength":0}""")]
    [InlineData("""{"type":"string","pattern":"^[a-z]+ ","maxLength":12}""")]
    [InlineData("""{"type":"string","pattern":"b$"}""")]
    [InlineData("""{"type":"object","properties":{"name":{"type":"string","maxLength":5},"nest":{"type":"integer"}},"required":["name"]}""")]
    [InlineData("""{"type":"object","properties":{"a":{"enum":["x","xy"]}},"additionalProperties":{"type":"boolean"},"minProperties":3}""")]
    [InlineData("""{"type":"array","uniqueItems":true}""")]
    [InlineData("""{"type":"array","items":{"type":"string"},"uniqueItems":true}""")]
    [InlineData("""{"type":"array","items":{"enum":["a","ab","b",1,2]},"uniqueItems":true,"minItems":3}""")]
    [InlineData("""{"type":"array","items":{"type":"array","items":{"type":"integer","maximum":3,"minimum":1}},"uniqueItems":true}""")]
    [InlineData("""{"anyOf":[{"type":"string","format":"date"},{"type":"string","maxLength":4},{"type":"number","minimum":0,"maximum":10}]}""")]
    public void Every_token_is_allowed_as_its_bytes_are(string schema)
    {
        foreach (ConstraintOptions options in (ConstraintOptions[])[ConstraintOptions.Default, ConstraintOptions.AnySpelling])
        {
            Xoshiro256 random = new(11);
            ConstraintState state = Constraint.FromJsonSchema(schema, options).Start(Vocabulary, Vocabulary.VocabSize);
            for (int step = 0; step < 7 && !state.HasEnded; step++)
            {
                ulong[] mask = [.. state.AllowedTokens()];
                List<int> allowed = [];
                for (int id = 0; id < Vocabulary.VocabSize; id++)
                {
                    bool isIn = (mask[id >> 6] >> (id & 63) & 1) != 0;
                    Assert.True(isIn == state.IsAllowed(id), $"step {step}: token {id} is {(isIn ? "in" : "not in")} the mask");
                    if (isIn) allowed.Add(id);
                }

                Assert.NotEmpty(allowed);
                // Short tokens first, so that more places are seen.
                int next = allowed[(int)(random.NextUnit() * allowed.Count)];
                foreach (int other in allowed.Take(40))
                {
                    if (random.NextUnit() < 0.1 && !Vocabulary.IsEndOfGeneration(other)) next = other;
                }

                Assert.True(state.TryAccept(next));
            }
        }
    }
}
