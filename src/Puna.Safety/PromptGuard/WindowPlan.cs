using Puna.Tokenizers.SentencePiece;

namespace Puna.Safety.PromptGuard;

/// <summary>Which tokens of a text are scored together. Every token is in at least one window.</summary>
internal static class WindowPlan
{
    private const int GroupTokens = 64;

    /// <summary>Ranges [first, end) of tokens: windows that overlap by a quarter, the last one aligned to the end.</summary>
    internal static IEnumerable<(int First, int End)> Windows(int tokens, int windowTokens)
    {
        if (tokens <= windowTokens)
        {
            yield return (0, tokens);
            yield break;
        }

        int stride = Math.Max(1, windowTokens * 3 / 4);
        for (int first = 0; ; first += stride)
        {
            if (first + windowTokens >= tokens)
            {
                yield return (tokens - windowTokens, tokens);
                yield break;
            }

            yield return (first, first + windowTokens);
        }
    }

    /// <summary>Ranges of whole sentences of about 64 tokens together; a longer sentence is cut.</summary>
    internal static IEnumerable<(int First, int End)> SentenceGroups(string text, IReadOnlyList<TextToken> tokens, int windowTokens)
    {
        int limit = Math.Min(GroupTokens, windowTokens), first = 0, sentence = 0;
        for (int i = 0; i < tokens.Count; i++)
        {
            bool ends = i + 1 == tokens.Count || EndsSentence(text, tokens[i], tokens[i + 1]);
            if (i + 1 - first > limit)
            {
                int end = sentence > first ? sentence : i;
                yield return (first, end);
                first = end;
            }

            if (ends) sentence = i + 1;
        }

        if (first < tokens.Count) yield return (first, tokens.Count);
    }

    private static bool EndsSentence(string text, TextToken token, TextToken next)
    {
        if (token.End > 0 && token.End <= text.Length && text[token.End - 1] is '.' or '!' or '?' or '\n' or ';' or '\u3002' or '\uFF01' or '\uFF1F' or '\u0964') return true;
        int from = Math.Min(token.End, next.Start), to = Math.Min(Math.Max(next.Start, Math.Min(next.End, text.Length)), text.Length);
        return text.AsSpan(from, Math.Max(0, to - from)).Contains('\n');
    }
}
