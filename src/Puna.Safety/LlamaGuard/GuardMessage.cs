using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Puna.Safety.Streams;

namespace Puna.Safety.LlamaGuard;

/// <summary>A message to be judged.</summary>
/// <param name="Role">user, assistant, system or tool.</param>
/// <param name="Text">Its text; of a tool call, the call as JSON.</param>
/// <param name="Images">Number of images in it.</param>
public sealed record GuardMessage(string Role, string Text, int Images = 0)
{
    /// <summary>
    /// A chat message as a model reads it: its texts in one piece, then the rest, each on a line. Tool calls become JSON, so
    /// that their arguments are judged, too; so does a result that is no text. An author's name is the last line.
    /// </summary>
    /// <exception cref="NotSupportedException">It has content that is neither text, reasoning, a call, a result, an image nor usage: nobody would judge it.</exception>
    public static GuardMessage From(ChatMessage message)
    {
        MessageText text = MessageText.Of(message);
        return new GuardMessage(text.Role, text.Text, text.Images);
    }

    /// <summary>A call as <c>{"name": …, "arguments": {…}}</c>.</summary>
    internal static string CallText(FunctionCallContent call) =>
        $$"""{"name":"{{JsonEncodedText.Encode(call.Name, JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}}","arguments":{{call.ArgumentsAsJson()}}}""";
}
