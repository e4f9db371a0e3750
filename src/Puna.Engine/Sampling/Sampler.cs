namespace Puna.Engine.Sampling;

/// <summary>
/// Chooses the tokens of one sequence: holds its random generator, the tokens its penalties look back on, and the buffers, so that
/// after the first calls nothing is allocated. One per sequence; not for several threads at once.
/// </summary>
/// <remarks>
/// A token takes one random number if the temperature is above 0, and one before it if XTC is on. The draw is the
/// inverse of the cumulative distribution in order of falling probability, lower ids first among equals.
/// </remarks>
public sealed class Sampler
{
    private readonly LogitBlocks _blocks;
    private readonly FilterChain _chain;
    private readonly Penalties _penalties;
    private readonly (int Id, float Value)[] _bias;
    private readonly int[] _required; // ids with a bias of positive infinity
    private float[]? _adjusted;
    private Xoshiro256 _random;

    /// <summary>A sampler with no tokens seen.</summary>
    /// <param name="options">How to choose.</param>
    /// <param name="vocabSize">Logits in a row, at least 1.</param>
    /// <param name="maxTokens">Tokens the sequence can have, prompt included: what a window of -1 means. At least 1. Older tokens are forgotten.</param>
    /// <exception cref="SamplingOptionException">The options do not fit the vocabulary or each other.</exception>
    public Sampler(SamplingOptions options, int vocabSize, int maxTokens)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(vocabSize, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxTokens, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(maxTokens, Array.MaxLength / 2);
        options.Validate(vocabSize);

        Options = options;
        VocabSize = vocabSize;
        Seed = options.Seed ?? Xoshiro256.NewSeed();
        _random = new Xoshiro256(Seed);
        _blocks = new LogitBlocks(vocabSize);
        _chain = new FilterChain(options, vocabSize);
        _penalties = new Penalties(options, vocabSize, maxTokens);
        _bias = [.. options.LogitBias.Where(b => !float.IsPositiveInfinity(b.Value)).Select(b => (b.Key, b.Value))];
        _required = [.. options.LogitBias.Where(b => float.IsPositiveInfinity(b.Value)).Select(b => b.Key)];
    }

    private Sampler(Sampler other)
    {
        (Options, VocabSize, Seed, _random, _bias, _required) = (other.Options, other.VocabSize, other.Seed, other._random, other._bias, other._required);
        _blocks = new LogitBlocks(VocabSize);
        _chain = new FilterChain(Options, VocabSize);
        _penalties = other._penalties.Clone();
    }

    /// <summary>The settings it was made with.</summary>
    public SamplingOptions Options { get; }

    /// <summary>Logits in a row.</summary>
    public int VocabSize { get; }

    /// <summary>Seed of the draws; with it in <see cref="SamplingOptions.Seed"/> a run can be repeated.</summary>
    public ulong Seed { get; }

    /// <summary>The random generator's state, to save or to restore.</summary>
    public Xoshiro256 Random { get => _random; set => _random = value; }

    /// <summary>Words a token mask has.</summary>
    public int MaskWords => TokenMask.WordCount(VocabSize);

    /// <summary>Chooses the next token. Does not count it: call <see cref="Accept"/> with the token that is used.</summary>
    /// <param name="logits">One row, [vocabSize]; left as it is.</param>
    /// <param name="allowed">Allowed ids as bits (id i is bit i % 64 of word i / 64), [<see cref="MaskWords"/>]; empty allows all.</param>
    /// <param name="topLogprobs">Receives the most likely tokens, best first; at least <see cref="SamplingOptions.TopLogprobs"/> long. Tokens of probability 0 are left out.</param>
    /// <remarks>
    /// Log-probabilities are those of the logits as given, before bias, mask, penalties, filters and temperature, as the OpenAI API
    /// reports the model's distribution; so the chosen token can be one that is not among the most likely.
    /// </remarks>
    /// <exception cref="ArgumentException">A span has the wrong length.</exception>
    /// <exception cref="InvalidLogitsException">A logit is NaN or positive infinity.</exception>
    /// <exception cref="NoTokenAllowedException">Nothing is left to choose from.</exception>
    public SampledToken Sample(ReadOnlySpan<float> logits, ReadOnlySpan<ulong> allowed = default, Span<TokenLogprob> topLogprobs = default)
    {
        if (logits.Length != VocabSize) throw new ArgumentException($"The row has {logits.Length} logits, the vocabulary {VocabSize}.", nameof(logits));
        if (!allowed.IsEmpty && allowed.Length != MaskWords) throw new ArgumentException($"The token mask has {allowed.Length} words; {VocabSize} tokens take {MaskWords}.", nameof(allowed));
        if (topLogprobs.Length < Options.TopLogprobs) throw new ArgumentException($"Room for {topLogprobs.Length} log-probabilities; the options ask for {Options.TopLogprobs}.", nameof(topLogprobs));

        _blocks.Build(logits);
        if (_blocks.Max == float.NegativeInfinity) throw new NoTokenAllowedException("The model gave every token the logit -Infinity. Compare with the reference backend.");

        double logNormalizer = Options.Logprobs ? Logprobs.LogNormalizer(logits, _blocks) : 0;
        int top = Options.TopLogprobs > 0 ? Logprobs.Top(logits, _blocks, logNormalizer, _chain.Scratch, topLogprobs[..Options.TopLogprobs]) : 0;

        int id = _chain.Draw(Adjust(logits, allowed), _blocks, ref _random);
        return new SampledToken(id, Options.Logprobs ? (float)(logits[id] - logNormalizer) : null, top);
    }

    /// <summary>Counts a generated token for the penalties.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The id is outside the vocabulary.</exception>
    public void Accept(int id)
    {
        CheckId(id);
        _penalties.Add(id, generated: true);
    }

    /// <summary>Counts prompt tokens: the repetition penalty and DRY see them, the presence and frequency penalties do not.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An id is outside the vocabulary.</exception>
    public void AcceptPrompt(ReadOnlySpan<int> ids)
    {
        foreach (int id in ids) CheckId(id);
        foreach (int id in ids) _penalties.Add(id, generated: false);
    }

    /// <summary>A sampler in the same state for a fork of the sequence. Both draw the same numbers from here on, until one's <see cref="Random"/> is set.</summary>
    public Sampler Clone() => new(this);

    /// <summary>Forgets all tokens and starts the draws over from <see cref="Seed"/>.</summary>
    public void Reset()
    {
        _penalties.Clear();
        _random = new Xoshiro256(Seed);
    }

    /// <summary>Bias, mask and penalties, on a copy; the row itself where none of them applies.</summary>
    private ReadOnlySpan<float> Adjust(ReadOnlySpan<float> logits, ReadOnlySpan<ulong> allowed)
    {
        if (allowed.IsEmpty && _bias.Length == 0 && _required.Length == 0 && !_penalties.AreActive) return logits;

        Span<float> adjusted = _adjusted ??= GC.AllocateUninitializedArray<float>(VocabSize);
        if (_required.Length == 0)
        {
            logits.CopyTo(adjusted);
        }
        else
        {
            adjusted.Fill(float.NegativeInfinity);
            foreach (int id in _required) adjusted[id] = logits[id];
        }

        foreach ((int id, float value) in _bias) adjusted[id] += value;
        TokenMask.Apply(adjusted, allowed);
        _penalties.Apply(adjusted);

        _blocks.Build(adjusted);
        if (_blocks.Max == float.NegativeInfinity)
        {
            throw new NoTokenAllowedException(allowed.IsEmpty
                ? "The logit bias bans every token the model could produce. Remove an entry of -Infinity."
                : "The token mask allows no token that the logit bias and the model leave possible. Check the mask, and that no required token is banned.");
        }

        return adjusted;
    }

    private void CheckId(int id)
    {
        if ((uint)id >= (uint)VocabSize) throw new ArgumentOutOfRangeException(nameof(id), id, $"The vocabulary has the ids 0 to {VocabSize - 1}.");
    }
}
