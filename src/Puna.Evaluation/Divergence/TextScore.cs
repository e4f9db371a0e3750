namespace Puna.Evaluation.Divergence;

/// <summary>What a model makes of a text.</summary>
public sealed record TextScore
{
    /// <summary>Tokens that were predicted.</summary>
    public required int Tokens { get; init; }

    /// <summary>Mean of -ln p of them, in nats.</summary>
    public required double NegativeLogLikelihood { get; init; }

    /// <summary>Its standard error, over windows.</summary>
    public required double StandardError { get; init; }

    /// <summary>e to the mean.</summary>
    public double Perplexity => Math.Exp(NegativeLogLikelihood);

    /// <summary>Part of the tokens that were the model's first choice.</summary>
    public required double Top1Accuracy { get; init; }

    /// <summary>How far it is from a reference model; null where there is none.</summary>
    public DivergenceScore? Divergence { get; init; }
}

/// <summary>How far a model is from a reference on the same text.</summary>
public sealed record DivergenceScore
{
    /// <summary>What the reference makes of the text.</summary>
    public required TextScore Reference { get; init; }

    /// <summary>Mean over tokens of the KL divergence from the reference to the model, in nats.</summary>
    public required double MeanKl { get; init; }

    /// <summary>Its standard error, over windows.</summary>
    public required double StandardError { get; init; }

    /// <summary>Median.</summary>
    public required double MedianKl { get; init; }

    /// <summary>What 99 of 100 tokens stay below.</summary>
    public required double Kl99 { get; init; }

    /// <summary>The largest.</summary>
    public required double MaxKl { get; init; }

    /// <summary>Part of the tokens after which both have the same first choice.</summary>
    public required double Top1Agreement { get; init; }
}
