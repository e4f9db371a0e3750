using Puna.Compute;

namespace Puna.Models.Llama4;

/// <summary>Settings of a Llama 4 text model, as its file gives them. Defaults are those built into the family.</summary>
/// <remarks>Source: Meta llama-models, models/llama4/args.py; Hugging Face transformers, configuration_llama4.py.</remarks>
public sealed record Llama4Config
{
    /// <summary>Every fourth layer has no positional encoding, unless a file says otherwise.</summary>
    public const int DefaultNopeInterval = 4;

    /// <summary>Tokens in a block of local attention, unless a file says otherwise.</summary>
    public const int DefaultChunkSize = 8192;

    /// <summary>Decoder layers.</summary>
    public required int NLayers { get; init; }

    /// <summary>Width of the residual stream.</summary>
    public required int HiddenSize { get; init; }

    /// <summary>Query heads.</summary>
    public required int NHeads { get; init; }

    /// <summary>Key/value heads.</summary>
    public required int NKvHeads { get; init; }

    /// <summary>Components of a head.</summary>
    public required int HeadDim { get; init; }

    /// <summary>Rows of the embedding table and of the logits.</summary>
    public required int VocabSize { get; init; }

    /// <summary>Positions the model was made for.</summary>
    public required int ContextLength { get; init; }

    /// <summary>Epsilon of the norms.</summary>
    public required float RmsEps { get; init; }

    /// <summary>Base of the rotation frequencies.</summary>
    public required double RopeTheta { get; init; }

    /// <summary>Components of a head that are rotated; the whole head in the published models.</summary>
    public required int RopeDimensions { get; init; }

    /// <summary>Divisor of each rotation frequency (GGUF's <c>rope_freqs</c>), or empty.</summary>
    public IReadOnlyList<double> RopeDivisors { get; init; } = [];

    /// <summary>Scale frequencies the Llama 3 way, or null. Excludes <see cref="RopeDivisors"/>.</summary>
    public RopeScaling? RopeScaling { get; init; }

    /// <summary>Length of the attention blocks of RoPE layers; 0 for none.</summary>
    public int ChunkSize { get; init; } = DefaultChunkSize;

    /// <summary>By layer: true where the layer has RoPE (and is local), false where it has none (and is global).</summary>
    public required IReadOnlyList<bool> UsesRope { get; init; }

    /// <summary>Temperature tuning of layers without RoPE, or null.</summary>
    public TemperatureTuning? Temperature { get; init; } = new TemperatureTuning(8192, 0.1);

    /// <summary>Normalise q and k of RoPE layers.</summary>
    public required bool QkNorm { get; init; }

    /// <summary>Routed experts of a mixture layer; 0 for none.</summary>
    public int NExperts { get; init; }

    /// <summary>Experts used per token.</summary>
    public int NExpertsUsed { get; init; }

    /// <summary>RoPE on layers whose one-based number is not a multiple of <paramref name="interval"/>; on all when it is 0.</summary>
    public static bool[] RopeLayers(int nLayers, int interval)
    {
        bool[] layers = new bool[nLayers];
        for (int i = 0; i < nLayers; i++) layers[i] = interval == 0 || (i + 1) % interval != 0;
        return layers;
    }

    /// <summary>
    /// Whether divisors look like those of files converted from the configuration that Scout was first released with:
    /// factor 8 with an interpolated band, where Meta's own is a plain factor 16.
    /// </summary>
    public static bool IsEarlyScoutScaling(IReadOnlyList<double> divisors) =>
        divisors.Count == 64 && Math.Abs(divisors[^1] - 8) < 1e-3 && divisors[29] > 1.001;

    /// <summary>The network this describes.</summary>
    /// <exception cref="ModelException">The settings are impossible.</exception>
    public DecoderConfig ToDecoder(string origin)
    {
        if (NLayers < 1 || UsesRope.Count != NLayers) throw new ModelException(origin, $"{UsesRope.Count} layer kinds are given for {NLayers} layers.");
        if (RopeDimensions < 2 || RopeDimensions % 2 != 0) throw new ModelException(origin, $"{RopeDimensions} components are to be rotated; it must be an even number.");
        if (!(RopeTheta > 0)) throw new ModelException(origin, $"the RoPE base is {RopeTheta}; it must be positive.");

        return new DecoderConfig
        {
            Architecture = "llama4",
            HiddenSize = HiddenSize,
            NHeads = NHeads,
            NKvHeads = NKvHeads,
            HeadDim = HeadDim,
            VocabSize = VocabSize,
            ContextLength = ContextLength,
            RmsEps = RmsEps,
            Rope = new RopeTable(RopeScaling.Frequencies(origin, RopeDimensions, RopeTheta, RopeScaling, RopeDivisors), RopePairing.Adjacent),
            NExperts = NExperts,
            NExpertsUsed = NExpertsUsed,
            Layers = [.. UsesRope.Select(rope => rope
                ? new DecoderLayerConfig(UsesRope: true, QkNorm, ChunkSize, Temperature: null)
                : new DecoderLayerConfig(UsesRope: false, QkNorm: false, ChunkSize: 0, Temperature))],
        }.Validated(origin);
    }
}
