using Puna.Engine.Scheduling;

namespace Puna.Engine.Drafting;

/// <summary>
/// Guesses what comes next, so that one pass of the model can check several tokens of a sequence. A guess decides nothing: what is
/// chosen is what would be without it.
/// </summary>
internal interface IDrafter : IDisposable
{
    /// <summary>Bytes of cache pages in use.</summary>
    long UsedBytes { get; }

    /// <summary>Bytes of cache pages held, free ones included.</summary>
    long AllocatedBytes { get; }

    /// <summary>Adds tokens to the drafts of those sequences that want some (<see cref="Draft.Wanted"/>).</summary>
    /// <param name="sequences">All that are being computed; every one has a draft.</param>
    void Propose(IReadOnlyList<Sequence> sequences);

    /// <summary>Forgets a sequence that is not computed any more.</summary>
    void Release(Sequence sequence);
}
