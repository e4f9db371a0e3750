using Puna.Compute;
using Puna.Engine.Constraints;
using Puna.Engine.Drafting;
using Puna.Engine.Sampling;
using Puna.Engine.Scheduling;
using Puna.Models;
using Puna.Models.Cache;
using Puna.Tokenizers;

namespace Puna.Engine;

/// <summary>
/// Serves any number of callers from one model: requests wait in line, and every step computes all admitted sequences in
/// one batch. A thread of its own runs the steps, so that callers only wait for their tokens. Safe for concurrent callers.
/// </summary>
public sealed partial class InferenceEngine : IDisposable
{
    private readonly Models.Decoder _decoder;
    private readonly Tokenizer _tokenizer;
    private readonly KvCache _cache;
    private readonly DecoderState _state;
    private readonly Batch _batch;
    private readonly Scheduler _scheduler;
    private readonly RetainedPrefixes _retained;
    private readonly SharedPrefixes _shared;
    private readonly Predicate<Sequence> _waitsForPrefix;
    private readonly IDrafter? _drafter;
    private readonly BetweenSteps _betweenSteps = new();
    private readonly SemaphoreSlim _work = new(0);
    private readonly Thread _thread;
    private volatile bool _stop;

    /// <summary>An engine over a model that outlives it.</summary>
    /// <param name="decoder">The model.</param>
    /// <param name="tokenizer">Its vocabulary.</param>
    /// <param name="options">Limits.</param>
    /// <param name="draftModel">
    /// A smaller model with the same vocabulary and on the same backend, which guesses tokens for the other to check; null for none. Outlives the engine, too.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">An option is not positive.</exception>
    /// <exception cref="ArgumentException">Two ways to guess tokens are named, or the draft model has another number of tokens.</exception>
    public InferenceEngine(Models.Decoder decoder, Tokenizer tokenizer, EngineOptions options, Models.Decoder? draftModel = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxSequences, 1, "MaxSequences");
        ArgumentOutOfRangeException.ThrowIfLessThan(options.BatchTokens, 1, "BatchTokens");
        ArgumentOutOfRangeException.ThrowIfNegative(options.RetainedSequences, "RetainedSequences");
        ArgumentOutOfRangeException.ThrowIfLessThan(options.ContextLength ?? 1, 1, "ContextLength");

        _decoder = decoder;
        _tokenizer = tokenizer;
        Options = options;
        int batchTokens = Math.Max(options.BatchTokens, options.MaxSequences);
        KvCacheOptions cacheOptions = options.CacheOptions;
        int draftRows = 0;
        if (options.PromptLookup || draftModel is not null)
        {
            _drafter = Drafter(decoder, options, draftModel, batchTokens, ref cacheOptions);
            draftRows = options.DraftTokens;
        }

        _cache = decoder.CreateCache(cacheOptions);
        _state = decoder.CreateState(batchTokens, options.MaxSequences + draftRows);
        _batch = new Batch(batchTokens);
        _scheduler = new Scheduler(options.MaxSequences, batchTokens, draftRows);
        _retained = new RetainedPrefixes(_cache, options.RetainedSequences);
        _shared = new SharedPrefixes(_cache, _retained, _scheduler.Active);
        _waitsForPrefix = _shared.IsWorthWaiting;
        _thread = new Thread(Run) { IsBackground = true, Name = "puna engine" };
        _thread.Start();
    }

    /// <summary>The limits it was made with.</summary>
    public EngineOptions Options { get; }

    /// <summary>Most tokens of a sequence, prompt included.</summary>
    public int ContextLength => Options.ContextLength ?? _decoder.Config.ContextLength;

    /// <summary>Puts a request in line.</summary>
    /// <exception cref="PromptTooLongException">The prompt fills the context.</exception>
    /// <exception cref="ArgumentException">The prompt is empty, an id is outside the vocabulary, an option is out of range, or options contradict each other.</exception>
    public Generation Submit(GenerationRequest request) => Enqueue(request, null);

    private Generation Enqueue(GenerationRequest request, HiddenPool? pool)
    {
        ObjectDisposedException.ThrowIf(_stop, this);
        int promptTokens = request.Prompt.Count;
        if (promptTokens == 0) throw new ArgumentException("The prompt is empty: give at least one token, such as the begin-of-text token.", nameof(request));
        if (promptTokens >= ContextLength) throw new PromptTooLongException(promptTokens, ContextLength);
        if (request is { Constraint: not null, IgnoreEndOfGeneration: true }) throw new ArgumentException("A constraint says where the text ends; IgnoreEndOfGeneration cannot go on after that. Set one of the two.", nameof(request));
        if (request.MaxTokens < 1) throw new ArgumentException($"MaxTokens is {request.MaxTokens}; it must be at least 1.", nameof(request));
        foreach (int id in request.Prompt)
        {
            if ((uint)id >= (uint)_decoder.Config.VocabSize)
                throw new ArgumentException($"The prompt has token id {id}; the vocabulary has ids 0 to {_decoder.Config.VocabSize - 1}.", nameof(request));
        }

        int maxTokens = Math.Min(request.MaxTokens ?? int.MaxValue, ContextLength - promptTokens);
        Sampler sampler = new(request.Sampling, _decoder.Config.VocabSize, promptTokens + maxTokens);
        sampler.AcceptPrompt([.. request.Prompt]);
        ConstraintState? constraint = request.Constraint?.Start(_tokenizer, _decoder.Config.VocabSize);
        Sequence sequence = new(new Generation(request, sampler.Seed), _tokenizer, sampler, constraint, maxTokens)
        {
            Pool = pool,
            Draft = _drafter is null || pool is not null ? null : new Draft(Options.DraftTokens, _tokenizer),
        };
        ObjectDisposedException.ThrowIf(!_scheduler.TryEnqueue(sequence), this);
        _work.Release();
        return sequence.Generation;
    }

    /// <summary>Stops after the present step; unfinished requests end as cancelled.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _stop, true)) return;

        _work.Release();
        _thread.Join();
        _drafter?.Dispose();
        _state.Dispose();
        _cache.Dispose();
        _work.Dispose();
    }

    /// <summary>
    /// One step, from tokens to text: admits waiting sequences, fills the batch, runs the model, chooses a token for every
    /// sequence that is ready for one (several where they were guessed), and hands out its text. False when there is nothing to do.
    /// </summary>
    internal bool Step()
    {
        DropCancelled();
        Admit();
        if (_scheduler.Active.Count == 0) return false;

        Publish();
        bool drafts = _drafter is not null && Propose();
        _scheduler.Fill(_batch, drafts);
        if (!TryForward(drafts)) return true;

        foreach (Sequence sequence in _scheduler.Active) sequence.Computed = _cache.NextPos(sequence.Slot) - (sequence.Draft?.Rows ?? 0);
        for (int i = 0; i < _batch.LogitRows.Length; i++)
        {
            int row = _batch.LogitRows[i];
            Sequence sequence = SequenceOf(_batch.Sequences[row]);
            if (sequence.IsNext(_batch.Positions[row], _batch.Tokens[row])) Choose(sequence, _decoder.Logits(_state, i));
        }

        if (drafts) TakeBackDrafts();
        if (_batch.NeedsHidden) Pool();
        RemoveFinished();
        return true;
    }

    private void Run()
    {
        while (!_stop)
        {
            bool worked;
            _betweenSteps.Run();
            try
            {
                worked = Step();
            }
            catch (Exception error) // whatever it was, callers must hear of it and the engine must go on serving others
            {
                worked = true;
                FailActive(error);
            }

            Publish();
            if (_draining && !worked && _scheduler.WaitingCount == 0) _drained.TrySetResult();
            if (!worked) _work.Wait();
        }

        foreach (Sequence sequence in _scheduler.Drain()) sequence.End(FinishReason.Cancelled);
        _betweenSteps.Close();
        _drained.TrySetResult();
    }

    private void DropCancelled()
    {
        foreach (Sequence sequence in _scheduler.Active)
        {
            if (sequence.Generation.IsCancelled) sequence.End(FinishReason.Cancelled);
        }

        foreach (Sequence sequence in _scheduler.TakeCancelledWaiting()) sequence.End(FinishReason.Cancelled);
        RemoveFinished();
    }

    private void Admit()
    {
        while (_scheduler.TryAdmit(_waitsForPrefix, out Sequence? sequence))
        {
            (int slot, int computed) = _shared.Open(sequence);
            sequence.Admit(slot, computed);
        }
    }

    /// <summary>Runs the model; when the cache is full, makes room and lets the next step try again.</summary>
    private bool TryForward(bool withDrafts)
    {
        try
        {
            _decoder.Forward(_batch, _cache, _state);
            return true;
        }
        catch (KvCacheFullException) when (withDrafts)
        {
            _scheduler.Fill(_batch, withDrafts: false); // no sequence is to suffer for a guess
            return TryForward(withDrafts: false);
        }
        catch (KvCacheFullException full)
        {
            if (_retained.DropOldest()) return false;
            if (_scheduler.TryPreempt(out Sequence? preempted))
            {
                _cache.Close(preempted.Slot);
                _drafter?.Release(preempted);
                preempted.Slot = -1;
                preempted.Computed = 0;
                preempted.Pool?.Clear();
                return false;
            }

            EndForLackOfMemory(full);
            return false;
        }
    }

    /// <summary>The one sequence left does not fit: an answer that has begun ends there, a prompt fails.</summary>
    private void EndForLackOfMemory(KvCacheFullException full)
    {
        foreach (Sequence sequence in _scheduler.Active)
        {
            if (sequence.Generation.CompletionTokens > 0) sequence.End(FinishReason.Length);
            else sequence.Fail(full);
        }

        RemoveFinished();
    }

    private void Choose(Sequence sequence, ReadOnlySpan<float> logits)
    {
        try
        {
            ConstraintState? constraint = sequence.Constraint;
            SampledToken sampled = sequence.Sampler.Sample(logits, constraint is null ? default : constraint.AllowedTokens(), sequence.TopLogprobs);
            if (constraint is not null && !constraint.TryAccept(sampled.Id))
            {
                sequence.Fail(new InvalidOperationException($"Token {sampled.Id} was drawn, which the constraint's mask allows and its automaton does not."));
                return;
            }

            sequence.Append(sampled, !sequence.Generation.Request.IgnoreEndOfGeneration && _tokenizer.IsEndOfGeneration(sampled.Id));
            if (constraint is not null && !sequence.IsFinished) sequence.GoOn(constraint);
        }
        catch (Exception error) when (error is InvalidLogitsException or NoTokenAllowedException or ConstraintException)
        {
            sequence.Fail(error);
        }
    }

    private Sequence SequenceOf(int slot)
    {
        foreach (Sequence sequence in _scheduler.Active)
        {
            if (sequence.Slot == slot) return sequence;
        }

        throw new InvalidOperationException($"No active sequence has cache slot {slot}.");
    }

    private void RemoveFinished()
    {
        for (int i = _scheduler.Active.Count - 1; i >= 0; i--)
        {
            Sequence sequence = _scheduler.Active[i];
            if (!sequence.IsFinished) continue;

            _scheduler.Remove(sequence);
            _drafter?.Release(sequence);
            _retained.Keep(sequence);
        }
    }

    private void FailActive(Exception error)
    {
        foreach (Sequence sequence in _scheduler.Active.ToArray())
        {
            if (!sequence.IsFinished) sequence.Fail(error);
            _scheduler.Remove(sequence);
            _drafter?.Release(sequence);
            if (_cache.IsOpen(sequence.Slot)) _cache.Close(sequence.Slot);
        }
    }
}
