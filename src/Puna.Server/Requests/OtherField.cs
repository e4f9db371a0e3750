using System.Text.Json;

namespace Puna.Server.Requests;

/// <summary>A field that is known and has no effect here.</summary>
/// <param name="Name">Its name on the wire.</param>
/// <param name="IsRefused">Refused unless null or neutral; otherwise left without effect.</param>
/// <param name="Reason">Why, as part of a sentence after a colon.</param>
/// <param name="Neutral">Values (as JSON) that ask for nothing.</param>
internal sealed record OtherField(string Name, bool IsRefused, string Reason, params IReadOnlyList<string> Neutral)
{
    internal static OtherField Ignored(string name, string reason) => new(name, false, reason);

    internal static OtherField Refused(string name, string reason, params IReadOnlyList<string> neutral) => new(name, true, reason, neutral);

    internal bool AsksForNothing(JsonElement value) =>
        value.ValueKind == JsonValueKind.Null || Neutral.Any(n => JsonElement.DeepEquals(JsonElement.Parse(n), value));
}
