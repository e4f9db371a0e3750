namespace Puna.Server.Requests;

/// <summary>Ends a request with an error.</summary>
internal sealed class ApiException(ApiError error) : Exception(error.Message)
{
    internal ApiError Error { get; } = error;

    internal static ApiException Invalid(string? parameter, string message, string code = "invalid_value") => new(ApiError.Invalid(parameter, message, code));

    internal static ApiException Unsupported(string parameter, string message) => Invalid(parameter, message, "unsupported_parameter");
}
