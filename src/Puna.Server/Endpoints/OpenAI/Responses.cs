using System.Text.Json;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Puna.Server.Requests;
using Puna.Server.Serving;
using Puna.Server.Wire.OpenAI;

namespace Puna.Server.Endpoints.OpenAI;

/// <summary><c>POST /v1/responses</c>, and <c>GET</c> and <c>DELETE /v1/responses/{id}</c>.</summary>
internal static class Responses
{
    internal static async Task HandleAsync(ApiCall call)
    {
        call.Names = ResponseFields.Names;
        ResponseRequest fields = await call.ReadAsync(OpenAIJson.Wire.ResponseRequest).ConfigureAwait(false);
        MetadataCheck.Check(fields.Metadata);
        fields = fields with { Store = fields.Store ?? call.Batch is null }; // nobody goes on from an answer of a batch unasked
        LoadedModel served = await call.ModelAsync(fields.Model).ConfigureAwait(false);
        IReadOnlyList<ChatMessage> before = fields.PreviousResponseId is { } previous ? Find(call, previous, "previous_response_id").Conversation : [];
        AnswerRequest request = ResponseReader.Read(fields, served, before);
        ResponseReply reply = new(fields, request, call.Clock.GetUtcNow());
        IAsyncEnumerable<AnswerPiece> pieces = Answers.StreamAsync(call, request);
        if (fields.Stream == true)
        {
            await new ResponseEvents(call, reply, Keep).WriteAsync(pieces).ConfigureAwait(false);
            return;
        }

        Answer answer = (await Answers.WholeAsync(pieces, 1).ConfigureAwait(false))[0];
        Response whole = reply.Whole(Output(reply, answer), answer.End);
        Keep(whole);
        await call.WriteAsync(whole, OpenAIJson.Wire.Response).ConfigureAwait(false);

        // Before its end is sent: the client may go on from it at once.
        void Keep(Response response)
        {
            if (response.Store && response.IncompleteDetails?.Reason != ResponseReply.ContentFilter) Stored(call).Add(response.Id, call.Caller?.Id, [.. request.Messages, Said(response)], JsonSerializer.SerializeToUtf8Bytes(response, OpenAIJson.Wire.Response));
        }
    }

    private static ResponseItemOut[] Output(ResponseReply reply, Answer answer)
    {
        IEnumerable<ResponseItemOut> calls = answer.Calls.Select(ResponseReply.Call);
        return answer.Text.Length > 0 || answer.Calls.Count == 0 ? [reply.Message(answer.Text, answer.Steps), .. calls] : [.. calls];
    }

    internal static Task GetAsync(ApiCall call) => call.WriteJsonAsync(Find(call, Id(call), null).Json);

    internal static Task DeleteAsync(ApiCall call)
    {
        string id = Id(call);
        return Stored(call).Remove(id, call.Caller?.Id) ? call.WriteAsync(new DeletedResponse(id, "response", true), OpenAIJson.Wire.DeletedResponse) : throw Missing(id, null);
    }

    /// <summary>The answer as a message of the conversation.</summary>
    private static ChatMessage Said(Response response)
    {
        ChatMessage said = new(ChatRole.Assistant, []);
        foreach (ResponseItemOut item in response.Output)
        {
            if (item.Content is [{ } part]) said.Contents.Add(new TextContent(part.Text));
            else said.Contents.Add(new FunctionCallContent(item.CallId!, item.Name!, ToolArguments.Read(item.Arguments, "arguments")));
        }

        return said;
    }

    private static StoredResponses Stored(ApiCall call) => call.Http.RequestServices.GetRequiredService<StoredResponses>();

    private static string Id(ApiCall call) => (string)call.Http.Request.RouteValues["id"]!;

    private static StoredResponses.Entry Find(ApiCall call, string id, string? parameter) => Stored(call).Find(id, call.Caller?.Id) ?? throw Missing(id, parameter);

    private static ApiException Missing(string id, string? parameter) => new(new ApiError(
        404, "response_not_found", $"There is no response '{id}'. Responses are kept in memory, the last {StoredResponses.MaxResponses}, until the server stops; send the whole conversation as input.", parameter));
}
