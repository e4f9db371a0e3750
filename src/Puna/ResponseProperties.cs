using Microsoft.Extensions.AI;
using Puna.Engine;

namespace Puna;

/// <summary>
/// Names in <see cref="ChatResponse.AdditionalProperties"/> of a whole answer, and in
/// <see cref="ChatResponseUpdate.AdditionalProperties"/> of the last update of a streamed one, unless another is named.
/// </summary>
public static class ResponseProperties
{
    /// <summary>Tokens of the prompt (<see cref="int"/>); of a streamed answer the first update has it.</summary>
    public const string PromptTokens = "prompt_tokens";

    /// <summary>Seed of the draws (<see cref="ulong"/>); asked for again, it repeats the answer.</summary>
    public const string Seed = "seed";

    /// <summary>Time from admission to the first token (<see cref="TimeSpan"/>).</summary>
    public const string PromptTime = "prompt_time";

    /// <summary>Time from the first to the last token (<see cref="TimeSpan"/>).</summary>
    public const string DecodeTime = "decode_time";

    /// <summary>The stop sequence that ended the answer (<see cref="string"/>); absent where none did.</summary>
    public const string StopSequence = "stop_sequence";

    /// <summary>
    /// In <see cref="UsageDetails.AdditionalCounts"/>, by the name that OpenAI's adapter has for it: tokens of the answer that speculative decoding had guessed.
    /// </summary>
    public const string AcceptedDraftTokens = "OutputTokenDetails.AcceptedPredictionTokenCount";

    /// <summary>Likewise: tokens that it guessed and the model did not choose.</summary>
    public const string RejectedDraftTokens = "OutputTokenDetails.RejectedPredictionTokenCount";

    /// <summary>
    /// A list of <see cref="GenerationStep"/>, one per token, where log-probabilities were asked for. Of a streamed answer
    /// every update carries those of the tokens that it took.
    /// </summary>
    public const string Logprobs = "logprobs";
}
