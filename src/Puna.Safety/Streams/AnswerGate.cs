using Microsoft.Extensions.AI;
using Puna.Safety.LlamaGuard;
using Puna.Safety.Policy;
using Puna.Safety.Scanning;

namespace Puna.Safety.Streams;

/// <summary>
/// Stands between a model and its reader: takes an answer as it is made and gives what may leave. Where the answer is judged
/// depends on its text alone and not on the pieces it comes in, so that streamed and whole answers are decided alike. One
/// answer, one caller at a time.
/// </summary>
public sealed class AnswerGate
{
    private const int Overlap = 128; // characters held behind a check where something may be redacted: it may not be whole yet

    private readonly SafetySession _session;
    private readonly StreamSettings _settings;
    private readonly IReadOnlyList<GuardMessage> _before;
    private readonly bool _redacts;
    private readonly AnswerText _text = new();
    private IReadOnlyList<Redaction> _redactions = []; // of the latest look, which covers what was judged
    private int _judged;
    private bool _ended;

    internal AnswerGate(SafetySession session, IReadOnlyList<GuardMessage> before)
    {
        _session = session;
        _settings = session.Policy.Stream;
        _before = before;
        _redacts = session.Policy.MayRedact("assistant");
    }

    /// <summary>The decision that ended the answer, or null while none did. Behind it nothing leaves.</summary>
    public PolicyDecision? Refusal { get; private set; }

    /// <summary>Takes words.</summary>
    /// <param name="text">The words.</param>
    /// <param name="reasoning">They are reasoning.</param>
    /// <param name="rider">What goes along when they leave, or null.</param>
    /// <param name="cancellationToken">Stops the judging.</param>
    /// <returns>What may leave now, in order.</returns>
    public ValueTask<IReadOnlyList<GatePiece>> AddTextAsync(string text, bool reasoning = false, object? rider = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (!Open()) return new([]);
        int start = _text.Length;
        _text.AddText(text, reasoning);
        if (rider is not null) _text.AddRider(rider, start);
        return AdvanceAsync(cancellationToken);
    }

    /// <summary>Takes a tool call, which is judged at once, its arguments included.</summary>
    /// <inheritdoc cref="AddTextAsync"/>
    public async ValueTask<IReadOnlyList<GatePiece>> AddCallAsync(FunctionCallContent call, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(call);
        if (!Open()) return [];
        List<GatePiece> pieces = [];
        _text.AddCall(call);
        if (_settings.Mode == StreamMode.Observe) _text.Release(_text.Length, [], pieces);
        else await CheckAsync(_text.Length, isLast: true, pieces, cancellationToken).ConfigureAwait(false);
        return pieces;
    }

    /// <summary>The answer is over: judges what was not judged yet.</summary>
    /// <inheritdoc cref="AddTextAsync"/>
    public async ValueTask<IReadOnlyList<GatePiece>> EndAsync(CancellationToken cancellationToken = default)
    {
        if (!Open()) return [];
        _ended = true;
        List<GatePiece> pieces = [];
        if (_text.Length > 0) await CheckAsync(_text.Length, isLast: true, pieces, cancellationToken).ConfigureAwait(false);
        return pieces;
    }

    private bool Open() => _ended ? throw new InvalidOperationException("The answer is over.") : Refusal is null;

    private async ValueTask<IReadOnlyList<GatePiece>> AdvanceAsync(CancellationToken cancellationToken)
    {
        List<GatePiece> pieces = [];
        if (_settings.Mode == StreamMode.Observe)
        {
            _text.Release(_text.Length, [], pieces);
            return pieces;
        }

        while (Refusal is null && _text.WordEnd(_judged + _settings.CheckEvery) is > 0 and int place)
        {
            ReleaseWindow(place, pieces); // as a reader who came word by word would have got
            await CheckAsync(place, isLast: false, pieces, cancellationToken).ConfigureAwait(false);
        }

        if (Refusal is null) ReleaseWindow(_text.Length, pieces);
        return pieces;
    }

    private void ReleaseWindow(int end, List<GatePiece> pieces)
    {
        if (_settings.Mode != StreamMode.Windowed) return;
        Release(_text.WordEndBefore(end - _settings.HoldBack), pieces);
    }

    /// <summary>Lets words leave up to a place; what is redacted there leaves whole or not yet.</summary>
    private void Release(int place, List<GatePiece> pieces)
    {
        foreach (Redaction redaction in _redactions)
        {
            if (redaction.Start < place && redaction.End > place) place = redaction.Start;
        }

        if (place > _text.Released) _text.Release(place, _redactions, pieces);
    }

    /// <summary>Judges the answer up to a place, and lets leave what may.</summary>
    private async ValueTask CheckAsync(int place, bool isLast, List<GatePiece> pieces, CancellationToken cancellationToken)
    {
        string text = _text.Until(place);
        ScanInput input = new("assistant", text, _before) { ToolCalls = [.. _text.Calls.Where(c => c.End <= place)] };
        (PolicyDecision decision, bool goesOn) = await _session.JudgeAnswerAsync(input, isLast, cancellationToken).ConfigureAwait(false);
        if (_settings.Mode == StreamMode.Observe) return;

        IReadOnlyList<Redaction> redactions = goesOn && !decision.DryRun ? decision.Redactions : [];
        if (!goesOn || TooLate(redactions))
        {
            Refusal = decision;
            return;
        }

        (_judged, _redactions) = (place, redactions);
        if (isLast) Release(place, pieces);
        else if (_settings.Mode == StreamMode.Gated) Release(_redacts ? _text.WordEndBefore(place - Overlap) : place, pieces);
    }

    /// <summary>Something to redact has left already, or is in a tool call, whose JSON cannot be redacted.</summary>
    private bool TooLate(IReadOnlyList<Redaction> redactions) => redactions.Any(redaction =>
        (redaction.Start < _text.Released && !_redactions.Contains(redaction)) || _text.Calls.Any(c => c.Start < redaction.End && redaction.Start < c.End));
}
