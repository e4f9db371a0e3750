using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using Puna.Server;
using Puna.Server.Serving;

namespace Puna.Cli.Serving;

/// <summary>The server of <c>puna serve</c>: Kestrel, the endpoints, and what an operator sees of them.</summary>
internal sealed class PunaHost(ServeSettings settings)
{
    /// <summary>Serves until the process is told to end.</summary>
    /// <param name="onStarted">Told the URL and the models once requests are taken.</param>
    /// <param name="cancellation">Ends it, too.</param>
    internal async Task RunAsync(Action<string, PunaModels> onStarted, CancellationToken cancellation)
    {
        await using WebApplication app = Build();
        try
        {
            await app.StartAsync(cancellation).ConfigureAwait(false);
        }
        catch (IOException error) when (error.InnerException is AddressInUseException or SocketException)
        {
            throw new IOException($"port {settings.Address.Port} of {settings.Address.Host} is in use by another program. Choose another with --port.", error);
        }
        catch (SocketException error)
        {
            throw new IOException($"{settings.Address.Host} port {settings.Address.Port} cannot be listened on: {error.Message}.", error);
        }

        using PosixSignalRegistration second = OnSecondInterrupt(app.Lifetime);
        app.Lifetime.ApplicationStopping.Register(() => TellStopping(app.Services));
        PunaModels models = app.Services.GetRequiredService<PunaModels>();
        foreach (string warning in models.All.SelectMany(m => m.Warnings).Distinct()) Console.Error.WriteLine($"WARNING: {warning}");
        onStarted(app.Urls.First(), models);
        await app.WaitForShutdownAsync(cancellation).ConfigureAwait(false);
    }

    private WebApplication Build()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { EnvironmentName = Environments.Production });
        builder.Configuration.Sources.Clear(); // the command line alone says how to serve
        builder.Logging.ClearProviders().AddFilter("Microsoft", LogLevel.Warning).AddFilter("Microsoft.Extensions.Hosting", LogLevel.None)
            .AddConsole(o => (o.FormatterName, o.LogToStandardErrorThreshold) = (LogLine.FormatterName, LogLevel.Trace));
        builder.Services.AddSingleton<ConsoleFormatter, LogLine>();
        builder.Services.Configure<HostOptions>(o => o.ShutdownTimeout = settings.Drain);
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(Listen);
        builder.Services.AddPuna(Configure);
        if (settings.DataFolder is { } folder) builder.Services.AddPunaBatches(folder);
        if (settings.KeyFile is { } keys) builder.Services.AddPunaApiKeys(keys);
        if (settings.AllowedOrigins.Count > 0) builder.Services.AddCors(o => o.AddDefaultPolicy(p => p.WithOrigins([.. settings.AllowedOrigins]).AllowAnyHeader().AllowAnyMethod()));
        Exporting.AddTo(builder);

        WebApplication app = builder.Build();
        app.UseMiddleware<RequestLog>();
        if (settings.Address.AllowedHosts.Count > 0) app.UseMiddleware<HostCheck>(settings.Address.AllowedHosts);
        if (settings.AllowedOrigins.Count > 0) app.UseCors();
        try
        {
            app.MapPuna();
        }
        catch (InvalidOperationException error) // models that cannot be served together: the command line names them
        {
            throw new UsageException(error.Message);
        }

        return app;
    }

    private void Listen(KestrelServerOptions kestrel)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = settings.MaxBodyBytes;
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(15);
        if (settings.Address.Address is { } address) kestrel.Listen(address, settings.Address.Port, Secure);
        else kestrel.ListenLocalhost(settings.Address.Port, Secure);

        void Secure(ListenOptions listen)
        {
            if (settings.Certificate is { } certificate) listen.UseHttps(certificate);
        }
    }

    private void Configure(PunaServerOptions options)
    {
        foreach (ServedFile file in settings.Models) file.AddTo(options, settings.ModelOptions);
        options.UnloadIdleAfter = settings.UnloadIdleAfter;
        options.MemoryBudget = settings.MemoryBudget;
        options.Safety = settings.Safety;
        options.MaxWaiting = settings.MaxWaiting;
        options.RequestTimeout = settings.RequestTimeout;
        options.MaxBodyBytes = settings.MaxBodyBytes;
        foreach (string origin in settings.AllowedOrigins) options.AllowedOrigins.Add(origin);
    }

    private void TellStopping(IServiceProvider services)
    {
        int under = services.GetRequiredService<PunaModels>().OpenSequences;
        Console.Error.WriteLine(under == 0
            ? "puna: stopping."
            : string.Create(CultureInfo.InvariantCulture, $"puna: stopping. {under} requests may end within {settings.Drain.TotalSeconds:0} s; Ctrl-C again ends them now."));
    }

    /// <summary>Who asks twice means it.</summary>
    private static PosixSignalRegistration OnSecondInterrupt(IHostApplicationLifetime lifetime) => PosixSignalRegistration.Create(PosixSignal.SIGINT, _ =>
    {
        if (lifetime.ApplicationStopping.IsCancellationRequested) Environment.Exit(ExitCode.Failed);
    });
}
