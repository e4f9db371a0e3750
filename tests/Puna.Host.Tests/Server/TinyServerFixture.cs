using Puna.Tests.Models;

namespace Puna.Host.Tests.Server;

/// <summary>The tiny Llama 4 behind a server, for a class of tests.</summary>
public sealed class TinyServerFixture : IAsyncLifetime
{
    internal TinyModelFolder Files { get; } = new();

    internal PunaModel Model { get; private set; } = null!;

    internal TinyServer Server { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Model = PunaModel.Load(Files.Llama4, TinyModelFolder.OneThread);
        Server = await TinyServer.StartAsync(Model);
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        Model.Dispose();
        Files.Dispose();
    }
}
