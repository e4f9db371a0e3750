namespace Puna.Tests.Fidelity;

/// <summary>
/// Ways to compute a Llama 4 wrongly, each a mistake that an implementation could well make. The comparison that passes
/// against the right computation must fail against every one of them.
/// </summary>
[Flags]
public enum Deviations
{
    None = 0,

    /// <summary>Local layers see the whole sequence.</summary>
    ChunksIgnored = 1 << 0,

    /// <summary>Local layers see the last chunk length of tokens instead of the block they are in.</summary>
    ChunksSlide = 1 << 1,

    /// <summary>Queries of layers without RoPE are not scaled.</summary>
    NoTemperature = 1 << 2,

    /// <summary>The temperature counts positions from 0 instead of 1.</summary>
    TemperatureOneLate = 1 << 3,

    /// <summary>q and k are not normalised.</summary>
    NoQkNorm = 1 << 4,

    /// <summary>q and k of layers without RoPE are normalised too.</summary>
    QkNormEverywhere = 1 << 5,

    /// <summary>Layers without RoPE are rotated.</summary>
    RopeEverywhere = 1 << 6,

    /// <summary>Components are paired half a head apart.</summary>
    HalfSplitPairs = 1 << 7,

    /// <summary>The router's score multiplies the output of an expert instead of its input.</summary>
    ScoreOnOutput = 1 << 8,

    /// <summary>The scores of the chosen experts are their softmax instead of sigmoids.</summary>
    SoftmaxScores = 1 << 9,

    /// <summary>The shared expert is left out.</summary>
    NoSharedExpert = 1 << 10,

    /// <summary>Consecutive query heads take consecutive key heads in turn instead of sharing one.</summary>
    HeadsInterleaved = 1 << 11,

    /// <summary>Divisors of rotation frequencies multiply them.</summary>
    DivisorsMultiply = 1 << 12,

    /// <summary>Angles are float32 products of position and frequency.</summary>
    Float32Angles = 1 << 13,
}
