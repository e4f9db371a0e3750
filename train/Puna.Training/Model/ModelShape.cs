namespace Puna.Training.Model;

/// <summary>Sizes and constants of a Llama 4 text model in which every layer has routed experts (one per token) and a shared one.</summary>
public sealed record ModelShape
{
    public required int Layers { get; init; }

    /// <summary>Width of the residual stream.</summary>
    public required int Hidden { get; init; }

    /// <summary>Query heads.</summary>
    public required int Heads { get; init; }

    /// <summary>Key and value heads; divides <see cref="Heads"/>.</summary>
    public required int KvHeads { get; init; }

    public required int HeadDim { get; init; }

    public required int Experts { get; init; }

    /// <summary>Width of one expert, and of the shared one.</summary>
    public required int ExpertHidden { get; init; }

    public required int Vocabulary { get; init; }

    /// <summary>Longest sequence the file promises.</summary>
    public int Context { get; init; } = 4096;

    public float Epsilon { get; init; } = 1e-5f;

    public double RopeTheta { get; init; } = 10000;

    /// <summary>Every layer whose one-based number this divides has no RoPE, no QK norm and no chunks.</summary>
    public int NopeInterval { get; init; } = 4;

    /// <summary>Length of the attention blocks of RoPE layers; llama.cpp knows no other than 8192.</summary>
    public int ChunkSize { get; init; } = 8192;

    public int TemperatureFloor { get; init; } = 8192;

    public double TemperatureScale { get; init; } = 0.1;

    /// <summary>Floats of q, k and v of one token.</summary>
    public int QkvWidth => (Heads + 2 * KvHeads) * HeadDim;

    /// <summary>Floats of q of one token.</summary>
    public int QWidth => Heads * HeadDim;

    public bool UsesRope(int layer) => (layer + 1) % NopeInterval != 0;

    /// <summary>The built-in model's sizes.</summary>
    public static ModelShape Demo(int vocabulary) => new() { Layers = 6, Hidden = 192, Heads = 4, KvHeads = 2, HeadDim = 64, Experts = 4, ExpertHidden = 192, Vocabulary = vocabulary };

    /// <summary>Refuses sizes the network cannot have.</summary>
    public ModelShape Validated()
    {
        if (Layers < 1 || Hidden < 1 || Heads < 1 || KvHeads < 1 || Experts < 1 || ExpertHidden < 1 || Vocabulary < 2)
            throw new ArgumentException("Every size must be positive.");
        if (Heads % KvHeads != 0) throw new ArgumentException($"{KvHeads} key heads do not divide {Heads} query heads.");
        if (HeadDim < 2 || HeadDim % 2 != 0) throw new ArgumentException($"A head of {HeadDim} components cannot be rotated in pairs.");
        return this;
    }
}
