using System.Diagnostics;
using System.Runtime.InteropServices;
using Puna.Engine.Constraints;
using Puna.Engine.Drafting;
using Puna.Engine.Sampling;
using Puna.Tokenizers;

namespace Puna.Engine.Scheduling;

/// <summary>A request and how far it has come: its tokens, those already in the cache, and the text decided so far.</summary>
internal sealed class Sequence
{
    private readonly List<int> _tokens;
    private readonly StreamingDecoder _decoder;
    private readonly StopMatcher? _stops;
    private readonly TokenLogprob[] _top;
    private readonly List<int> _forced = [];
    private long _admittedAt;
    private long _firstTokenAt;

    internal Sequence(Generation generation, Tokenizer tokenizer, Sampler sampler, ConstraintState? constraint, int maxTokens)
    {
        Generation = generation;
        Sampler = sampler;
        Constraint = constraint;
        MaxTokens = maxTokens;
        GenerationRequest request = generation.Request;
        _tokens = new List<int>(request.Prompt.Count + Math.Min(maxTokens, 4096));
        _tokens.AddRange(request.Prompt);
        _decoder = new StreamingDecoder(tokenizer, request.IncludeSpecial, continuation: true);
        _stops = request.Stop.Count > 0 ? new StopMatcher(request.Stop) : null;
        _top = new TokenLogprob[request.Sampling.TopLogprobs];
    }

    internal Generation Generation { get; }

    internal Sampler Sampler { get; }

    /// <summary>Place in the form that the text must have, or null.</summary>
    internal ConstraintState? Constraint { get; }

    /// <summary>Takes the final hidden states of a text that is to be embedded and not continued; null otherwise.</summary>
    internal HiddenPool? Pool { get; init; }

    /// <summary>What is guessed to come next; null where nothing is.</summary>
    internal Draft? Draft { get; init; }

    /// <summary>Most tokens to generate.</summary>
    internal int MaxTokens { get; }

    /// <summary>Cache slot; -1 while the sequence waits.</summary>
    internal int Slot { get; set; } = -1;

    /// <summary>Tokens whose keys and values are in the cache.</summary>
    internal int Computed { get; set; }

    /// <summary>Prompt and generated tokens.</summary>
    internal IReadOnlyList<int> Tokens => _tokens;

    /// <summary>The same, until the next is added.</summary>
    internal ReadOnlySpan<int> TokenSpan => CollectionsMarshal.AsSpan(_tokens);

    /// <summary>Tokens still to be computed; 1 while decoding.</summary>
    internal int Pending => _tokens.Count - Computed;

    internal bool IsFinished { get; private set; }

    /// <summary>Ended by an error: what is in its cache cannot be trusted.</summary>
    internal bool HasFailed { get; private set; }

    /// <summary>Room for log-probabilities of the most likely tokens.</summary>
    internal Span<TokenLogprob> TopLogprobs => _top;

    /// <summary>Called when the sequence gets a slot.</summary>
    internal void Admit(int slot, int computed)
    {
        Slot = slot;
        Computed = computed;
        if (_admittedAt != 0) return; // preempted and back again

        _admittedAt = Stopwatch.GetTimestamp();
        Generation.CachedTokens = computed;
    }

    /// <summary>Begins a draft, of no more tokens than the answer may still have; none before the answer has begun.</summary>
    internal void BeginDraft(int most)
    {
        bool decodes = Pool is null && Generation.CompletionTokens > 0;
        Draft?.Begin(decodes ? Math.Min(most, MaxTokens - Generation.CompletionTokens - 1) : 0, Constraint, !Generation.Request.IgnoreEndOfGeneration);
    }

    /// <summary>
    /// Whether the token after a computed row's is the one to choose now. Where the row's token was guessed, it is if that and all before it
    /// were chosen; the row then counts as computed.
    /// </summary>
    internal bool IsNext(int pos, int token)
    {
        if (IsFinished) return false;
        if (pos == Computed && pos < _tokens.Count && _tokens[pos] == token) Computed++;
        return pos == Computed - 1 && pos == _tokens.Count - 1;
    }

    /// <summary>Compares the draft that began at a place with what was chosen.</summary>
    internal void SettleDraft(int begin)
    {
        int rows = Draft!.Rows, right = Draft.Settle(_tokens, begin);
        Generation.AcceptedDraftTokens += right;
        Generation.RejectedDraftTokens += rows - right;
    }

    /// <summary>Takes the token chosen after all present ones.</summary>
    internal void Append(in SampledToken sampled, bool endsGeneration)
    {
        long now = Stopwatch.GetTimestamp();
        if (_firstTokenAt == 0)
        {
            _firstTokenAt = now;
            Generation.PromptTime = Stopwatch.GetElapsedTime(_admittedAt, now);
        }

        Generation.DecodeTime = Stopwatch.GetElapsedTime(_firstTokenAt, now);
        if (endsGeneration)
        {
            End(FinishReason.Stop);
            return;
        }

        _tokens.Add(sampled.Id);
        Sampler.Accept(sampled.Id);
        Generation.CompletionTokens++;

        ReadOnlySpan<char> text = _decoder.Append(sampled.Id);
        if (_stops is not null) text = _stops.Append(text);
        IReadOnlyList<TokenLogprob> top = sampled.TopLogprobCount == 0 ? [] : _top[..sampled.TopLogprobCount];
        Generation.Write(new GenerationStep(sampled.Id, text.IsEmpty ? "" : text.ToString(), sampled.Logprob, top));

        if (_stops?.Stop is { } stop) Finish(FinishReason.Stop, stop);
        else if (Generation.CompletionTokens >= MaxTokens) End(FinishReason.Length);
    }

    /// <summary>
    /// Takes what a constraint leaves no choice about without asking the model for it: the tokens of the only text that can follow, and the
    /// end where nothing can. Where log-probabilities are asked for or tokens are weighted by hand, the model is asked for every token.
    /// </summary>
    internal void GoOn(ConstraintState constraint)
    {
        if (Generation.Request.Sampling is { Logprobs: false, LogitBias.Count: 0 })
        {
            _forced.Clear();
            constraint.FindForced(_forced);
            foreach (int id in _forced)
            {
                if (IsFinished || !constraint.TryAccept(id)) break;
                Append(new SampledToken(id, null, 0), endsGeneration: false);
            }
        }

        if (constraint.IsComplete && !IsFinished) End(FinishReason.Stop);
    }

    /// <summary>Ends the text: what was held back for an unfinished character or stop string is let go.</summary>
    internal void End(FinishReason reason)
    {
        string rest = _decoder.Flush().ToString();
        if (_stops is not null) rest = _stops.Append(rest).ToString() + _stops.Flush().ToString();
        if (rest.Length > 0) Generation.Write(new GenerationStep(GenerationStep.NoToken, rest, null, []));
        Finish(_stops?.Stop is null ? reason : FinishReason.Stop, _stops?.Stop);
    }

    internal void Fail(Exception error)
    {
        IsFinished = HasFailed = true;
        Generation.Fail(error);
    }

    private void Finish(FinishReason reason, string? stop)
    {
        IsFinished = true;
        Generation.Finish(reason, stop);
    }
}
