using System.Text.Json.Serialization.Metadata;

namespace Puna.Server.Requests;

/// <summary>How an API words its errors.</summary>
internal interface IErrorShape
{
    /// <summary>The error as JSON.</summary>
    JsonTypeInfo Type { get; }

    /// <summary>The JSON of an answer that is an error.</summary>
    byte[] Body(ApiError error);

    /// <summary>The JSON of the last piece of a stream that fails; the same where the API makes no difference.</summary>
    byte[] LastPiece(ApiError error) => Body(error);

    /// <summary>Name of the event that carries an error in a stream; null for an unnamed one.</summary>
    string? EventName => null;
}
