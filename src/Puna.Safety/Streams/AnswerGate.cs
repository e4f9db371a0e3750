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
    private const int Overlap = 128; // characters held behind a look: what is to be found may not be whole yet

    private readonly SafetySession _session;
    private readonly StreamSettings _settings;
    private readonly IReadOnlyList<GuardMessage> _before;
    private readonly bool _holds;
    private readonly AnswerText _text = new();
    private IReadOnlyList<Redaction> _redactions = []; // of the latest look, which covers what was judged
    private PolicyDecision? _latest;
    private int _judged;
    private bool _recorded, _ended;

    internal AnswerGate(SafetySession session, IReadOnlyList<GuardMessage> before)
    {
        _session = session;
        _settings = session.Policy.Stream;
        _before = before;
        _holds = !session.Policy.DryRun && session.Policy.ScannersOf("assistant").Count > 0;
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
        else await CheckAsync(_text.Length, whole: true, pieces, cancellationToken).ConfigureAwait(false);
        return pieces;
    }

    /// <summary>The answer is over: judges what was not judged yet.</summary>
    /// <inheritdoc cref="AddTextAsync"/>
    public async ValueTask<IReadOnlyList<GatePiece>> EndAsync(CancellationToken cancellationToken = default)
    {
        if (!Open()) return [];
        _ended = true;
        List<GatePiece> pieces = [];
        if (_text.Length > _judged) await CheckAsync(_text.Length, whole: true, pieces, cancellationToken).ConfigureAwait(false);
        else if (_latest is not null && !_recorded) _session.Record("answer", _text.Until(_judged), _latest);
        if (Refusal is not null) return pieces;

        if (_latest is not null) _session.Note("answer", _latest);
        _text.Finish(_redactions, pieces);
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
            await CheckAsync(place, whole: false, pieces, cancellationToken).ConfigureAwait(false);
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
    private async ValueTask CheckAsync(int place, bool whole, List<GatePiece> pieces, CancellationToken cancellationToken)
    {
        string text = _text.Until(place);
        ScanInput input = new("assistant", text, _before) { ToolCalls = [.. _text.Calls.Where(c => c.End <= place)] };
        (_latest, _recorded, bool goesOn) = await _session.JudgeAnswerAsync(input, whole, cancellationToken).ConfigureAwait(false);
        if (_settings.Mode == StreamMode.Observe) return;

        IReadOnlyList<Redaction> redactions = goesOn && !_latest.DryRun ? _latest.Redactions : [];
        if (!goesOn || TooLate(redactions))
        {
            Refusal = _latest;
            _session.Note("answer", _latest);
            _session.RecordEnd("answer", _latest, goesOn);
            return;
        }

        (_judged, _redactions) = (place, redactions);
        if (whole) Release(place, pieces);
        else if (_settings.Mode == StreamMode.Gated) Release(_holds ? _text.WordEndBefore(place - Overlap) : place, pieces);
    }

    /// <summary>Something to redact has left already, or is in a tool call, whose JSON cannot be redacted.</summary>
    private bool TooLate(IReadOnlyList<Redaction> redactions) => redactions.Any(redaction =>
        (redaction.Start < _text.Released && !_redactions.Contains(redaction)) || _text.Calls.Any(c => c.Start < redaction.End && redaction.Start < c.End));
}
