namespace Puna.Engine.Sampling;

/// <summary>
/// How the next token is chosen from one row of logits. Immutable; every value is checked when it is set. The defaults
/// are neutral: they draw from the model's own distribution. With x the logits and p = softmax(x), the steps run in the order
/// bias, constraint mask, penalties (repetition, presence and frequency, DRY), top-k, typical-p, top-p, min-p, XTC, temperature, draw.
/// </summary>
/// <remarks>Every setter throws <see cref="SamplingOptionException"/> for a value outside the range its comment gives.</remarks>
public sealed record SamplingOptions
{
    /// <summary>Most alternatives that can be reported per token, the limit of the OpenAI API.</summary>
    public const int MaxTopLogprobs = 20;

    /// <summary>Always the most likely token.</summary>
    public static SamplingOptions Greedy { get; } = new() { Temperature = 0 };

    /// <summary>T in softmax(x / T), 0 to 100; 0 takes the best token that the filters left. Source: the OpenAI API reference, <c>temperature</c>.</summary>
    public float Temperature { get; init => field = OptionRange.Check(nameof(Temperature), value, 0f, 100f); } = 1f;

    /// <summary>Keeps the k most likely tokens; 0 keeps all. Source: Fan et al. 2018, arXiv:1805.04833.</summary>
    public int TopK { get; init => field = OptionRange.Check(nameof(TopK), value, 0, int.MaxValue); }

    /// <summary>Keeps the smallest set of most likely tokens whose probabilities sum to at least this, 0 to 1; 1 keeps all, 0 keeps one. Source: Holtzman et al. 2019, arXiv:1904.09751.</summary>
    public float TopP { get; init => field = OptionRange.Check(nameof(TopP), value, 0f, 1f); } = 1f;

    /// <summary>Keeps tokens with p at least this times the largest p, 0 to 1; 0 keeps all. Source: Nguyen et al. 2024, arXiv:2407.01082.</summary>
    public float MinP { get; init => field = OptionRange.Check(nameof(MinP), value, 0f, 1f); }

    /// <summary>
    /// Keeps the smallest set of tokens whose surprise -ln p is nearest the entropy and whose probabilities sum to at least this,
    /// 0 to 1; 1 keeps all. Source: Meister et al. 2022, arXiv:2202.00666.
    /// </summary>
    public float TypicalP { get; init => field = OptionRange.Check(nameof(TypicalP), value, 0f, 1f); } = 1f;

    /// <summary>
    /// θ from 0.01 to 100: the logit of a token seen in the last <see cref="RepeatLastN"/> tokens, prompt included, becomes x/θ if
    /// positive and x*θ otherwise; 1 changes nothing. Source: Keskar et al. 2019, arXiv:1909.05858, section 4.1.
    /// </summary>
    public float RepetitionPenalty { get; init => field = OptionRange.Check(nameof(RepetitionPenalty), value, 0.01f, 100f); } = 1f;

    /// <summary>Tokens the repetition penalty looks back over; -1 for all the sampler may hold, 0 turns it off.</summary>
    public int RepeatLastN { get; init => field = OptionRange.Check(nameof(RepeatLastN), value, -1, int.MaxValue); } = 64;

    /// <summary>Subtracted once from the logit of every generated token, -2 to 2. Source: the OpenAI API reference, <c>presence_penalty</c>.</summary>
    public float PresencePenalty { get; init => field = OptionRange.Check(nameof(PresencePenalty), value, -2f, 2f); }

    /// <summary>Subtracted from the logit of a generated token as often as it was generated, -2 to 2. Source: the OpenAI API reference, <c>frequency_penalty</c>.</summary>
    public float FrequencyPenalty { get; init => field = OptionRange.Check(nameof(FrequencyPenalty), value, -2f, 2f); }

    /// <summary>Penalty on repeated sequences, or null for none.</summary>
    public DryOptions? Dry { get; init; }

    /// <summary>
    /// Chance per token, 0 to 1, that XTC acts: of the tokens with p at least <see cref="XtcThreshold"/>, all but the least likely
    /// are removed. Source: P. E. Weidmann, text-generation-webui pull request 6335.
    /// </summary>
    public float XtcProbability { get; init => field = OptionRange.Check(nameof(XtcProbability), value, 0f, 1f); }

    /// <summary>Probability from which XTC counts a token as a top choice, 0 to 1; above 0.5 there can be no second one, so XTC never acts.</summary>
    public float XtcThreshold { get; init => field = OptionRange.Check(nameof(XtcThreshold), value, 0f, 1f); } = 0.1f;

    /// <summary>
    /// Added to the logits by token id: -100 to 100 as in the OpenAI API reference (<c>logit_bias</c>), negative infinity to ban
    /// the token, positive infinity to ban every token that does not have it.
    /// </summary>
    public IReadOnlyDictionary<int, float> LogitBias { get; init => field = CheckBias(value); } = new Dictionary<int, float>();

    /// <summary>Seed of the draws, or null to take one from the operating system (<see cref="Sampler.Seed"/> tells which).</summary>
    public ulong? Seed { get; init; }

    /// <summary>Tokens that typical-p, top-p, min-p and XTC leave at least, where there are as many; 1 or more.</summary>
    public int MinKeep { get; init => field = OptionRange.Check(nameof(MinKeep), value, 1, int.MaxValue); } = 1;

    /// <summary>Whether the log-probability of the chosen token is reported, under the model's own distribution. Source: the OpenAI API reference, <c>logprobs</c>.</summary>
    public bool Logprobs { get; init; }

    /// <summary>Alternatives reported per token, 0 to 20; needs <see cref="Logprobs"/>.</summary>
    public int TopLogprobs { get; init => field = OptionRange.Check(nameof(TopLogprobs), value, 0, MaxTopLogprobs); }

    internal bool UsesTypicalP => TypicalP < 1f;

    internal bool UsesTopP => TopP < 1f;

    internal bool UsesMinP => MinP > 0f;

    internal bool UsesXtc => XtcProbability > 0f && XtcThreshold <= 0.5f;

    internal bool UsesDry => Dry is { Multiplier: > 0f, LastN: not 0 };

    internal bool UsesRepetition => RepetitionPenalty != 1f && RepeatLastN != 0;

    internal bool UsesGeneratedCounts => PresencePenalty != 0f || FrequencyPenalty != 0f;

    /// <summary>True when the answer is the largest adjusted logit: the other filters always keep it.</summary>
    internal bool IsArgMax => Temperature == 0f && !UsesTypicalP && !UsesXtc;

    /// <summary>Checks what depends on more than one option or on the vocabulary.</summary>
    /// <param name="vocabSize">Logits in a row.</param>
    /// <exception cref="SamplingOptionException">An id is outside the vocabulary, or options contradict each other.</exception>
    public void Validate(int vocabSize)
    {
        if (TopLogprobs > 0 && !Logprobs)
            throw new SamplingOptionException(nameof(TopLogprobs), OptionRange.Text(TopLogprobs), "0 while Logprobs is off; turn Logprobs on");

        foreach (int id in LogitBias.Keys) CheckId(nameof(LogitBias), id, vocabSize);
        foreach (int id in Dry?.SequenceBreakers ?? []) CheckId("Dry.SequenceBreakers", id, vocabSize);
    }

    private static void CheckId(string option, int id, int vocabSize)
    {
        if ((uint)id >= (uint)vocabSize)
            throw new SamplingOptionException(option, $"token id {OptionRange.Text(id)}", $"ids 0 to {OptionRange.Text(vocabSize - 1)}, the model's vocabulary");
    }

    private static Dictionary<int, float> CheckBias(IReadOnlyDictionary<int, float> bias)
    {
        Dictionary<int, float> copy = new(bias.Count);
        foreach ((int id, float value) in bias)
        {
            if (!float.IsInfinity(value) && !(value >= -100f && value <= 100f))
                throw new SamplingOptionException($"{nameof(LogitBias)}[{OptionRange.Text(id)}]", OptionRange.Text(value), "-100 to 100, -Infinity or Infinity");

            copy.Add(id, value);
        }

        return copy;
    }
}
