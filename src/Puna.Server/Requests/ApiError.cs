namespace Puna.Server.Requests;

/// <summary>An answer that is an error, before it is put in the words of an API.</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="Code">Short name that programs compare, such as <c>unknown_parameter</c>.</param>
/// <param name="Message">What is wrong and what to do, for people.</param>
/// <param name="Parameter">Path of the field at fault (<c>messages[2].content</c>), or null.</param>
/// <param name="RetryAfter">When trying again makes sense, or null.</param>
internal sealed record ApiError(int Status, string Code, string Message, string? Parameter = null, TimeSpan? RetryAfter = null)
{
    /// <summary>A request that can never succeed as it is.</summary>
    internal static ApiError Invalid(string? parameter, string message, string code = "invalid_value") => new(400, code, message, parameter);
}
