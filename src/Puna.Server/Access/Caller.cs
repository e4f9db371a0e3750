namespace Puna.Server.Access;

/// <summary>Who sends a request, by its key.</summary>
/// <param name="Id">Public part of the key.</param>
/// <param name="Name">Name that the operator gave the key.</param>
/// <param name="Charge">Takes tokens from the key's allowance.</param>
internal sealed record Caller(string Id, string Name, Action<long> Charge);
