namespace Puna.Engine.Constraints.Json;

/// <summary>Between least and most items of an array meet a condition.</summary>
internal sealed record Containment(SchemaAtom Item, int Least, int Most, string Pointer);
