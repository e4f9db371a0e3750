using System.Text.Json.Serialization;

namespace Puna.Server.Wire.Anthropic;

[JsonSerializable(typeof(MessagesRequest))]
[JsonSerializable(typeof(TextBlockIn))]
[JsonSerializable(typeof(ToolUseBlockIn))]
[JsonSerializable(typeof(ToolResultBlockIn))]
[JsonSerializable(typeof(MessageOut))]
[JsonSerializable(typeof(MessageTokens))]
[JsonSerializable(typeof(MessageStart))]
[JsonSerializable(typeof(BlockStart))]
[JsonSerializable(typeof(BlockDelta))]
[JsonSerializable(typeof(BlockStop))]
[JsonSerializable(typeof(MessageDelta))]
[JsonSerializable(typeof(MessageStop))]
[JsonSerializable(typeof(AnthropicErrorReply))]
[JsonSerializable(typeof(AnthropicModelList))]
internal sealed partial class AnthropicJson : JsonSerializerContext
{
    /// <summary>The context with the options that all endpoints share.</summary>
    internal static AnthropicJson Wire { get; } = new(WireOptions.New());
}
