using System.Text;
using Microsoft.Extensions.AI;
using Puna.Server.Requests;
using Puna.Server.Serving;
using Puna.Server.Wire.OpenAI;

namespace Puna.Server.Endpoints.OpenAI;

/// <summary>Writes an answer as the events of the responses API: it begins, items of it are added, grow and are done, it is complete.</summary>
internal sealed class ResponseEvents(ApiCall call, ResponseReply reply, Action<Response> keep)
{
    private readonly ReplyStream _stream = call.BeginEvents();
    private readonly List<ResponseItemOut> _output = [];
    private readonly StringBuilder _text = new();
    private readonly List<TokenLogprobs> _logprobs = [];
    private ResponseItemOut? _message; // open
    private int _sequence;

    internal async Task WriteAsync(IAsyncEnumerable<AnswerPiece> pieces)
    {
        await foreach (AnswerPiece piece in pieces.ConfigureAwait(false))
        {
            if (_sequence == 0) await BeginAsync().ConfigureAwait(false); // with the first piece: what fails before it is an error of the request
            if (piece.Text.Length > 0 || piece.Steps.Count > 0) await WriteTextAsync(piece.Text, reply.Logprobs(piece.Steps)).ConfigureAwait(false);
            foreach (FunctionCallContent used in piece.Calls) await WriteCallAsync(used).ConfigureAwait(false);
            if (piece.End is { } end) await EndAsync(end).ConfigureAwait(false);
        }
    }

    private async Task BeginAsync()
    {
        await SendAsync(Next("response.created") with { Response = reply.Open }).ConfigureAwait(false);
        await SendAsync(Next("response.in_progress") with { Response = reply.Open }).ConfigureAwait(false);
    }

    private async Task WriteTextAsync(string text, IReadOnlyList<TokenLogprobs> logprobs)
    {
        if (_message is null)
        {
            _message = reply.Message("", []);
            await SendAsync(OfItem("response.output_item.added") with { Item = _message with { Status = "in_progress", Content = [] } }).ConfigureAwait(false);
            await SendAsync(OfPart("response.content_part.added") with { Part = ResponseReply.Part("", []) }).ConfigureAwait(false);
        }

        _text.Append(text);
        _logprobs.AddRange(logprobs);
        await SendAsync(OfPart("response.output_text.delta") with { Delta = text, Logprobs = logprobs }).ConfigureAwait(false);
    }

    private async Task WriteCallAsync(FunctionCallContent used)
    {
        await EndMessageAsync("completed").ConfigureAwait(false);
        ResponseItemOut item = ResponseReply.Call(used);
        await SendAsync(OfItem("response.output_item.added") with { Item = item with { Status = "in_progress", Arguments = "" } }).ConfigureAwait(false);
        await SendAsync(OfItem("response.function_call_arguments.delta") with { ItemId = item.Id, Delta = item.Arguments }).ConfigureAwait(false);
        await SendAsync(OfItem("response.function_call_arguments.done") with { ItemId = item.Id, Name = item.Name, Arguments = item.Arguments }).ConfigureAwait(false);
        await SendAsync(OfItem("response.output_item.done") with { Item = item }).ConfigureAwait(false);
        _output.Add(item);
    }

    private async Task EndMessageAsync(string status)
    {
        if (_message is not { } message) return;

        string text = _text.ToString();
        ResponsePartOut part = ResponseReply.Part(text, [.. _logprobs]);
        await SendAsync(OfPart("response.output_text.done") with { Text = text, Logprobs = part.Logprobs }).ConfigureAwait(false);
        await SendAsync(OfPart("response.content_part.done") with { Part = part }).ConfigureAwait(false);
        message = message with { Status = status, Content = [part] };
        await SendAsync(OfItem("response.output_item.done") with { Item = message }).ConfigureAwait(false);
        _output.Add(message);
        _message = null;
        _text.Clear();
        _logprobs.Clear();
    }

    private async Task EndAsync(AnswerEnd end)
    {
        if (_message is null && _output.Count == 0) await WriteTextAsync("", []).ConfigureAwait(false);
        await EndMessageAsync(ResponseReply.IsWhole(end) ? "completed" : "incomplete").ConfigureAwait(false);
        Response whole = reply.Whole(_output, end);
        keep(whole);
        await SendAsync(Next($"response.{whole.Status}") with { Response = whole }).ConfigureAwait(false);
    }

    private ResponseEvent Next(string type) => new(type, _sequence++);

    private ResponseEvent OfItem(string type) => Next(type) with { OutputIndex = _output.Count };

    private ResponseEvent OfPart(string type) => OfItem(type) with { ItemId = _message!.Id, ContentIndex = 0 };

    private Task SendAsync(ResponseEvent next) => _stream.WriteAsync(next, OpenAIJson.Wire.ResponseEvent, next.Type);
}
