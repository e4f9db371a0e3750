namespace Puna.Server.Requests;

/// <summary>Labels that a client puts on what is kept for it, within the bounds of the OpenAI API.</summary>
internal static class MetadataCheck
{
    private const int MaxPairs = 16;
    private const int MaxName = 64;
    private const int MaxValue = 512;

    /// <summary>Refuses too many labels, and too long ones.</summary>
    internal static void Check(IReadOnlyDictionary<string, string>? metadata)
    {
        if (metadata is null) return;
        if (metadata.Count > MaxPairs) throw ApiException.Invalid("metadata", $"metadata has {metadata.Count} fields; at most {MaxPairs} are allowed.");

        foreach ((string name, string value) in metadata)
        {
            if (name.Length is 0 or > MaxName) throw ApiException.Invalid("metadata", $"A field of metadata has a name of {name.Length} characters; 1 to {MaxName} are allowed.");
            if (value is null) throw ApiException.Invalid($"metadata.{name}", $"metadata.{name} is null; a string is needed.", "invalid_type");
            if (value.Length > MaxValue) throw ApiException.Invalid($"metadata.{name}", $"metadata.{name} has {value.Length} characters; at most {MaxValue} are allowed.");
        }
    }
}
