namespace Puna.Server.Requests;

/// <summary>How the pieces of a streamed answer are told apart.</summary>
internal enum StreamFormat
{
    /// <summary>Server-sent events.</summary>
    Events,

    /// <summary>A JSON object per line.</summary>
    Lines,
}
