using System.Runtime.CompilerServices;
using System.Text;
using System.Threading.Channels;
using Microsoft.Extensions.AI;
using Puna.Engine;
using Puna.Safety.Streams;
using Puna.Server.Requests;
using Puna.Server.Telemetry;
using FinishReason = Puna.Engine.FinishReason;

namespace Puna.Server.Serving;

/// <summary>Runs requests through a model and gives their answers, in pieces or whole. Choices are computed side by side.</summary>
internal static class Answers
{
    /// <summary>Answers a conversation. Pieces of several choices come as they are made, in any order among choices.</summary>
    internal static IAsyncEnumerable<AnswerPiece> StreamAsync(ApiCall call, AnswerRequest request)
    {
        int choices = Checked(call, request.Choices);
        GuardedAnswers? guarded = GuardedAnswers.For(call, request.Messages, request.Instructions, request.Tools);
        return StreamAsync(call, request.Served, GenAI.Chat, request.Generation, choices, request.Choices, request.PromptTokens, [guarded], (choice, cancellation) => guarded is null
            ? ChatAsync(request, choice, cancellation)
            : guarded.ChoiceAsync(choice, request.PromptTokens, judged => ChatAsync(request with { Messages = judged.Messages, Instructions = judged.Instructions }, choice, cancellation), cancellation));
    }

    /// <summary>Continues prompts as they are, each <paramref name="choices"/> times; choices of the first prompt come first. A prompt is judged as a user's message.</summary>
    internal static IAsyncEnumerable<AnswerPiece> StreamAsync(ApiCall call, LoadedModel served, IReadOnlyList<GenerationRequest> prompts, int choices)
    {
        int all = Checked(call, (long)prompts.Count * choices);
        GuardedAnswers?[] guarded = [.. prompts.Select(p => call.Options.Safety is null ? null : GuardedAnswers.For(call, [new ChatMessage(ChatRole.User, served.Model.Tokenizer.Decode([.. p.Prompt]))], null, null))];
        return StreamAsync(call, served, GenAI.TextCompletion, prompts[0], all, choices, () => prompts.Sum(p => p.Prompt.Count), guarded, (choice, cancellation) =>
        {
            GenerationRequest request = prompts[choice / choices].ForChoice(choice % choices);
            return guarded[choice / choices] is { } guard
                ? guard.ChoiceAsync(choice, () => request.Prompt.Count, judged => ContinueAsync(served, Redacted(served, request, judged), choice, cancellation), cancellation)
                : ContinueAsync(served, request, choice, cancellation);
        });
    }

    /// <summary>The request with its prompt as it was redacted, as plain text; the request itself where nothing was.</summary>
    private static GenerationRequest Redacted(LoadedModel served, GenerationRequest request, JudgedConversation judged)
    {
        string text = judged.Messages[0].Text;
        return text == served.Model.Tokenizer.Decode([.. request.Prompt]) ? request : request with { Prompt = served.Model.Tokenizer.Encode(text, served.Model.AddsBos) };
    }

    /// <summary>The number of answers, looked at before anything is made for each of them.</summary>
    private static int Checked(ApiCall call, long choices) => choices <= call.Options.MaxChoices
        ? (int)choices
        : throw ApiException.Invalid("n", $"{choices} answers are asked for; this server gives at most {call.Options.MaxChoices} to a request.");

    /// <summary>Turns a request away when the line is full.</summary>
    internal static void RefuseWhereFull(ApiCall call, LoadedModel served)
    {
        EngineStatus status = served.Model.Engine.Status;
        if (status.Running >= served.Model.Engine.Options.MaxSequences && status.Waiting >= call.Options.MaxWaiting)
            throw new ApiException(new ApiError(503, "queue_full", $"{call.Options.MaxWaiting} requests are waiting already. Try again later.", RetryAfter: TimeSpan.FromSeconds(5)));
    }

    /// <summary>Puts the pieces of every choice together.</summary>
    internal static async Task<Answer[]> WholeAsync(IAsyncEnumerable<AnswerPiece> pieces, int choices)
    {
        Collected[] collected = [.. Enumerable.Range(0, choices).Select(_ => new Collected())];
        await foreach (AnswerPiece piece in pieces.ConfigureAwait(false)) collected[piece.Choice].Add(piece);
        return [.. collected.Select(c => c.ToAnswer())];
    }

    private static async IAsyncEnumerable<AnswerPiece> StreamAsync(
        ApiCall call, LoadedModel served, string operation, GenerationRequest generation, int choices, int choicesPerPrompt,
        Func<int> promptTokens, IReadOnlyList<GuardedAnswers?> guards, Func<int, CancellationToken, IAsyncEnumerable<AnswerPiece>> start)
    {
        using Guards guarding = new(guards);
        RefuseWhereFull(call, served);
        using OperationRecord record = OperationRecord.Begin(call, served, operation, generation, choices, choicesPerPrompt, promptTokens);
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(call.Cancelled);
        if (call.Batch is { } share)
        {
            Func<int, CancellationToken, IAsyncEnumerable<AnswerPiece>> free = start;
            start = (choice, cancellation) => share.StreamAsync(() => free(choice, cancellation), cancellation);
        }

        IAsyncEnumerable<AnswerPiece> pieces = choices == 1 ? start(0, stop.Token) : Merge(choices, start, stop);
        await using IAsyncEnumerator<AnswerPiece> reader = pieces.GetAsyncEnumerator(stop.Token);
        while (true)
        {
            try
            {
                if (!await reader.MoveNextAsync().ConfigureAwait(false)) break;
            }
            catch (Exception error)
            {
                record.Fail(error);
                throw;
            }

            record.Take(reader.Current);
            yield return reader.Current;
        }

        record.Complete();
    }

    private static async IAsyncEnumerable<AnswerPiece> ChatAsync(AnswerRequest request, int choice, [EnumeratorCancellation] CancellationToken cancellation)
    {
        UpdateReader reader = new(choice);
        await foreach (ChatResponseUpdate update in request.Served.ChatClient.GetStreamingResponseAsync(request.Messages, request.OptionsOf(choice), cancellation).ConfigureAwait(false))
        {
            if (update.AdditionalProperties?.TryGetValue(ResponseProperties.PromptTokens, out int tokens) == true) request.Prompt.Tokens = tokens;
            if (reader.Take(update) is { } piece) yield return piece;
        }

        yield return reader.End();
    }

    private static async IAsyncEnumerable<AnswerPiece> ContinueAsync(LoadedModel served, GenerationRequest request, int choice, [EnumeratorCancellation] CancellationToken cancellation)
    {
        Generation generation = served.Model.Engine.Submit(request);
        List<GenerationStep> silent = []; // tokens that have brought no text yet
        await foreach (GenerationStep step in generation.ReadAsync(cancellation).ConfigureAwait(false))
        {
            if (request.Sampling.Logprobs && step.Id != GenerationStep.NoToken) silent.Add(step);
            if (step.Text.Length == 0) continue;

            yield return new AnswerPiece(choice, step.Text, [], silent, null);
            silent = [];
        }

        cancellation.ThrowIfCancellationRequested();
        ObjectDisposedException.ThrowIf(generation.FinishReason == FinishReason.Cancelled, served.Model);
        yield return new AnswerPiece(choice, "", [], silent, new AnswerEnd(
            generation.FinishReason == FinishReason.Stop ? ChatFinishReason.Stop : ChatFinishReason.Length,
            generation.PromptTokens, generation.CachedTokens, generation.CompletionTokens, generation.StopString, generation.Seed, generation.PromptTime, generation.DecodeTime)
        {
            AcceptedDraftTokens = generation.AcceptedDraftTokens,
            RejectedDraftTokens = generation.RejectedDraftTokens,
        });
    }

    private static async IAsyncEnumerable<AnswerPiece> Merge(int choices, Func<int, CancellationToken, IAsyncEnumerable<AnswerPiece>> start, CancellationTokenSource stop)
    {
        Channel<AnswerPiece> channel = Channel.CreateUnbounded<AnswerPiece>();
        Task all = Task.WhenAll(Enumerable.Range(0, choices).Select(FeedAsync));
        Task closing = all.ContinueWith(t => channel.Writer.TryComplete(t.Exception?.InnerException), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        try
        {
            await foreach (AnswerPiece piece in channel.Reader.ReadAllAsync(CancellationToken.None).ConfigureAwait(false)) yield return piece;
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false); // a reader that leaves early wants none of the others
            await closing.ConfigureAwait(false);
        }

        async Task FeedAsync(int choice)
        {
            try
            {
                await foreach (AnswerPiece piece in start(choice, stop.Token).ConfigureAwait(false)) channel.Writer.TryWrite(piece);
            }
            catch (Exception error)
            {
                channel.Writer.TryComplete(error); // the first to fail is the one to be told of
                await stop.CancelAsync().ConfigureAwait(false);
            }
        }
    }

    /// <summary>Ends the guarding of a request.</summary>
    private sealed class Guards(IReadOnlyList<GuardedAnswers?> guards) : IDisposable
    {
        public void Dispose()
        {
            foreach (GuardedAnswers? guard in guards) guard?.Dispose();
        }
    }

    private sealed class Collected
    {
        private readonly StringBuilder _text = new();
        private readonly List<FunctionCallContent> _calls = [];
        private readonly List<GenerationStep> _steps = [];
        private AnswerEnd? _end;

        internal void Add(AnswerPiece piece)
        {
            _text.Append(piece.Text);
            _calls.AddRange(piece.Calls);
            _steps.AddRange(piece.Steps);
            _end = piece.End ?? _end;
        }

        internal Answer ToAnswer() => new(_text.ToString(), _calls, _steps, _end ?? throw new InvalidOperationException("The answer has no end."));
    }
}
