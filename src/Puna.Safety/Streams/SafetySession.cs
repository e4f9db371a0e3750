using Microsoft.Extensions.AI;
using Puna.Safety.Audit;
using Puna.Safety.LlamaGuard;
using Puna.Safety.Policy;
using Puna.Safety.Scanning;

namespace Puna.Safety.Streams;

/// <summary>A decision, and what it was about.</summary>
/// <param name="Subject">What was judged: message or answer.</param>
/// <param name="Decision">The decision.</param>
public sealed record SafetyNote(string Subject, PolicyDecision Decision);

/// <summary>The guarding of one request: its messages, then its answers, by the policy that was in force when it came.</summary>
public sealed class SafetySession : IDisposable
{
    private readonly SafetyGuard _guard;
    private readonly PolicyLease _lease;
    private readonly string _request;
    private readonly Lock _lock = new();
    private readonly List<SafetyNote> _notes = [];

    internal SafetySession(SafetyGuard guard, PolicyLease lease, string request)
    {
        _guard = guard;
        _lease = lease;
        _request = request;
    }

    /// <summary>The policy that decides.</summary>
    public SafetyPolicy Policy => _lease.Policy;

    /// <summary>What was decided about the messages, and of each answer the last decision.</summary>
    public IReadOnlyList<SafetyNote> Notes
    {
        get
        {
            lock (_lock) return [.. _notes];
        }
    }

    /// <summary>A gate for an answer.</summary>
    /// <param name="conversation">The messages that it answers.</param>
    public AnswerGate Answer(IReadOnlyList<GuardMessage> conversation) => new(this, conversation);

    /// <summary>Judges the messages of a conversation in order.</summary>
    /// <param name="messages">The messages.</param>
    /// <param name="instructions">Instructions beside them, judged as a system message before them; null for none.</param>
    /// <param name="tools">Tools that the model is shown, judged as a system message of their JSON; null for none. They go on as they are or not at all: what would have to be redacted in them is refused.</param>
    /// <param name="cancellationToken">Stops the judging.</param>
    /// <exception cref="NotSupportedException">A message has content that no guard can judge.</exception>
    /// <exception cref="IOException">A decision cannot be recorded.</exception>
    public ValueTask<JudgedConversation> JudgeAsync(
        IEnumerable<ChatMessage> messages, string? instructions = null, IEnumerable<AITool>? tools = null, CancellationToken cancellationToken = default) =>
        JudgedConversation.OfAsync(this, messages, instructions, tools, cancellationToken);

    /// <summary>Ends the use of the policy.</summary>
    public void Dispose() => _lease.Dispose();

    /// <summary>Judges a message; one that was judged before, behind the same messages, is not judged again.</summary>
    internal async ValueTask<(PolicyDecision Decision, bool GoesOn)> JudgeMessageAsync(ScanInput input, UInt128 key, CancellationToken cancellationToken)
    {
        if (_guard.Cache.Find(key) is { } known)
        {
            Note("message", known);
            return (known, true);
        }

        PolicyDecision decision = await Policy.EvaluateAsync(input, cancellationToken).ConfigureAwait(false);
        Record("message", input.Text, decision);
        Note("message", decision);
        bool goesOn = await GoesOnAsync("message", decision, cancellationToken).ConfigureAwait(false);
        if (!decision.Refused && decision.Outcomes.All(o => o.Failure is null)) _guard.Cache.Add(key, decision);
        return (decision, goesOn);
    }

    /// <summary>Judges an answer so far. Recorded where it is asked for, and wherever something was found.</summary>
    internal async ValueTask<(PolicyDecision Decision, bool Recorded, bool GoesOn)> JudgeAnswerAsync(ScanInput input, bool record, CancellationToken cancellationToken)
    {
        PolicyDecision decision = await Policy.EvaluateAsync(input, cancellationToken).ConfigureAwait(false);
        record |= decision.Action != PolicyAction.Allow || decision.Outcomes.Any(o => o.Failure is not null);
        if (record) Record("answer", input.Text, decision);
        return (decision, record, await GoesOnAsync("answer", decision, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Records a decision.</summary>
    internal void Record(string subject, string text, PolicyDecision decision) => _guard.Audit?.Record(_request, subject, text, decision);

    /// <summary>Records that a request or an answer ended by a decision.</summary>
    /// <param name="subject">What was judged.</param>
    /// <param name="decision">The decision.</param>
    /// <param name="wentOn">It let the text go on, but what is to be redacted could not be.</param>
    internal void RecordEnd(string subject, PolicyDecision decision, bool wentOn) => _guard.Audit?.Append("ended", writer =>
    {
        writer.WriteString("request", _request);
        writer.WriteString("subject", subject);
        writer.WriteString("action", PolicyActions.NameOf(wentOn ? PolicyAction.Redact : decision.Enforced));
    });

    /// <summary>Keeps a decision for whoever asked.</summary>
    internal void Note(string subject, PolicyDecision decision)
    {
        lock (_lock) _notes.Add(new SafetyNote(subject, decision));
    }

    private async ValueTask<bool> GoesOnAsync(string subject, PolicyDecision decision, CancellationToken cancellationToken)
    {
        if (!decision.Refused) return true;
        if (decision.Enforced != PolicyAction.Review || _guard.Reviewer is not { } reviewer) return false;

        bool agreed = await reviewer(decision, cancellationToken).ConfigureAwait(false);
        _guard.Audit?.Append("review", writer =>
        {
            writer.WriteString("request", _request);
            writer.WriteString("subject", subject);
            writer.WriteBoolean("agreed", agreed);
        });
        return agreed;
    }
}
