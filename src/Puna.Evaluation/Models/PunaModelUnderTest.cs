using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Puna.Chat.Templates;
using Puna.Engine;
using Puna.Engine.Constraints;
using Puna.Engine.Sampling;
using Puna.Evaluation.Grading;
using Puna.Tokenizers;

namespace Puna.Evaluation.Models;

/// <summary>A Puna model in this process: continuations are scored many at a time, texts are written by its engine. One caller at a time.</summary>
public sealed class PunaModelUnderTest : IModelUnderTest
{
    private readonly PunaModel _model;
    private readonly PunaModelUnderTestOptions _options;
    private readonly Lazy<JsonObject> _description;

    /// <param name="model">The model; outlives this.</param>
    /// <param name="options">How it is asked.</param>
    /// <exception cref="EvaluationException">The kind of the model is not given and nothing tells it.</exception>
    public PunaModelUnderTest(PunaModel model, PunaModelUnderTestOptions? options = null)
    {
        _model = model;
        _options = options ?? new PunaModelUnderTestOptions();
        ArgumentOutOfRangeException.ThrowIfLessThan(_options.Batch, 1, nameof(options.Batch));
        ArgumentOutOfRangeException.ThrowIfLessThan(_options.BatchTokens, 1, nameof(options.BatchTokens));
        Variant = ModelDescription.VariantOf(model, _options.Variant);
        _description = new Lazy<JsonObject>(() => ModelDescription.Of(model, Variant));
    }

    /// <inheritdoc/>
    public string Name => _model.Name;

    /// <inheritdoc/>
    public bool CanScore => true;

    /// <inheritdoc/>
    public bool CanPrefill => true;

    /// <inheritdoc/>
    public bool CanConstrain => true;

    /// <summary>What the model was trained to do.</summary>
    public ModelVariant Variant { get; }

    /// <inheritdoc/>
    public JsonObject Describe()
    {
        JsonObject description = (JsonObject)_description.Value.DeepClone();
        description["prompts_too_long"] = _options.TooLong == PromptTooLong.CutLeft ? "cut left" : "refused";
        return description;
    }

    private int ContextLength => _model.Options.ContextLength ?? _model.Engine.ContextLength;

    /// <inheritdoc/>
    public async IAsyncEnumerable<(int Index, ModelAnswer Answer)> AnswerAsync(IReadOnlyList<ModelRequest> requests, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        int[] scored = [.. requests.Index().Where(r => r.Item.Continuations is not null).Select(r => r.Index)];
        int[] written = [.. requests.Index().Where(r => r.Item.Continuations is null).Select(r => r.Index)];
        await foreach ((int, ModelAnswer) answer in ScoreAsync(requests, scored, cancellationToken).ConfigureAwait(false)) yield return answer;
        await foreach ((int, ModelAnswer) answer in WriteAsync(requests, written, cancellationToken).ConfigureAwait(false)) yield return answer;
    }

    /// <summary>Tokens of a prompt that is to be continued, as the model reads them.</summary>
    /// <exception cref="EvaluationException">The prompt does not begin with just one begin-of-text token where the model wants it.</exception>
    public int[] Encode(ModelRequest request)
    {
        int[] tokens = request.Prompt is { } prompt
            ? _model.Tokenizer.Encode(prompt + request.Prefill, _model.AddsBos)
            : _model.Tokenizer.Encode(
                [.. _model.RenderChat([.. request.Turns.Select(turn => new TemplateMessage(turn.Role, turn.Text))]).Segments.Select(s => new Tokenizers.PromptSegment(s.Text, s.Trusted)), new Tokenizers.PromptSegment(request.Prefill, false)],
                _model.AddsBos);
        CheckBos(tokens);
        return tokens;
    }

    /// <summary>
    /// Tokens of a context and its continuations. Spaces at the end of the context go to the continuations; context and
    /// continuation are encoded together, and what is beyond the context's own tokens is the continuation.
    /// </summary>
    internal (TokenQuestion Tokens, int Cut) EncodeScored(ModelRequest request)
    {
        if (request.Continuations is not { Count: > 0 } continuations) throw new EvaluationException("A request to score has no continuation.");
        if (request.Prompt is not { } text)
        {
            int[] chat = Encode(request); // a template ends the header itself, so nothing moves between the two
            return Fit(new TokenQuestion(chat, [.. continuations.Select(c => _model.Tokenizer.Encode(c, addBos: false))]));
        }

        text += request.Prefill;
        string context = text.TrimEnd(' '), spaces = text[context.Length..];
        int[] contextTokens = _model.Tokenizer.Encode(context, _model.AddsBos);
        if (contextTokens.Length == 0)
            contextTokens = [_model.Tokenizer.BosId ?? _model.Tokenizer.EosId ?? throw new EvaluationException("An empty context needs a begin- or end-of-text token, and the vocabulary names neither.")];
        CheckBos(contextTokens);

        int[][] rest = new int[continuations.Count][];
        for (int i = 0; i < rest.Length; i++)
        {
            int[] whole = _model.Tokenizer.Encode(context + spaces + continuations[i], _model.AddsBos);
            if (context.Length == 0 && !_model.AddsBos) whole = [.. contextTokens, .. whole];
            rest[i] = whole.Length > contextTokens.Length ? whole[contextTokens.Length..] : throw new EvaluationException($"The continuation '{continuations[i]}' adds no token to its context.");
        }

        return Fit(new TokenQuestion(contextTokens, rest));
    }

    /// <summary>Tokens of a request's prompt as it would be read, and how many its continuations have.</summary>
    internal (int[] Tokens, int Scored) Count(ModelRequest request)
    {
        if (request.Continuations is null) return (Encode(request), 0);

        TokenQuestion question = EncodeScored(request).Tokens;
        return (question.Context, question.Continuations.Sum(c => c.Length));
    }

    private (TokenQuestion, int) Fit(TokenQuestion question)
    {
        int longest = question.Continuations.Max(c => c.Length), most = ContextLength + 1 - longest; // the last token is not computed
        int over = question.Context.Length - most;
        if (over <= 0) return (question, 0);
        if (most < 2) throw new EvaluationException($"A continuation of {longest} tokens leaves no room for its prompt in a context of {ContextLength}. Raise the context length.");

        int keptBos = _model.AddsBos ? 1 : 0;
        return (question with { Context = [.. question.Context[..keptBos], .. question.Context[(keptBos + over)..]] }, over);
    }

    private void RefuseCut(IEnumerable<(int Tokens, int Cut)> prompts)
    {
        int[] cut = [.. prompts.Where(p => p.Cut > 0).Select(p => p.Tokens + p.Cut)];
        if (cut.Length > 0 && _options.TooLong == PromptTooLong.Refuse)
            throw new EvaluationException($"{cut.Length} prompts do not fit into the context of {ContextLength} tokens with room for the answer; the longest has {cut.Max()}. Raise --context, take fewer shots, or cut them with --truncate-left, which makes another score of it.");
    }

    private void CheckBos(int[] tokens)
    {
        if (!_model.AddsBos) return;

        int count = tokens.Count(id => id == _model.Tokenizer.BosId);
        if (count != 1 || tokens[0] != _model.Tokenizer.BosId)
            throw new EvaluationException($"The prompt has {count} begin-of-text tokens where it must begin with one; the first ids are {string.Join(", ", tokens.Take(8))}. Scores with none or two of them are several points off.");
    }

    private int BosTokens(int[] tokens) => tokens.Count(id => id == _model.Tokenizer.BosId);

    private async IAsyncEnumerable<(int Index, ModelAnswer Answer)> ScoreAsync(IReadOnlyList<ModelRequest> requests, int[] indices, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (indices.Length == 0) yield break;

        if (_options.Shuffle is { } seed) new Random(seed).Shuffle(indices);
        (TokenQuestion Tokens, int Cut)[] questions = [.. indices.Select(i => EncodeScored(requests[i]))];
        RefuseCut(questions.Select(q => (q.Tokens.Context.Length, q.Cut)));
        using LikelihoodScorer scorer = new(_model, _options.Batch, _options.BatchTokens);
        using IEnumerator<(int Index, ContinuationScore[] Scores)> scores = scorer.Score([.. questions.Select(q => q.Tokens)], cancellationToken).GetEnumerator();
        while (await Task.Run(scores.MoveNext, cancellationToken).ConfigureAwait(false))
        {
            (int at, ContinuationScore[] score) = scores.Current;
            TokenQuestion question = questions[at].Tokens;
            yield return (indices[at], new ModelAnswer
            {
                LogLikelihoods = [.. score.Select(s => s.LogLikelihood)],
                Greedy = [.. score.Select(s => s.Greedy)],
                ContinuationTokens = [.. question.Continuations.Select(c => c.Length)],
                FinishReason = "scored",
                PromptTokens = question.Context.Length,
                BosTokens = BosTokens(question.Context),
                TruncatedTokens = questions[at].Cut,
            });
        }
    }

    private async IAsyncEnumerable<(int Index, ModelAnswer Answer)> WriteAsync(IReadOnlyList<ModelRequest> requests, int[] indices, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (indices.Length == 0) yield break;

        // Prompts that begin alike follow one another, so that the engine finds their beginning computed.
        (int Index, int[] Tokens, int Cut)[] prompts = [.. indices.Select(i => Fit(i, requests[i]))];
        RefuseCut(prompts.Where(p => !requests[p.Index].CutsMiddle).Select(p => (p.Tokens.Length, p.Cut)));
        if (_options.Shuffle is { } seed) new Random(seed).Shuffle(prompts);
        else Array.Sort(prompts, (a, b) => a.Tokens.AsSpan().SequenceCompareTo(b.Tokens) is var c and not 0 ? c : a.Index.CompareTo(b.Index));

        Channel<(int, ModelAnswer)> answers = Channel.CreateUnbounded<(int, ModelAnswer)>();
        using SemaphoreSlim room = new(2 * _options.Batch); // enough that the engine never waits
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task submitting = SubmitAll();
        try
        {
            await foreach ((int, ModelAnswer) answer in answers.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false)) yield return answer;
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await submitting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await submitting.ConfigureAwait(false);

        async Task SubmitAll()
        {
            List<Task> running = [];
            Exception? failure = null;
            try
            {
                foreach ((int index, int[] tokens, int cut) in prompts)
                {
                    await room.WaitAsync(stop.Token).ConfigureAwait(false);
                    running.Add(Write(index, tokens, cut));
                }
            }
            catch (Exception error)
            {
                failure = error;
            }

            try
            {
                await Task.WhenAll(running).ConfigureAwait(false);
            }
            catch (Exception error)
            {
                failure ??= error;
            }

            answers.Writer.Complete(failure);
        }

        async Task Write(int index, int[] tokens, int cut)
        {
            try
            {
                ModelAnswer answer = await WriteOne(requests[index], tokens, stop.Token).ConfigureAwait(false);
                answers.Writer.TryWrite((index, answer with { TruncatedTokens = cut }));
            }
            finally
            {
                room.Release();
            }
        }
    }

    private (int Index, int[] Tokens, int Cut) Fit(int index, ModelRequest request)
    {
        int[] tokens = Encode(request);
        int room = Math.Min(request.MaxTokens, Math.Max(1, ContextLength / 4)); // a long answer ends where the context does, and is counted as cut
        int over = tokens.Length + room - ContextLength;
        if (over <= 0) return (index, tokens, 0);

        if (request.CutsMiddle)
        {
            int head = (tokens.Length - over + 1) / 2;
            return (index, [.. tokens[..head], .. tokens[(head + over)..]], over);
        }

        int keptBos = _model.AddsBos ? 1 : 0;
        return (index, [.. tokens[..keptBos], .. tokens[(keptBos + over)..]], over);
    }

    private async Task<ModelAnswer> WriteOne(ModelRequest request, int[] tokens, CancellationToken cancellationToken)
    {
        Constraint? constraint = null;
        try
        {
            if (request.JsonSchema is { } schema) constraint = Constraint.FromJsonSchema(schema);
        }
        catch (ConstraintException) // nothing is generated without it; the recipe marks schemas that are not covered
        {
            return new ModelAnswer { FinishReason = "refused", PromptTokens = tokens.Length, BosTokens = BosTokens(tokens) };
        }

        Generation generation = _model.Engine.Submit(new GenerationRequest
        {
            Constraint = constraint,
            Prompt = tokens,
            Sampling = new SamplingOptions { Temperature = request.Temperature, Seed = (ulong)request.Seed },
            MaxTokens = request.MaxTokens,
            Stop = [.. request.Stop.Where(stop => stop.Length > 0)],
        });
        StringBuilder text = new();
        await foreach (GenerationStep step in generation.ReadAsync(cancellationToken).ConfigureAwait(false)) text.Append(step.Text);
        return new ModelAnswer
        {
            Text = StopText.Cut(text.ToString(), request.Stop).Text,
            FinishReason = generation.FinishReason == FinishReason.Length ? "length" : "stop",
            PromptTokens = tokens.Length,
            CompletionTokens = generation.CompletionTokens,
            BosTokens = BosTokens(tokens),
        };
    }
}
