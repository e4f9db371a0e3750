namespace Puna.Server.Wire.OpenAI;

internal sealed record ModelList(string Object, IReadOnlyList<ModelInfo> Data);

/// <summary>A model. Context length (most tokens of prompt and answer), name, aliases and whether it is loaded are additions to the OpenAI API.</summary>
internal sealed record ModelInfo(string Id, string Object, long Created, string OwnedBy, int ContextLength, string Name, IReadOnlyList<string> Aliases, bool Loaded);
