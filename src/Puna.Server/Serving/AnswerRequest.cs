using Microsoft.Extensions.AI;
using Puna.Engine;

namespace Puna.Server.Serving;

/// <summary>A conversation to answer, whatever API it came through.</summary>
internal sealed record AnswerRequest(LoadedModel Served, IReadOnlyList<ChatMessage> Messages, GenerationRequest Generation)
{
    /// <summary>Answers wanted.</summary>
    internal int Choices { get; init; } = 1;

    internal IList<AITool>? Tools { get; init; }

    internal ChatToolMode? ToolMode { get; init; }

    internal bool? AllowMultipleToolCalls { get; init; }

    internal ChatResponseFormat? Format { get; init; }

    internal string? Instructions { get; init; }

    /// <summary>Tokens of the prompt: as the model told them with the beginning of an answer, or counted.</summary>
    internal int PromptTokens() => Prompt.Tokens ?? Served.Client.EncodePrompt(Messages, OptionsOf(0)).Length;

    /// <summary>What answers tell of the prompt, the same for all copies of the request.</summary>
    internal ToldPrompt Prompt { get; } = new();

    /// <summary>Options of one choice. What chat options have no member for goes along in the engine's own request.</summary>
    internal ChatOptions OptionsOf(int choice)
    {
        GenerationRequest generation = Generation.ForChoice(choice);
        return new ChatOptions
        {
            Instructions = Instructions,
            Temperature = generation.Sampling.Temperature,
            TopP = generation.Sampling.TopP,
            TopK = generation.Sampling.TopK,
            FrequencyPenalty = generation.Sampling.FrequencyPenalty,
            PresencePenalty = generation.Sampling.PresencePenalty,
            Seed = generation.Sampling.Seed is { } seed ? unchecked((long)seed) : null,
            MaxOutputTokens = generation.MaxTokens,
            StopSequences = [.. generation.Stop],
            Tools = Tools,
            ToolMode = ToolMode,
            AllowMultipleToolCalls = AllowMultipleToolCalls,
            ResponseFormat = Format,
            RawRepresentationFactory = _ => generation,
        };
    }

    /// <summary>What a model tells of a prompt.</summary>
    internal sealed class ToldPrompt
    {
        internal int? Tokens { get; set; }
    }
}
