using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Puna.Engine;
using Puna.Prompting;
using FinishReason = Puna.Engine.FinishReason;

namespace Puna;

/// <summary>
/// A model as a chat client. Text and tool calls; every option is honoured or refused by name. Where options say nothing, tokens
/// are chosen as <see cref="SamplingDefaults"/> says. Safe for concurrent callers: their answers are computed side by side, and
/// each comes out as if it were alone.
/// Calls come as <see cref="FunctionCallContent"/>; the client carries out none itself (<c>UseFunctionInvocation</c> of
/// Microsoft.Extensions.AI does). Where a call is required (<see cref="ChatOptions.ToolMode"/>), name and arguments are held to the
/// tools and their schemas, exactly; where the model may choose, arguments come as it wrote them,
/// unless the tool has <c>strict</c> in its <see cref="AITool.AdditionalProperties"/>: a call that does not fit then stays text.
/// </summary>
public sealed class PunaChatClient : IChatClient
{
    private readonly bool _ownsModel;
    private readonly ChatClientMetadata _metadata;

    internal PunaChatClient(PunaModel model, bool ownsModel)
    {
        Model = model;
        _ownsModel = ownsModel;
        _metadata = new ChatClientMetadata("puna", defaultModelId: model.Name);
    }

    /// <summary>The model that answers.</summary>
    public PunaModel Model { get; }

    /// <summary>Answers a conversation; the whole of what <see cref="GetStreamingResponseAsync"/> streams.</summary>
    /// <inheritdoc cref="GetStreamingResponseAsync"/>
    public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        WholeResponse.OfAsync(GetStreamingResponseAsync(messages, options, cancellationToken));

    /// <summary>
    /// Answers a conversation piece by piece. The last update carries the reason for the end, the token counts and what
    /// <see cref="ResponseProperties"/> names.
    /// </summary>
    /// <param name="messages">All messages so far.</param>
    /// <param name="options">How to answer, or null.</param>
    /// <param name="cancellationToken">Stops the computation, too.</param>
    /// <exception cref="UnsupportedChatFeatureException">A message or an option asks for what cannot be done.</exception>
    /// <exception cref="Engine.Constraints.ConstraintException">The response format's schema cannot be enforced exactly; the error names the place.</exception>
    /// <exception cref="ChatFormatException">The model has no chat format, or its template fails or refuses the conversation.</exception>
    /// <exception cref="PromptTooLongException">The conversation fills the context.</exception>
    /// <exception cref="ArgumentException">An option is out of range, or there is no message.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        cancellationToken.ThrowIfCancellationRequested();

        GenerationRequest request = ChatOptionsReader.Read(options, this);
        ChatTools? tools = ChatTools.Read(options);
        Generation generation = Model.Engine.Submit(request with
        {
            Prompt = EncodePrompt(messages, options?.Instructions, tools),
            Constraint = tools?.Form ?? request.Constraint,
        });

        AnswerUpdates answer = new(Model.Name, generation.PromptTokens, request.Sampling.Logprobs, tools);
        await foreach (GenerationStep step in generation.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            if (answer.Take(step) is { } update) yield return update;
        }

        if (generation.FinishReason == FinishReason.Cancelled)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw new ObjectDisposedException(nameof(PunaModel), "The model was disposed while it answered.");
        }

        if (answer.Rest() is { } rest) yield return rest;
        yield return answer.Last(generation);
    }

    /// <summary>Tokens of the prompt that a call with these messages and options would submit.</summary>
    /// <exception cref="UnsupportedChatFeatureException">A message or a tool asks for what cannot be done.</exception>
    /// <exception cref="ChatFormatException">The model has no chat format, or its template fails or refuses the conversation.</exception>
    /// <exception cref="ArgumentException">There is no message.</exception>
    public int[] EncodePrompt(IEnumerable<ChatMessage> messages, ChatOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(messages);
        return EncodePrompt(messages, options?.Instructions, ChatTools.Read(options));
    }

    private int[] EncodePrompt(IEnumerable<ChatMessage> messages, string? instructions, ChatTools? tools) =>
        Model.EncodeChat(ChatMessageReader.Read(messages, instructions), tools is null ? null : [.. tools.Definitions.Select(d => d.ToJson())]);

    /// <summary>This client, its <see cref="ChatClientMetadata"/>, the <see cref="PunaModel"/>, or its <see cref="InferenceEngine"/>.</summary>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        if (serviceKey is not null) return null;
        if (serviceType == typeof(ChatClientMetadata)) return _metadata;
        if (serviceType == typeof(PunaModel)) return Model;
        if (serviceType == typeof(InferenceEngine)) return Model.Engine;
        return serviceType.IsInstanceOfType(this) ? this : null;
    }

    /// <summary>Disposes the model where the client owns it; otherwise there is nothing to do.</summary>
    public void Dispose()
    {
        if (_ownsModel) Model.Dispose();
    }
}
