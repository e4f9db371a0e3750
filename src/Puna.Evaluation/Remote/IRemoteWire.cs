using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Puna.Evaluation.Models;

namespace Puna.Evaluation.Remote;

/// <summary>An answer lacks what its interface promises; the message says what.</summary>
internal sealed class MalformedAnswerException(string message) : Exception(message);

/// <summary>How requests and answers are written in an interface.</summary>
internal interface IRemoteWire
{
    /// <summary>Path below the base address.</summary>
    string Path { get; }

    /// <summary>Whether given texts can be scored.</summary>
    bool CanScore { get; }

    /// <summary>Whether an answer can be begun.</summary>
    bool CanPrefill { get; }

    /// <summary>What scores carry in their name, or null.</summary>
    string? ScoreNote { get; }

    /// <summary>Puts the key where the interface wants it.</summary>
    void Authorize(HttpRequestHeaders headers);

    /// <summary>The bodies of a request: one, or one per continuation.</summary>
    IEnumerable<JsonObject> Bodies(ModelRequest request);

    /// <summary>Reads the answer to a body.</summary>
    /// <exception cref="MalformedAnswerException">Something is missing.</exception>
    ModelAnswer Read(ModelRequest request, int part, JsonObject answer, out string? model);

    /// <summary>Makes one answer of those to all bodies.</summary>
    ModelAnswer Join(IReadOnlyList<ModelAnswer> parts) => parts[0];
}
