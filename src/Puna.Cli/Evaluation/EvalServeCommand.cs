using System.CommandLine;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Puna.Evaluation;
using Puna.Evaluation.Reports;

namespace Puna.Cli.Evaluation;

/// <summary><c>puna eval serve</c>: the reports of a folder of runs, in a browser on this machine.</summary>
internal static class EvalServeCommand
{
    internal static Command Create()
    {
        Command command = new("serve", "Show a folder of runs in a browser, on this machine only");
        Argument<string> results = new("folder") { Description = "Folder whose subfolders puna eval run has written" };
        Option<int> port = new("--port") { Description = "Port to listen on (0: any)", DefaultValueFactory = _ => 8081 };
        command.Add(results);
        command.Add(port);
        command.SetAction((parsed, cancellation) => ExitCode.Guard(async () =>
        {
            string folder = Path.GetFullPath(parsed.GetRequiredValue(results));
            if (!Directory.Exists(folder)) throw new UsageException($"{folder}: there is no such folder.");
            if (parsed.GetValue(port) is < 0 or > 65535) throw new UsageException($"--port {parsed.GetValue(port)}: 0 to 65535 are possible.");

            await using WebApplication app = Build(folder, parsed.GetValue(port));
            await app.StartAsync(cancellation).ConfigureAwait(false);
            Console.WriteLine($"{app.Urls.First()}  (Ctrl-C ends)");
            await app.WaitForShutdownAsync(cancellation).ConfigureAwait(false);
        }));
        return command;
    }

    /// <summary>The pages of a folder, not yet started. Addresses name runs; only direct subfolders that hold one are read.</summary>
    internal static WebApplication Build(string folder, int port)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(server => server.Listen(IPAddress.Loopback, port));
        WebApplication app = builder.Build();
        app.MapGet("/", (RequestDelegate)(context => Answer(context, () => EvaluationReport.Index(folder, name => $"run?of={Uri.EscapeDataString(name)}", (a, b) => $"compare?of={Uri.EscapeDataString(a)}&of={Uri.EscapeDataString(b)}"))));
        app.MapGet("/run", (RequestDelegate)(context => Answer(context, () => EvaluationReport.Html(Folders(folder, context)[0]))));
        app.MapGet("/compare", (RequestDelegate)(context => Answer(context, () => EvaluationReport.CompareHtml(Folders(folder, context)))));
        return app;
    }

    private static string[] Folders(string folder, HttpContext context)
    {
        // Names are looked up among what is there, so that no address can lead elsewhere.
        Dictionary<string, string> known = Directory.EnumerateDirectories(folder).ToDictionary(path => Path.GetFileName(path), StringComparer.Ordinal);
        string[] names = [.. context.Request.Query["of"].OfType<string>()];
        if (names.Length == 0) throw new EvaluationException("Say which run with ?of=NAME.");
        return [.. names.Select(name => known.TryGetValue(name, out string? path) ? path : throw new EvaluationException($"There is no run '{name}' here."))];
    }

    private static async Task Answer(HttpContext context, Func<string> page)
    {
        context.Response.Headers.XContentTypeOptions = "nosniff";
        context.Response.Headers["Referrer-Policy"] = "no-referrer";
        try
        {
            // A page of the web whose name was made to point here may not read what is shown.
            if (context.Request.Host.Host is not ("localhost" or "127.0.0.1")) throw new EvaluationException("Open this address as localhost.");

            string html = page();
            context.Response.ContentType = "text/html; charset=utf-8";
            await context.Response.WriteAsync(html, context.RequestAborted).ConfigureAwait(false);
        }
        catch (Exception error) when (error is EvaluationException or IOException)
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            context.Response.ContentType = "text/plain; charset=utf-8";
            await context.Response.WriteAsync(error.Message, context.RequestAborted).ConfigureAwait(false);
        }
    }
}
