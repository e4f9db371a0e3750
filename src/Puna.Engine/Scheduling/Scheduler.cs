using System.Diagnostics.CodeAnalysis;
using Puna.Compute;
using Puna.Engine.Drafting;

namespace Puna.Engine.Scheduling;

/// <summary>
/// Decides which sequences take part in the next step and with how many tokens: first one token of every decoding
/// sequence, and what is guessed to follow, then pieces of prompts in order of arrival. Holds no tensor. The queue may be fed from any thread, the rest
/// belongs to the engine's.
/// </summary>
/// <param name="maxSequences">Most sequences at once.</param>
/// <param name="batchTokens">Most rows of a step.</param>
/// <param name="draftRows">Most rows of a step for tokens that are guessed.</param>
internal sealed class Scheduler(int maxSequences, int batchTokens, int draftRows)
{
    private readonly LinkedList<Sequence> _waiting = [];
    private readonly List<Sequence> _active = [];
    private int? _admissionLimit; // lower than maxSequences after a preemption
    private bool _closed;

    /// <summary>Sequences with a cache slot, oldest first.</summary>
    internal IReadOnlyList<Sequence> Active => _active;

    /// <summary>Sequences in line.</summary>
    internal int WaitingCount
    {
        get
        {
            lock (_waiting) return _waiting.Count;
        }
    }

    /// <summary>Puts a sequence in line; false after <see cref="Close"/> or <see cref="Drain"/>.</summary>
    internal bool TryEnqueue(Sequence sequence)
    {
        lock (_waiting)
        {
            if (!_closed) _waiting.AddLast(sequence);
            return !_closed;
        }
    }

    /// <summary>The next sequence in line, if there is room for it and it need not wait.</summary>
    /// <param name="waits">Says of a sequence that it, and those behind it, had better wait for another step.</param>
    /// <param name="sequence">The sequence; it is active now.</param>
    internal bool TryAdmit(Predicate<Sequence> waits, [NotNullWhen(true)] out Sequence? sequence)
    {
        sequence = null;
        if (_active.Count >= (_admissionLimit ?? maxSequences)) return false;

        lock (_waiting)
        {
            if (_waiting.First is not { } first || waits(first.Value)) return false;
            _waiting.RemoveFirst();
            sequence = first.Value;
        }

        _active.Add(sequence);
        return true;
    }

    /// <summary>Fills the batch; the last token of a sequence asks for logits, and those of its draft do.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="withDrafts">Take in drafts.</param>
    internal void Fill(Batch batch, bool withDrafts)
    {
        batch.Clear();
        int decoding = 0;
        foreach (Sequence sequence in _active)
        {
            if (sequence.Pending == 1) decoding++;
        }

        int room = withDrafts ? Math.Min(draftRows, batchTokens - decoding) : 0; // a draft takes no other sequence's row
        foreach (Sequence sequence in _active)
        {
            if (sequence.Pending == 1 && batch.Rows < batchTokens) Add(batch, sequence, 1, ref room);
        }

        foreach (Sequence sequence in _active)
        {
            if (sequence.Pending > 1 && batch.Rows < batchTokens) Add(batch, sequence, Math.Min(sequence.Pending, batchTokens - batch.Rows), ref room);
        }
    }

    /// <summary>
    /// Takes the youngest sequence out, to be computed again later. False when it is the only one. Until one of those that
    /// remain is done nothing is admitted: what was taken out would only ask for the same memory again.
    /// </summary>
    internal bool TryPreempt([NotNullWhen(true)] out Sequence? sequence)
    {
        sequence = null;
        if (_active.Count < 2) return false;

        sequence = _active[^1];
        _active.RemoveAt(_active.Count - 1);
        _admissionLimit = _active.Count;
        lock (_waiting) _waiting.AddFirst(sequence);
        return true;
    }

    /// <summary>Takes a sequence out for good.</summary>
    internal void Remove(Sequence sequence)
    {
        _active.Remove(sequence);
        _admissionLimit = null;
    }

    /// <summary>Takes out those in line whose callers gave up.</summary>
    internal List<Sequence> TakeCancelledWaiting()
    {
        List<Sequence> cancelled = [];
        lock (_waiting)
        {
            for (LinkedListNode<Sequence>? node = _waiting.First; node is not null;)
            {
                LinkedListNode<Sequence>? next = node.Next;
                if (node.Value.Generation.IsCancelled)
                {
                    cancelled.Add(node.Value);
                    _waiting.Remove(node);
                }

                node = next;
            }
        }

        return cancelled;
    }

    /// <summary>Lets no more sequences in.</summary>
    internal void Close()
    {
        lock (_waiting) _closed = true;
    }

    /// <summary>Takes all sequences out, waiting ones too, and lets no more in.</summary>
    internal List<Sequence> Drain()
    {
        List<Sequence> all = [.. _active];
        _active.Clear();
        lock (_waiting)
        {
            _closed = true;
            all.AddRange(_waiting);
            _waiting.Clear();
        }

        return all;
    }

    private void Add(Batch batch, Sequence sequence, int count, ref int room)
    {
        bool isWhole = count == sequence.Pending;
        for (int i = 0; i < count; i++)
        {
            int pos = sequence.Computed + i;
            batch.Add(sequence.Tokens[pos], pos, sequence.Slot, needsLogits: pos == sequence.Tokens.Count - 1 && sequence.Pool is null);
        }

        batch.NeedsHidden |= sequence.Pool is not null;
        if (sequence.Draft is not { Count: > 0 } draft) return;

        draft.Rows = isWhole ? Math.Max(0, Math.Min(Math.Min(draft.Count, room), batchTokens - batch.Rows)) : 0;
        for (int i = 0; i < draft.Rows; i++) batch.Add(draft.Tokens[i], sequence.Tokens.Count + i, sequence.Slot, needsLogits: true);
        room -= draft.Rows;
    }
}
