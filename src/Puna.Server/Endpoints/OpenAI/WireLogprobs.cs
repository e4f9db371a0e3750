using System.Text;
using Puna.Engine;
using Puna.Engine.Sampling;
using Puna.Server.Wire.OpenAI;
using Puna.Tokenizers;

namespace Puna.Server.Endpoints.OpenAI;

/// <summary>Log-probabilities in the shapes of the two APIs.</summary>
internal static class WireLogprobs
{
    /// <summary>As chat completions have them; null where none were asked for.</summary>
    internal static LogprobList? Of(Tokenizer tokenizer, IReadOnlyList<GenerationStep> steps) => steps.Count == 0
        ? null
        : new LogprobList([.. steps.Select(s => Token(tokenizer, s.Id, s.Logprob ?? 0, [.. s.TopLogprobs.Select(t => Token(tokenizer, t.Id, t.Logprob, null))]))], null);

    /// <summary>As completions have them.</summary>
    /// <param name="tokenizer">The model's tokenizer.</param>
    /// <param name="steps">Tokens.</param>
    /// <param name="offset">Where the first of them begins in the text, in Unicode code points; moved on.</param>
    internal static CompletionLogprobs? Of(Tokenizer tokenizer, IReadOnlyList<GenerationStep> steps, ref int offset)
    {
        if (steps.Count == 0) return null;

        List<string> tokens = [];
        List<int> offsets = [];
        foreach (GenerationStep step in steps)
        {
            tokens.Add(Text(tokenizer, step.Id));
            offsets.Add(offset);
            foreach (byte unit in tokenizer.GetTokenBytes(step.Id)) offset += (unit & 0xC0) == 0x80 ? 0 : 1; // a code point counts with its first byte: a token may end within one
        }

        return new CompletionLogprobs(tokens, [.. steps.Select(s => Finite(s.Logprob ?? 0))], [.. steps.Select(s => Top(tokenizer, s.TopLogprobs))], offsets);
    }

    private static Dictionary<string, float> Top(Tokenizer tokenizer, IReadOnlyList<TokenLogprob> top)
    {
        Dictionary<string, float> result = [];
        foreach (TokenLogprob token in top) result.TryAdd(Text(tokenizer, token.Id), Finite(token.Logprob)); // parts of characters may look alike
        return result;
    }

    private static TokenLogprobs Token(Tokenizer tokenizer, int id, float logprob, IReadOnlyList<TokenLogprobs>? top)
    {
        ReadOnlySpan<byte> bytes = tokenizer.GetTokenBytes(id);
        int[] numbers = new int[bytes.Length];
        for (int i = 0; i < bytes.Length; i++) numbers[i] = bytes[i];
        return new TokenLogprobs(Encoding.UTF8.GetString(bytes), Finite(logprob), numbers, top);
    }

    /// <summary>JSON knows no infinity; the OpenAI API writes -9999 for a probability of 0.</summary>
    private static float Finite(float logprob) => Math.Max(logprob, -9999);

    private static string Text(Tokenizer tokenizer, int id) => Encoding.UTF8.GetString(tokenizer.GetTokenBytes(id));
}
