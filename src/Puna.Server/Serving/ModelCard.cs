using Microsoft.Extensions.AI;
using Puna.Models;
using Puna.Prompting;

namespace Puna.Server.Serving;

/// <summary>What is told of a model whether it is loaded or not. It is read once, when the server starts.</summary>
internal sealed record ModelCard
{
    private static readonly AITool AnyTool = AIFunctionFactory.CreateDeclaration("any", "", System.Text.Json.JsonElement.Parse("""{"type": "object", "properties": {}}"""));

    private ModelCard(PunaModel model)
    {
        Path = model.Path;
        Name = model.Name;
        License = model.License;
        Warnings = model.Warnings;
        Config = model.Config;
        WeightBytes = model.WeightBytes;
        ParameterCount = model.ParameterCount;
        WeightType = model.WeightType;
        ChatTemplate = model.ChatTemplateSource;
        ContextLength = model.Engine.ContextLength;
        MaxSequences = model.Engine.Options.MaxSequences;
        ThreadCount = model.ThreadCount;
        Fingerprint = Convert.ToHexStringLower(model.Fingerprint.Span);
        WrittenAt = new DateTimeOffset(File.GetLastWriteTimeUtc(model.Path), TimeSpan.Zero);
        TakesTools = KnowsTools(model);
    }

    internal string Path { get; }

    internal string Name { get; }

    internal string? License { get; }

    internal IReadOnlyList<string> Warnings { get; }

    internal DecoderConfig Config { get; }

    internal long WeightBytes { get; }

    internal long ParameterCount { get; }

    internal string WeightType { get; }

    internal string? ChatTemplate { get; }

    internal int ContextLength { get; }

    internal int MaxSequences { get; }

    internal int ThreadCount { get; }

    /// <summary>Identity of the weights, 64 hexadecimal digits.</summary>
    internal string Fingerprint { get; }

    internal DateTimeOffset WrittenAt { get; }

    /// <summary>Its chat format has words for tools.</summary>
    internal bool TakesTools { get; }

    internal static ModelCard Of(PunaModel model) => new(model);

    private static bool KnowsTools(PunaModel model)
    {
        try
        {
            using PunaChatClient client = model.AsChatClient();
            _ = client.EncodePrompt([new ChatMessage(ChatRole.User, "")], new ChatOptions { Tools = [AnyTool] });
            return true;
        }
        catch (ChatFormatException)
        {
            return false; // its chat format has no words for tools, or there is none
        }
    }
}
