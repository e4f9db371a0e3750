namespace Puna.Safety.Streams;

/// <summary>When the words of a streamed answer leave.</summary>
public enum StreamMode
{
    /// <summary>When they have been judged: none leaves before.</summary>
    Gated,

    /// <summary>When enough further words are behind them, so that few are held; some may leave before they are judged.</summary>
    Windowed,

    /// <summary>At once; the whole answer is judged at its end, and only recorded.</summary>
    Observe,
}

/// <summary>How answers are judged while they are made. Whether a client streams makes no difference to what is decided.</summary>
/// <param name="Mode">When words leave.</param>
/// <param name="CheckEvery">Characters after which the answer so far is judged.</param>
/// <param name="HoldBack">Characters that are held at least in windowed mode.</param>
public sealed record StreamSettings(StreamMode Mode = StreamMode.Gated, int CheckEvery = 640, int HoldBack = 320)
{
    /// <summary>Names of the modes, as policies write them.</summary>
    public static IReadOnlyList<string> ModeNames { get; } = ["gated", "windowed", "observe"];
}
