using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Puna.Server.Access;

namespace Puna.Server.Requests;

/// <summary>
/// What every endpoint does before and after its own work: look at the origin and the key, bound the time, and turn what
/// is thrown into an error in the API's words.
/// </summary>
internal static partial class ApiRoute
{
    /// <summary>An endpoint.</summary>
    /// <param name="errors">How its API words errors.</param>
    /// <param name="handle">Its work.</param>
    internal static RequestDelegate Of(IErrorShape errors, Func<ApiCall, Task> handle) =>
        http => RunAsync(http, errors, () => http.RequestServices.GetService<AccessControl>()?.Admit(http.Request.Headers), handle);

    /// <summary>Handles a request.</summary>
    /// <param name="http">The request.</param>
    /// <param name="errors">How its API words errors.</param>
    /// <param name="admit">Says whose it is, or throws.</param>
    /// <param name="handle">Its endpoint's work.</param>
    internal static async Task RunAsync(HttpContext http, IErrorShape errors, Func<Caller?> admit, Func<ApiCall, Task> handle)
    {
        PunaServerOptions options = http.RequestServices.GetRequiredService<IOptions<PunaServerOptions>>().Value;
        ILogger logger = http.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger("Puna.Server");
        using CancellationTokenSource time = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted);
        if (options.RequestTimeout is { } limit) time.CancelAfter(limit);

        ApiCall call = new(http, errors, null, time.Token);
        try
        {
            OriginCheck.Pass(http, options);
            call = new ApiCall(http, errors, admit(), time.Token);
            await handle(call).ConfigureAwait(false);
        }
        catch (Exception) when (http.RequestAborted.IsCancellationRequested)
        {
            LogLeft(logger, http.Request.Path); // nobody is there to be told
        }
        catch (OperationCanceledException) when (time.IsCancellationRequested)
        {
            await call.WriteErrorAsync(new ApiError(504, "timeout", $"The answer was not whole after {options.RequestTimeout?.TotalSeconds} seconds, the longest that this server works on a request.")).ConfigureAwait(false);
        }
        catch (Exception error) when (ErrorMapping.Of(error, call.Names) is { } known)
        {
            if (known.Status >= 500) LogFailure(logger, error, http.Request.Path);
            await call.WriteErrorAsync(known).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            LogFailure(logger, error, http.Request.Path);
            await call.WriteErrorAsync(new ApiError(500, "internal_error", "The server failed at this request; its log says more. Other requests are not affected.")).ConfigureAwait(false);
        }
        finally
        {
            call.Dispose();
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Path}: the client left before the answer was whole")]
    private static partial void LogLeft(ILogger logger, PathString path);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Path} failed")]
    private static partial void LogFailure(ILogger logger, Exception error, PathString path);
}
