namespace Puna.Server.Wire.OpenAI;

internal sealed record FileObject(string Id, string Object, long Bytes, long CreatedAt, string Filename, string Purpose, string Status);

internal sealed record FileList(string Object, IReadOnlyList<FileObject> Data, string? FirstId, string? LastId, bool HasMore);

internal sealed record DeletedFile(string Id, string Object, bool Deleted);
