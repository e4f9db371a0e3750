using Puna.Compute;

namespace Puna.Models.Llama;

/// <summary>Settings of a dense Llama 2, 3, 3.1 or 3.2 model, as its file gives them.</summary>
/// <remarks>Source: Meta llama-models, models/llama3/args.py; Hugging Face transformers, configuration_llama.py.</remarks>
public sealed record LlamaConfig
{
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

    /// <summary>Components of a head that are rotated.</summary>
    public required int RopeDimensions { get; init; }

    /// <summary>Adjacent in GGUF files; half-split in Hugging Face files, whose q and k rows are permuted.</summary>
    public required RopePairing RopePairing { get; init; }

    /// <summary>Divide every rotation frequency by this (GGUF's linear scaling); 1 for none.</summary>
    public double RopeLinearFactor { get; init; } = 1;

    /// <summary>Scale frequencies the Llama 3 way, or null.</summary>
    public RopeScaling? RopeScaling { get; init; }

    /// <summary>Divisor of each rotation frequency (GGUF's <c>rope_freqs</c>), or empty.</summary>
    public IReadOnlyList<double> RopeDivisors { get; init; } = [];

    /// <summary>The network this describes.</summary>
    /// <exception cref="ModelException">The settings are impossible.</exception>
    public DecoderConfig ToDecoder(string origin)
    {
        if (RopeDimensions < 2 || RopeDimensions % 2 != 0) throw new ModelException(origin, $"{RopeDimensions} components are to be rotated; it must be an even number.");
        if (!(RopeTheta > 0)) throw new ModelException(origin, $"the RoPE base is {RopeTheta}; it must be positive.");
        if (!(RopeLinearFactor > 0)) throw new ModelException(origin, $"the RoPE factor is {RopeLinearFactor}; it must be positive.");

        double[] frequencies = RopeScaling.Frequencies(origin, RopeDimensions, RopeTheta, RopeScaling, RopeDivisors);
        for (int m = 0; m < frequencies.Length; m++) frequencies[m] /= RopeLinearFactor;

        return new DecoderConfig
        {
            Architecture = "llama",
            HiddenSize = HiddenSize,
            NHeads = NHeads,
            NKvHeads = NKvHeads,
            HeadDim = HeadDim,
            VocabSize = VocabSize,
            ContextLength = ContextLength,
            RmsEps = RmsEps,
            Rope = new RopeTable(frequencies, RopePairing),
            Layers = [.. Enumerable.Repeat(new DecoderLayerConfig(UsesRope: true, QkNorm: false, ChunkSize: 0, Temperature: null), NLayers)],
        }.Validated(origin);
    }
}
