using Microsoft.Extensions.AI;
using Puna.Tests.Models;

namespace Puna.Tests.Library;

/// <summary>The tiny Llama 4 as a chat client, loaded once for a class of tests.</summary>
public sealed class TinyChatFixture : IDisposable
{
    public TinyChatFixture()
    {
        Model = PunaModel.Load(Files.Llama4, TinyModelFolder.OneThread);
        Client = Model.AsChatClient();
    }

    internal TinyModelFolder Files { get; } = new();

    internal PunaModel Model { get; }

    internal PunaChatClient Client { get; }

    /// <summary>Options for a short answer that repeats.</summary>
    internal static ChatOptions Short(int maxTokens = 8, long seed = 1) => new() { MaxOutputTokens = maxTokens, Seed = seed, Temperature = 1, TopP = 1 };

    public void Dispose()
    {
        Model.Dispose();
        Files.Dispose();
    }
}
