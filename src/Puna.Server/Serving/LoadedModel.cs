using Microsoft.Extensions.AI;

namespace Puna.Server.Serving;

/// <summary>A served model while it is loaded.</summary>
internal sealed class LoadedModel(ServedModel slot, PunaChatClient client, IChatClient chatClient, DateTimeOffset loadedAt)
{
    /// <summary>Name in requests and answers.</summary>
    internal string Id => slot.Id;

    internal PunaModel Model => client.Model;

    /// <summary>The model without middleware.</summary>
    internal PunaChatClient Client => client;

    /// <summary>The model with the middleware of <see cref="PunaServerOptions.ChatPipeline"/> around it.</summary>
    internal IChatClient ChatClient => chatClient;

    internal DateTimeOffset LoadedAt => loadedAt;

    /// <summary>Identity of the weights, 64 hexadecimal digits.</summary>
    internal string Fingerprint => slot.Card.Fingerprint;
}
