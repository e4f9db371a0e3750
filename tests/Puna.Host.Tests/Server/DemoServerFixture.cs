using Puna.Demo;
using Puna.Tests.Models;

namespace Puna.Host.Tests.Server;

/// <summary>The model that comes with Puna, which calls tools, behind a server, for a class of tests.</summary>
public sealed class DemoServerFixture : IAsyncLifetime
{
    internal PunaModel Model { get; private set; } = null!;

    internal TinyServer Server { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Model = PunaModel.Load(DemoModel.Path, TinyModelFolder.OneThread);
        Server = await TinyServer.StartAsync(Model);
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        Model.Dispose();
    }
}
