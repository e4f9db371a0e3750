using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace Puna.Engine;

/// <summary>A request in the engine's hands. Steps are read once, by one reader, while the engine goes on.</summary>
public sealed class Generation
{
    private readonly Channel<GenerationStep> _steps = Channel.CreateUnbounded<GenerationStep>(
        new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });

    private volatile bool _cancelled;

    internal Generation(GenerationRequest request, ulong seed)
    {
        Request = request;
        Seed = seed;
    }

    /// <summary>What was asked for.</summary>
    public GenerationRequest Request { get; }

    /// <summary>Seed of the draws, chosen by the engine where the request named none.</summary>
    public ulong Seed { get; }

    /// <summary>Tokens of the prompt.</summary>
    public int PromptTokens => Request.Prompt.Count;

    /// <summary>Tokens of the prompt that were in the cache already. Known with the first step.</summary>
    public int CachedTokens { get; internal set; }

    /// <summary>Tokens generated so far, the end token not counted.</summary>
    public int CompletionTokens { get; internal set; }

    /// <summary>Tokens of the answer that speculative decoding had guessed: they took no step of their own.</summary>
    public int AcceptedDraftTokens { get; internal set; }

    /// <summary>Tokens that speculative decoding guessed and the model did not choose.</summary>
    public int RejectedDraftTokens { get; internal set; }

    /// <summary>Why it ended; null while it runs.</summary>
    public FinishReason? FinishReason { get; private set; }

    /// <summary>The stop string that ended it, or null.</summary>
    public string? StopString { get; private set; }

    /// <summary>Time from admission to the first token.</summary>
    public TimeSpan PromptTime { get; internal set; }

    /// <summary>Time from the first to the last token.</summary>
    public TimeSpan DecodeTime { get; internal set; }

    internal bool IsCancelled => _cancelled;

    /// <summary>Asks the engine to stop at its next step. Safe from any thread, at any time.</summary>
    public void Cancel() => _cancelled = true;

    /// <summary>The steps as they come; ends when <see cref="FinishReason"/> is set.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled; the engine is told to stop.</exception>
    public async IAsyncEnumerable<GenerationStep> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        try
        {
            while (await _steps.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
            {
                while (_steps.Reader.TryRead(out GenerationStep step)) yield return step;
            }
        }
        finally
        {
            Cancel(); // a reader that leaves early wants no more
        }
    }

    internal void Write(in GenerationStep step) => _steps.Writer.TryWrite(step);

    internal void Finish(FinishReason reason, string? stopString)
    {
        FinishReason = reason;
        StopString = stopString;
        _steps.Writer.TryComplete();
    }

    internal void Fail(Exception error) => _steps.Writer.TryComplete(error);
}
