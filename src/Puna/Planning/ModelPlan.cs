using Puna.Tensors;

namespace Puna.Planning;

/// <summary>What running a model takes. Sizes in bytes, lengths in tokens.</summary>
public sealed record ModelPlan
{
    /// <summary>What .NET and the program take beside the model.</summary>
    public const long ProgramBytes = 150L << 20;

    /// <summary>Name of the model, from its file.</summary>
    public required string Name { get; init; }

    /// <summary>Architecture, in the words of GGUF: llama or llama4.</summary>
    public required string Architecture { get; init; }

    /// <summary>The weights, part by part.</summary>
    public required IReadOnlyList<PlanPart> Parts { get; init; }

    /// <summary>Tokens planned for.</summary>
    public required int ContextLength { get; init; }

    /// <summary>Tokens the model was made for.</summary>
    public required int ModelContextLength { get; init; }

    /// <summary>Element type of the KV cache.</summary>
    public required ElementType KvType { get; init; }

    /// <summary>KV cache at the full context.</summary>
    public required long KvBytes { get; init; }

    /// <summary>KV cache if local layers kept what they no longer see; the same where there are none.</summary>
    public required long KvBytesWithoutChunking { get; init; }

    /// <summary>KV cache that the last token of the context reads.</summary>
    public required long KvBytesPerToken { get; init; }

    /// <summary>Layers of the model.</summary>
    public required int Layers { get; init; }

    /// <summary>How many of them see only their own chunk.</summary>
    public required int LocalLayers { get; init; }

    /// <summary>Length of that chunk; 0 where no layer is local.</summary>
    public required int ChunkSize { get; init; }

    /// <summary>Activations of the largest step.</summary>
    public required long BufferBytes { get; init; }

    /// <summary>Memory to fit into.</summary>
    public required long AvailableBytes { get; init; }

    /// <summary>Rate at which memory is read, in bytes per second, or null if unknown.</summary>
    public required double? BytesPerSecond { get; init; }

    /// <summary>What to do where it does not fit; empty where it does.</summary>
    public required IReadOnlyList<PlanAlternative> Alternatives { get; init; }

    /// <summary>Numbers in the weights, shared and tied ones counted once.</summary>
    public long Parameters => Parts.Sum(p => p.Parameters);

    /// <summary>All weights, as they lie in the file.</summary>
    public long WeightBytes => Parts.Sum(p => p.Bytes);

    /// <summary>Weights that generating one token reads.</summary>
    public long WeightBytesPerToken => Parts.Sum(p => p.BytesPerToken);

    /// <summary>Memory with which nothing is read from disk twice.</summary>
    public long NeededBytes => WeightBytes + KvBytes + BufferBytes + ProgramBytes;

    /// <summary>Whether what is needed is available.</summary>
    public bool Fits => NeededBytes <= AvailableBytes;

    /// <summary>
    /// Most tokens per second that memory allows with an empty cache, as every token reads all weights it uses once; null if
    /// the rate is unknown or the weights do not stay in memory.
    /// </summary>
    public double? DecodeRate => Fits && BytesPerSecond is { } rate ? rate / WeightBytesPerToken : null;

    /// <summary>As <see cref="DecodeRate"/>, at the end of the context.</summary>
    public double? DecodeRateAtContext => Fits && BytesPerSecond is { } rate ? rate / (WeightBytesPerToken + KvBytesPerToken) : null;
}
