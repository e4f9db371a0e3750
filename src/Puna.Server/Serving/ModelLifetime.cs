using Microsoft.Extensions.Hosting;

namespace Puna.Server.Serving;

/// <summary>
/// Reads the models before the host serves requests, so that a broken file fails the start. When the host stops, requests
/// under way may end within its shutdown time; no new one begins.
/// </summary>
internal sealed class ModelLifetime(PunaModels models) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        try
        {
            await models.EndAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The time is up; disposing the models ends what still runs.
        }
    }
}
