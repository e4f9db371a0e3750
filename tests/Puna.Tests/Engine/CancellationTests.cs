using Puna.Engine;

namespace Puna.Tests.Engine;

public sealed class CancellationTests(EngineFixture fixture) : IClassFixture<EngineFixture>
{
    // Far more tokens than any of these tests wait for.
    private const int Endless = 100_000;

    private static readonly EngineOptions Long = new() { ContextLength = 2 * Endless, MaxSequences = 1, RetainedSequences = 0 };

    [Fact]
    public async Task A_request_cancelled_in_line_ends_without_a_token()
    {
        using InferenceEngine engine = fixture.Start(Long);
        Generation running = engine.Submit(fixture.Request("hello", Endless)), waiting = engine.Submit(fixture.Request("hello", 5));

        waiting.Cancel();
        EngineFixture.Answer answer = await EngineFixture.ReadAsync(waiting); // ends although the other never does

        Assert.Empty(answer.Ids);
        Assert.Equal(FinishReason.Cancelled, waiting.FinishReason);
        Assert.Null(running.FinishReason);
    }

    [Fact]
    public async Task A_request_cancelled_while_it_runs_ends_and_makes_room_for_the_next()
    {
        using InferenceEngine engine = fixture.Start(Long);
        Generation running = engine.Submit(fixture.Request("hello", Endless)), next = engine.Submit(fixture.Request("hello", 5));
        await foreach (GenerationStep _ in running.ReadAsync()) running.Cancel();

        Assert.Equal(FinishReason.Cancelled, running.FinishReason);
        Assert.InRange(running.CompletionTokens, 1, Endless - 1);
        Assert.Equal(5, (await EngineFixture.ReadAsync(next)).Ids.Length);
    }

    [Fact]
    public async Task A_reader_that_leaves_cancels()
    {
        using InferenceEngine engine = fixture.Start(Long);
        Generation left = engine.Submit(fixture.Request("hello", Endless)), next = engine.Submit(fixture.Request("hello", 5));
        await foreach (GenerationStep _ in left.ReadAsync()) break;

        Assert.Equal(5, (await EngineFixture.ReadAsync(next)).Ids.Length);
        Assert.Equal(FinishReason.Cancelled, left.FinishReason);
    }

    [Fact]
    public async Task A_cancelled_token_ends_reading_and_the_generation()
    {
        using InferenceEngine engine = fixture.Start(Long);
        using CancellationTokenSource source = new();
        Generation left = engine.Submit(fixture.Request("hello", Endless)), next = engine.Submit(fixture.Request("hello", 5));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (GenerationStep _ in left.ReadAsync(source.Token)) await source.CancelAsync();
        });

        Assert.Equal(5, (await EngineFixture.ReadAsync(next)).Ids.Length);
        Assert.Equal(FinishReason.Cancelled, left.FinishReason);
    }

    [Fact]
    public async Task Cancelling_after_the_end_changes_nothing()
    {
        using InferenceEngine engine = fixture.Start(Long);
        EngineFixture.Answer answer = await EngineFixture.ReadAsync(engine.Submit(fixture.Request("hello", 5)));

        answer.Generation.Cancel();
        await EngineFixture.ReadAsync(engine.Submit(fixture.Request("hello", 5)));

        Assert.Equal(FinishReason.Length, answer.Generation.FinishReason);
    }

    [Fact]
    public async Task Disposing_ends_running_and_waiting_requests_as_cancelled()
    {
        InferenceEngine engine = fixture.Start(Long);
        Generation running = engine.Submit(fixture.Request("hello", Endless)), waiting = engine.Submit(fixture.Request("hello", 5));
        await using IAsyncEnumerator<GenerationStep> steps = running.ReadAsync().GetAsyncEnumerator();
        Assert.True(await steps.MoveNextAsync());

        engine.Dispose();

        while (await steps.MoveNextAsync()) Assert.NotEqual("", steps.Current.Text + steps.Current.Id);
        await EngineFixture.ReadAsync(waiting);
        Assert.Equal(FinishReason.Cancelled, running.FinishReason);
        Assert.Equal(FinishReason.Cancelled, waiting.FinishReason);
        Assert.Throws<ObjectDisposedException>(() => engine.Submit(fixture.Request("hello", 5)));
        engine.Dispose(); // a second time is harmless
    }
}
