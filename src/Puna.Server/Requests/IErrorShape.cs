namespace Puna.Server.Requests;

/// <summary>How an API words its errors.</summary>
internal interface IErrorShape
{
    /// <summary>The JSON of an answer that is an error.</summary>
    byte[] Body(ApiError error);

    /// <summary>Name of the event that carries an error in a stream; null for an unnamed one.</summary>
    string? EventName { get; }
}
