using System.Text.Json;
using Microsoft.Extensions.AI;
using Puna.Server.Requests;
using Puna.Server.Serving;
using Puna.Server.Wire.Anthropic;
using Puna.Server.Wire.OpenAI;

namespace Puna.Server.Endpoints.Anthropic;

/// <summary>Writes an answer as Anthropic's events: a message begins, blocks of it begin, grow and end, the message ends.</summary>
internal sealed class MessageEvents(ApiCall call, AnswerRequest request)
{
    private const string Text = "text";
    private static readonly JsonElement NoInput = JsonElement.Parse("{}");

    private readonly ReplyStream _stream = call.BeginEvents();
    private bool _begun;
    private bool _inText;
    private int _block = -1;

    internal async Task WriteAsync(IAsyncEnumerable<AnswerPiece> pieces)
    {
        await foreach (AnswerPiece piece in pieces.ConfigureAwait(false))
        {
            await BeginAsync().ConfigureAwait(false); // with the first piece: what fails before it is an error of the request
            if (piece.Text.Length > 0) await WriteTextAsync(piece.Text).ConfigureAwait(false);
            foreach (FunctionCallContent used in piece.Calls) await WriteCallAsync(used).ConfigureAwait(false);
            if (piece.End is { } end) await EndAsync(end).ConfigureAwait(false);
        }
    }

    private async Task BeginAsync()
    {
        if (_begun) return;

        _begun = true;
        MessageOut message = new(Identifiers.New("msg_"), "message", "assistant", request.Served.Id, [], null, null, new MessageUsage(request.PromptTokens(), 0, 0, 0));
        await _stream.WriteAsync(new MessageStart("message_start", message), AnthropicJson.Wire.MessageStart, "message_start").ConfigureAwait(false);
    }

    private async Task WriteTextAsync(string text)
    {
        if (!_inText) await BeginBlockAsync(new BlockOut(Text) { Text = "" }).ConfigureAwait(false);
        _inText = true;
        await WriteDeltaAsync(new DeltaOut("text_delta", text, null)).ConfigureAwait(false);
    }

    private async Task WriteCallAsync(FunctionCallContent used)
    {
        await EndBlockAsync().ConfigureAwait(false);
        await BeginBlockAsync(new BlockOut("tool_use") { Id = used.CallId, Name = used.Name, Input = NoInput }).ConfigureAwait(false);
        await WriteDeltaAsync(new DeltaOut("input_json_delta", null, used.ArgumentsAsJson())).ConfigureAwait(false);
        await StopBlockAsync().ConfigureAwait(false);
    }

    private async Task EndAsync(AnswerEnd end)
    {
        await EndBlockAsync().ConfigureAwait(false);
        await _stream.WriteAsync(
            new MessageDelta("message_delta", new StopOut(AnthropicMessages.Reason(end, request), end.StopSequence), AnthropicMessages.Usage(end)) { Safety = SafetyOut.Of(end.Safety) }, AnthropicJson.Wire.MessageDelta, "message_delta").ConfigureAwait(false);
        await _stream.WriteAsync(new MessageStop("message_stop"), AnthropicJson.Wire.MessageStop, "message_stop").ConfigureAwait(false);
    }

    private Task BeginBlockAsync(BlockOut block) =>
        _stream.WriteAsync(new BlockStart("content_block_start", ++_block, block), AnthropicJson.Wire.BlockStart, "content_block_start");

    private Task WriteDeltaAsync(DeltaOut delta) =>
        _stream.WriteAsync(new BlockDelta("content_block_delta", _block, delta), AnthropicJson.Wire.BlockDelta, "content_block_delta");

    /// <summary>Ends the text block, where one is open.</summary>
    private async Task EndBlockAsync()
    {
        if (_inText) await StopBlockAsync().ConfigureAwait(false);
        _inText = false;
    }

    private Task StopBlockAsync() => _stream.WriteAsync(new BlockStop("content_block_stop", _block), AnthropicJson.Wire.BlockStop, "content_block_stop");
}
