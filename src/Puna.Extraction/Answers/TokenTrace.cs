using System.Text;
using Puna.Engine;

namespace Puna.Extraction.Answers;

/// <summary>An answer's text as it comes, and the log-probability of every token with the bytes it wrote.</summary>
internal sealed class TokenTrace
{
    private readonly List<(int End, double Logprob)> _tokens = []; // a token starts where the one before it ends
    private readonly StringBuilder _text = new();
    private int _length;
    private double _held; // tokens that have written only a part of a character so far

    /// <summary>The text so far.</summary>
    internal string Text => _text.ToString();

    internal void Add(in GenerationStep step)
    {
        _text.Append(step.Text);
        _length += Encoding.UTF8.GetByteCount(step.Text);
        _held += step.Logprob ?? 0;
        if (step.Text.Length == 0) return;

        _tokens.Add((_length, _held));
        _held = 0;
    }

    /// <summary>Probability that the model gave to all tokens that wrote any of these bytes, each given what stood before it.</summary>
    internal double Probability(int start, int end)
    {
        int low = 0, high = _tokens.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_tokens[middle].End <= start) low = middle + 1;
            else high = middle;
        }

        double sum = 0;
        for (int i = low; i < _tokens.Count; i++)
        {
            sum += _tokens[i].Logprob;
            if (_tokens[i].End >= end) break;
        }

        return Math.Exp(Math.Min(0, sum));
    }
}
