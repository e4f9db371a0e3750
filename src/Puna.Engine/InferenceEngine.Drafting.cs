using Puna.Engine.Drafting;
using Puna.Engine.Scheduling;
using Puna.Models.Cache;

namespace Puna.Engine;

/// <remarks>
/// Speculative decoding: a drafter guesses the next tokens of a sequence, one pass computes the logits after each of them, and tokens are chosen
/// from these as ever, up to the first that was not guessed. A row's logits do not depend on the rows beside it, so the answer is
/// the one without guesses, whatever the guesses are.
/// </remarks>
public sealed partial class InferenceEngine
{
    private static IDrafter Drafter(Models.Decoder decoder, EngineOptions options, Models.Decoder? draftModel, int batchTokens, ref KvCacheOptions cacheOptions)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.DraftTokens, 1, "DraftTokens");
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.DraftTokens, EngineOptions.MaxDraftTokens, "DraftTokens");
        cacheOptions = cacheOptions with { KeepForRollback = options.DraftTokens };
        if (draftModel is null) return new PromptLookup();
        if (options.PromptLookup) throw new ArgumentException("Tokens can be guessed by PromptLookup or by a draft model; both are set. Leave out one of them.", nameof(options));
        if (draftModel.Config.VocabSize != decoder.Config.VocabSize)
            throw new ArgumentException($"The draft model has {draftModel.Config.VocabSize} tokens, the model {decoder.Config.VocabSize}. They must share the vocabulary.", nameof(draftModel));

        long? draftLimit = null;
        if (options.KvMemoryLimit is { } limit)
        {
            // The two caches grow side by side, and share the limit as they take it.
            double own = new KvPlan(decoder.Config.KvGeometry, options.KvType).TokenBytes, draft = new KvPlan(draftModel.Config.KvGeometry, options.KvType).TokenBytes;
            draftLimit = (long)(limit * (draft / (own + draft)));
            cacheOptions = cacheOptions with { MemoryLimit = limit - draftLimit };
        }

        return new DraftModel(draftModel, options.MaxSequences, batchTokens, options.DraftTokens, new KvCacheOptions { Type = options.KvType, MemoryLimit = draftLimit });
    }

    /// <summary>
    /// Has the next tokens of decoding sequences guessed. True where any were. The more sequences a step has the fewer guesses it gets, and beyond
    /// <see cref="EngineOptions.DraftTokens"/> sequences none: a full step gains nothing by rows of which some are in vain.
    /// </summary>
    private bool Propose()
    {
        int sequences = _scheduler.Active.Count, room = Options.DraftTokens + 1 - sequences, share = Math.Max(1, room / sequences);
        foreach (Sequence sequence in _scheduler.Active)
        {
            sequence.BeginDraft(Math.Min(share, room));
            room -= sequence.Draft?.Wanted ?? 0;
        }

        _drafter!.Propose(_scheduler.Active);
        foreach (Sequence sequence in _scheduler.Active)
        {
            if (sequence.Draft is { Count: > 0 }) return true;
        }

        return false;
    }

    /// <summary>Takes what was guessed wrong out of the cache again.</summary>
    private void TakeBackDrafts()
    {
        foreach (Sequence sequence in _scheduler.Active)
        {
            if (sequence.Draft is not { Rows: > 0 } draft) continue;

            int next = _cache.NextPos(sequence.Slot);
            if (sequence.Computed < next) _cache.Truncate(sequence.Slot, sequence.Computed);
            sequence.SettleDraft(begin: next - draft.Rows);
        }
    }
}
