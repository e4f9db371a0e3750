using Puna.Engine;
using Puna.Server.Endpoints.OpenAI;
using Puna.Server.Wire.OpenAI;
using Puna.Tokenizers;

namespace Puna.Host.Tests.Server;

/// <summary>Log-probabilities as the APIs write them.</summary>
public sealed class LogprobTests(TinyServerFixture fixture) : IClassFixture<TinyServerFixture>
{
    [Fact]
    public void Offsets_count_code_points_of_the_text()
    {
        Tokenizer tokenizer = fixture.Model.Tokenizer;
        int[] ids = [.. tokenizer.Encode("a", addBos: false), .. tokenizer.Encode("\U0001F600", addBos: false), .. tokenizer.Encode("é", addBos: false), .. tokenizer.Encode("b", addBos: false)];
        int offset = 0;

        CompletionLogprobs told = WireLogprobs.Of(tokenizer, [.. ids.Select(id => new GenerationStep(id, "", -1, []))], ref offset)!;

        Assert.True(ids.Length > 4); // the emoji's bytes are tokens of their own, which look like a character each
        Assert.Equal((0, 3, 4), (told.TextOffset[0], told.TextOffset[^1], offset));
        Assert.Equal(1, told.TextOffset[1]);
    }
}
