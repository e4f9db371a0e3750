using System.Text.Json;

namespace Puna.Chat.Templates;

/// <summary>One typed piece of a message's content.</summary>
/// <param name="Type">The kind templates compare with, such as <c>text</c> or <c>image</c>.</param>
/// <param name="Text">The text of a text part, else null.</param>
/// <param name="Extra">Further properties the template may read, or null.</param>
public sealed record TemplateContentPart(string Type, string? Text = null, IReadOnlyDictionary<string, JsonElement>? Extra = null)
{
    /// <summary>A placeholder where an image stands; its pixels never pass through the template.</summary>
    public static TemplateContentPart Image { get; } = new("image");

    /// <summary>A part of plain text.</summary>
    public static TemplateContentPart OfText(string text) => new("text", text);
}
