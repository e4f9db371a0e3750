using Microsoft.Extensions.AI;
using Puna.Engine;
using Puna.Engine.Constraints;
using Puna.Engine.Sampling;

namespace Puna.Prompting;

/// <summary>
/// Options of a chat client to those of the engine. Every member of <see cref="ChatOptions"/> is honoured here or refused
/// by name; instructions are the message reader's, tools those of <see cref="ChatTools"/>.
/// </summary>
internal static class ChatOptionsReader
{
    /// <summary>The request that options describe, without its prompt.</summary>
    /// <param name="options">Options of the call, or null.</param>
    /// <param name="client">The client, for <see cref="ChatOptions.RawRepresentationFactory"/>.</param>
    /// <exception cref="UnsupportedChatFeatureException">A member asks for what cannot be done.</exception>
    /// <exception cref="SamplingOptionException">A value is out of range.</exception>
    /// <exception cref="ConstraintException">The response format's schema cannot be enforced exactly.</exception>
    internal static GenerationRequest Read(ChatOptions? options, PunaChatClient client)
    {
        if (options is null) return new GenerationRequest { Prompt = [], Sampling = SamplingDefaults.Options };

        RefuseConversationState(options);
        CheckModel(options, client.Model);

        GenerationRequest request = Base(options, client);
        SamplingOptions sampling = request.Sampling;
        sampling = sampling with
        {
            Temperature = options.Temperature ?? sampling.Temperature,
            TopP = options.TopP ?? sampling.TopP,
            TopK = options.TopK ?? sampling.TopK,
            FrequencyPenalty = options.FrequencyPenalty ?? sampling.FrequencyPenalty,
            PresencePenalty = options.PresencePenalty ?? sampling.PresencePenalty,
            Seed = options.Seed is long seed ? unchecked((ulong)seed) : sampling.Seed,
        };
        return request with
        {
            Sampling = AdditionalSampling.Apply(options.AdditionalProperties, sampling, client.Model.Tokenizer),
            MaxTokens = options.MaxOutputTokens ?? request.MaxTokens,
            Stop = options.StopSequences is { } stop ? [.. stop] : request.Stop,
            Constraint = ReadFormat(options, request.Constraint),
        };
    }

    /// <summary>What <see cref="ChatOptions.RawRepresentationFactory"/> gives, or the defaults.</summary>
    private static GenerationRequest Base(ChatOptions options, PunaChatClient client)
    {
        const string Member = $"{nameof(ChatOptions)}.{nameof(ChatOptions.RawRepresentationFactory)}";
        object? raw = options.RawRepresentationFactory?.Invoke(client);
        return raw switch
        {
            null => new GenerationRequest { Prompt = [], Sampling = SamplingDefaults.Options },
            GenerationRequest { Prompt.Count: 0 } request => request,
            GenerationRequest => throw new UnsupportedChatFeatureException(Member, $"the {nameof(GenerationRequest)} it made has a prompt, which the messages take the place of. Leave its prompt empty, or submit it to {nameof(PunaModel)}.{nameof(PunaModel.Engine)}."),
            _ => throw new UnsupportedChatFeatureException(Member, $"it made a {raw.GetType().Name}. Make a {nameof(GenerationRequest)} with an empty prompt, or null."),
        };
    }

    private static void RefuseConversationState(ChatOptions options)
    {
        if (options.ConversationId is not null)
            throw Unsupported(nameof(ChatOptions.ConversationId), "conversations are not kept between calls. Leave it null and send all messages each time; what the engine still holds of them is not computed again.");

        // AllowBackgroundResponses permits more than this client makes use of. Both members are experimental.
#pragma warning disable MEAI001
        if (options.ContinuationToken is not null)
            throw Unsupported(nameof(ChatOptions.ContinuationToken), "no answer is made in the background, so there is none to go on with. Leave it null.");
#pragma warning restore MEAI001
        if (options.Reasoning is { } reasoning && (reasoning.Effort is not (null or ReasoningEffort.None) || reasoning.Output is not (null or ReasoningOutput.None)))
            throw Unsupported(nameof(ChatOptions.Reasoning), "Llama models have no reasoning that could be asked for. Leave it null, and ask for steps in words.");
    }

    /// <summary>The form that the answer must have. Where options say nothing, that of <paramref name="before"/>.</summary>
    private static Constraint? ReadFormat(ChatOptions options, Constraint? before) => options.ResponseFormat switch
    {
        null or ChatResponseFormatText => before,
        ChatResponseFormatJson { Schema: { } schema } => Constraint.FromJsonSchema(schema),
        ChatResponseFormatJson => Constraint.JsonObject(),
        _ => throw Unsupported(nameof(ChatOptions.ResponseFormat), $"a {options.ResponseFormat.GetType().Name} is not known. Use Text, Json or ForJsonSchema."),
    };

    private static void CheckModel(ChatOptions options, PunaModel model)
    {
        string? asked = options.ModelId;
        if (asked is null || asked == model.Name || asked == model.Path || asked == Path.GetFileName(model.Path) || asked == Path.GetFileNameWithoutExtension(model.Path)) return;

        throw Unsupported(nameof(ChatOptions.ModelId), $"'{asked}' is asked for, and this client has '{model.Name}' ({model.Path}). Leave it null, or load the other model.");
    }

    private static UnsupportedChatFeatureException Unsupported(string member, string reason) => new($"{nameof(ChatOptions)}.{member}", reason);
}
