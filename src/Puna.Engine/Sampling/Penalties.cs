using System.Runtime.InteropServices;

namespace Puna.Engine.Sampling;

/// <summary>
/// Penalties on tokens that occurred before. The repetition penalty and DRY see prompt and reply, the presence and frequency penalties
/// the reply only, as the OpenAI API counts. Each holds state only if its option is on.
/// </summary>
internal sealed class Penalties
{
    private readonly SamplingOptions _options;
    private readonly WindowCounts? _recent;
    private readonly Dictionary<int, int>? _generated;
    private readonly DryPenalty? _dry;

    public Penalties(SamplingOptions options, int vocabSize, int maxTokens)
    {
        _options = options;
        if (options.UsesRepetition) _recent = new WindowCounts(options.RepeatLastN < 0 ? maxTokens : Math.Min(options.RepeatLastN, maxTokens), vocabSize);
        if (options.UsesGeneratedCounts) _generated = new Dictionary<int, int>(Math.Min(maxTokens, vocabSize));
        if (options.UsesDry) _dry = new DryPenalty(options.Dry!, vocabSize, maxTokens);
    }

    private Penalties(Penalties other)
    {
        _options = other._options;
        _recent = other._recent?.Clone();
        _dry = other._dry?.Clone();
        if (other._generated is null) return;

        _generated = new Dictionary<int, int>(other._generated);
        _generated.EnsureCapacity(other._generated.Capacity);
    }

    /// <summary>Whether any option is on.</summary>
    public bool AreActive => _recent is not null || _generated is not null || _dry is not null;

    public void Add(int id, bool generated)
    {
        _recent?.Add(id);
        _dry?.Add(id);
        if (generated && _generated is not null) CollectionsMarshal.GetValueRefOrAddDefault(_generated, id, out _)++;
    }

    /// <summary>Changes the logits in place: repetition, then presence and frequency, then DRY.</summary>
    public void Apply(Span<float> logits)
    {
        if (_recent is not null)
        {
            float theta = _options.RepetitionPenalty;
            foreach (int id in _recent.Counts.Keys)
            {
                float x = logits[id];
                logits[id] = x > 0 ? MathF.Min(x / theta, float.MaxValue) : x * theta;
            }
        }

        if (_generated is not null)
        {
            foreach ((int id, int count) in _generated) logits[id] -= _options.PresencePenalty + (count * _options.FrequencyPenalty);
        }

        _dry?.Apply(logits);
    }

    public void Clear()
    {
        _recent?.Clear();
        _generated?.Clear();
        _dry?.Clear();
    }

    public Penalties Clone() => new(this);
}
