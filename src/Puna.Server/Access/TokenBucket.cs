namespace Puna.Server.Access;

/// <summary>An allowance that fills up evenly, to at most what a minute brings. It may be overdrawn, and then has to fill up first.</summary>
internal sealed class TokenBucket
{
    private readonly double _perMinute;
    private readonly TimeProvider _clock;
    private double _level;
    private long _filledAt;

    internal TokenBucket(double perMinute, TimeProvider clock) => (_perMinute, _clock, _level, _filledAt) = (perMinute, clock, perMinute, clock.GetTimestamp());

    /// <summary>How long until something is in it; zero when there is.</summary>
    /// <param name="least">What must be in it.</param>
    internal TimeSpan WaitFor(double least)
    {
        Fill();
        return _level >= least ? TimeSpan.Zero : TimeSpan.FromMinutes((least - _level) / _perMinute);
    }

    internal void Take(double amount)
    {
        Fill();
        _level -= amount;
    }

    private void Fill()
    {
        long now = _clock.GetTimestamp();
        _level = Math.Min(_perMinute, _level + _clock.GetElapsedTime(_filledAt, now).TotalMinutes * _perMinute);
        _filledAt = now;
    }
}
