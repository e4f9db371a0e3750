using Puna.Engine;

namespace Puna.Server.Serving;

/// <summary>Several answers to one request.</summary>
internal static class Choices
{
    /// <summary>The request of one choice: a seed that is given counts up, so that choices differ and each can be repeated alone.</summary>
    internal static GenerationRequest ForChoice(this GenerationRequest request, int choice) => request.Sampling.Seed is { } seed
        ? request with { Sampling = request.Sampling with { Seed = unchecked(seed + (ulong)choice) } }
        : request;
}
