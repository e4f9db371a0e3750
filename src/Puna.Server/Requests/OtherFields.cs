using System.Text.Json;

namespace Puna.Server.Requests;

/// <summary>The fields of a request, or of an object in it, beside those that are honoured.</summary>
internal sealed class OtherFields(params IReadOnlyList<OtherField> fields)
{
    /// <summary>For objects in which every field is honoured.</summary>
    internal static OtherFields None { get; } = new();

    internal IReadOnlyList<OtherField> All => fields;

    internal static ApiException Unknown(string path) =>
        ApiException.Invalid(path, $"'{path}' is not a field that this endpoint knows. Leave it out; docs/api.md lists the fields.", "unknown_parameter");

    /// <summary>Refuses what is not known, and what is known and cannot be done.</summary>
    /// <param name="given">Fields that the record has no property for.</param>
    /// <param name="place">Path of the object, empty for the request itself.</param>
    internal void Check(Dictionary<string, JsonElement>? given, string place = "")
    {
        foreach ((string name, JsonElement value) in given ?? [])
        {
            string path = place.Length == 0 ? name : $"{place}.{name}";
            OtherField? known = fields.FirstOrDefault(f => f.Name == name);
            if (known is null)
                throw Unknown(path);
            if (known.IsRefused && !known.AsksForNothing(value))
                throw ApiException.Unsupported(path, $"'{path}' cannot be honoured: {known.Reason}");
        }
    }
}
