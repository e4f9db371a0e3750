using Microsoft.Extensions.AI;
using Puna.Engine;

namespace Puna;

/// <summary>A streamed answer as a whole one.</summary>
internal static class WholeResponse
{
    /// <summary>Puts the updates together; the last one's properties are the answer's, with the log-probabilities of all.</summary>
    internal static async Task<ChatResponse> OfAsync(IAsyncEnumerable<ChatResponseUpdate> streamed)
    {
        List<ChatResponseUpdate> updates = [];
        List<GenerationStep> logprobs = [];
        await foreach (ChatResponseUpdate update in streamed.ConfigureAwait(false))
        {
            updates.Add(update);
            if (update.AdditionalProperties?.TryGetValue(ResponseProperties.Logprobs, out IReadOnlyList<GenerationStep>? steps) == true) logprobs.AddRange(steps);
        }

        ChatResponse response = updates.ToChatResponse();
        response.AdditionalProperties = updates[^1].AdditionalProperties!.Clone();
        if (logprobs.Count > 0) response.AdditionalProperties[ResponseProperties.Logprobs] = logprobs;
        return response;
    }
}
