using Puna.Engine.Sampling;

namespace Puna;

/// <summary>
/// How tokens are chosen where nobody says otherwise, in chats and on the command line: the settings that Meta recommends
/// for its instruction-tuned models.
/// </summary>
/// <remarks>Source: <c>generation_config.json</c> of Llama 3 and 4 (temperature 0.6, top_p 0.9).</remarks>
public static class SamplingDefaults
{
    /// <summary><see cref="SamplingOptions.Temperature"/>.</summary>
    public const float Temperature = 0.6f;

    /// <summary><see cref="SamplingOptions.TopP"/>.</summary>
    public const float TopP = 0.9f;

    /// <summary>Both, and all else as <see cref="SamplingOptions"/> has it.</summary>
    public static SamplingOptions Options { get; } = new() { Temperature = Temperature, TopP = TopP };
}
