namespace Puna.Server.Batches;

/// <summary>A file of a client, without its content.</summary>
/// <param name="Id">Name that requests use.</param>
/// <param name="Name">What the client calls it: a label, never a path.</param>
/// <param name="Purpose">What it is for.</param>
/// <param name="Created">When, in seconds since 1970.</param>
/// <param name="Bytes">Length of its content.</param>
internal sealed record StoredFile(string Id, string Name, string Purpose, long Created, long Bytes);
