using System.Text.Json;
using System.Text.Json.Serialization;
using Puna.Training.Model;

namespace Puna.Training.Optimization;

/// <summary>Everything that decides a training run. Stored in its checkpoints.</summary>
public sealed record RunSettings
{
    public required ModelShape Shape { get; init; }

    public ulong Seed { get; init; } = 1;

    /// <summary>Steps of the whole schedule.</summary>
    public int Steps { get; init; } = 3000;

    /// <summary>Examples over which the mixture moves from copying to tasks.</summary>
    public long CurriculumExamples { get; init; } = 60000;

    public int WarmupSteps { get; init; } = 100;

    public double PeakRate { get; init; } = 3e-3;

    /// <summary>The rate ends at this share of its peak.</summary>
    public double FinalRate { get; init; } = 0.05;

    public float Decay { get; init; } = 0.1f;

    public float ClipNorm { get; init; } = 1;

    public float Balance { get; init; } = 0.01f;

    /// <summary>Batches of a step; each is one task for one thread.</summary>
    public int BatchesPerStep { get; init; } = 4;

    /// <summary>Most tokens in a batch.</summary>
    public int BatchTokens { get; init; } = 1024;

    /// <summary>Rank of a low-rank adaptation, or 0 to train all weights.</summary>
    public int Rank { get; init; }

    /// <summary>The adaptation is multiplied by this over its rank.</summary>
    public double Alpha { get; init; } = 16;

    /// <summary>SHA-256 of the file of conversations, or null for the project's own generators.</summary>
    public string? Data { get; init; }

    /// <summary>Learning rate of a step, counted from 1: a straight rise, then a cosine.</summary>
    public float RateAt(long step)
    {
        if (step <= WarmupSteps) return (float)(PeakRate * step / WarmupSteps);

        double progress = Math.Min(1, (double)(step - WarmupSteps) / Math.Max(1, Steps - WarmupSteps));
        return (float)(PeakRate * (FinalRate + (1 - FinalRate) * 0.5 * (1 + Math.Cos(Math.PI * progress))));
    }

    internal string ToJson() => JsonSerializer.Serialize(this, SettingsJson.Default.RunSettings);

    internal static RunSettings FromJson(string json) => JsonSerializer.Deserialize(json, SettingsJson.Default.RunSettings) ?? throw new JsonException("The settings are null.");
}

[JsonSerializable(typeof(RunSettings))]
[JsonSourceGenerationOptions(WriteIndented = true)]
internal sealed partial class SettingsJson : JsonSerializerContext;
