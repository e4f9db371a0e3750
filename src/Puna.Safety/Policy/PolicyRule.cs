using System.Diagnostics;
using Puna.Safety.Scanning;

namespace Puna.Safety.Policy;

/// <summary>A scanner at work for a role: from which scores on its findings count, what they lead to, and what its failure leads to.</summary>
internal sealed class PolicyRule
{
    private const int MaxOverdue = 4; // scans past their deadline that still run; more would pile up

    private int _overdue;

    /// <summary>Place in the policy, a JSON Pointer.</summary>
    internal required string Place { get; init; }

    internal required string ScannerName { get; init; }

    internal required IScanner Scanner { get; init; }

    internal required PolicyAction Action { get; init; }

    internal required float Threshold { get; init; }

    internal required IReadOnlyDictionary<string, (PolicyAction? Action, float? Threshold)> Categories { get; init; }

    internal required TimeSpan Deadline { get; init; }

    internal required PolicyAction OnError { get; init; }

    /// <summary>What a finding leads to.</summary>
    internal PolicyAction Judge(in Finding finding)
    {
        (PolicyAction? action, float? threshold) = Categories.GetValueOrDefault(finding.Category);
        return finding.Score >= (threshold ?? Threshold) ? action ?? Action : PolicyAction.Allow;
    }

    /// <summary>Scans on a thread of the pool, and waits no longer than the deadline.</summary>
    /// <exception cref="OperationCanceledException">The caller's token was cancelled.</exception>
    internal async Task<RuleOutcome> RunAsync(ScanInput input, CancellationToken cancellationToken)
    {
        long started = Stopwatch.GetTimestamp();
        if (Volatile.Read(ref _overdue) >= MaxOverdue) return Failed($"{MaxOverdue} earlier scans are past their deadline and still run", started);

        CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        stop.CancelAfter(Deadline);
        Task<IReadOnlyList<Finding>> scan = Task.Run(() => Scanner.Scan(input, stop.Token), CancellationToken.None);
        try
        {
            IReadOnlyList<Finding> findings = await scan.WaitAsync(Deadline, cancellationToken).ConfigureAwait(false);
            CheckFindings(findings, input.Text.Length);
            return new RuleOutcome(Place, ScannerName, Scanner.Model, findings.Select(f => Judge(f)).DefaultIfEmpty(PolicyAction.Allow).Max(), findings, null, Stopwatch.GetElapsedTime(started));
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellationToken);
        }
        catch (Exception error) when (error is TimeoutException or OperationCanceledException)
        {
            return Failed($"the scanner did not end within {Deadline.TotalMilliseconds:0} ms", started);
        }
        catch (Exception error)
        {
            return Failed($"the scanner failed: {error.Message}", started);
        }
        finally
        {
            if (scan.IsCompleted) stop.Dispose();
            else _ = EndLater(scan, stop);
        }
    }

    private async Task EndLater(Task scan, CancellationTokenSource stop)
    {
        Interlocked.Increment(ref _overdue);
        await scan.ContinueWith(static _ => { }, TaskScheduler.Default).ConfigureAwait(false); // however it ends, its outcome is decided
        Interlocked.Decrement(ref _overdue);
        stop.Dispose();
    }

    private static void CheckFindings(IReadOnlyList<Finding> findings, int length)
    {
        foreach (Finding finding in findings)
        {
            if (!(finding.Score >= 0 && finding.Score <= 1)) throw new GuardFailureException($"A score of '{finding.Category}' is {finding.Score}; 0 to 1 are possible.");
            if (finding.Start < 0 || finding.End < finding.Start || finding.End > length) throw new GuardFailureException($"A finding of '{finding.Category}' spans {finding.Start} to {finding.End}; the text has {length} characters.");
        }
    }

    private RuleOutcome Failed(string reason, long started) => new(Place, ScannerName, Scanner.Model, OnError, [], reason, Stopwatch.GetElapsedTime(started));
}
