using Puna.Engine;

namespace Puna.Tests.Engine;

public sealed class StatusTests(EngineFixture fixture) : IClassFixture<EngineFixture>
{
    private const int Endless = 100_000;

    private static readonly EngineOptions Options = new() { ContextLength = 2 * Endless, MaxSequences = 2, RetainedSequences = 0 };

    [Fact]
    public async Task Tells_what_runs_and_what_waits()
    {
        using InferenceEngine engine = fixture.Start(Options);
        EngineStatus status = await engine.DoBetweenSteps(() => // the engine's own steps do not run meanwhile
        {
            for (int i = 0; i < 5; i++) engine.Submit(fixture.Request("hello", Endless));
            engine.Step();
            engine.Step(); // which tells of what the first one took
            return engine.Status;
        });

        Assert.Equal((2, 3), (status.Running, status.Waiting));
        Assert.True(status.KvBytesUsed > 0);
        Assert.True(status.KvBytesAllocated >= status.KvBytesUsed);
    }

    [Fact]
    public async Task Cancelled_requests_give_every_page_back()
    {
        using InferenceEngine engine = fixture.Start(Options);
        for (int round = 0; round < 5; round++)
        {
            Generation[] all = [.. Enumerable.Range(0, 6).Select(i => engine.Submit(fixture.Request(new string('x', 1 + i * 9), Endless)))];
            await foreach (GenerationStep _ in all[0].ReadAsync()) break;
            foreach (Generation generation in all) generation.Cancel();
            foreach (Generation generation in all[1..]) await EngineFixture.ReadAsync(generation);

            await Eventually.HoldsAsync(() => engine.Status is { Running: 0, Waiting: 0, KvBytesUsed: 0 }, () => $"{engine.Status}");
        }
    }

    [Fact]
    public async Task Retained_sequences_are_told()
    {
        using InferenceEngine engine = fixture.Start(Options with { RetainedSequences = 2 });
        for (int i = 0; i < 3; i++) await EngineFixture.ReadAsync(engine.Submit(fixture.Request(new string((char)('a' + i), 40), 3)));

        await Eventually.HoldsAsync(() => engine.Status is { Running: 0, Retained: 2 }, () => $"{engine.Status}");
        EngineStatus status = engine.Status;

        Assert.True(status.KvBytesUsed > 0);
    }

    [Fact]
    public async Task Draining_lets_what_is_in_end_and_nothing_in()
    {
        using InferenceEngine engine = fixture.Start(Options);
        Generation[] all = [.. Enumerable.Range(0, 5).Select(i => engine.Submit(fixture.Request("hello", 20 + i)))];

        Task drained = engine.DrainAsync();
        Assert.Throws<ObjectDisposedException>(() => engine.Submit(fixture.Request("hello", 1)));
        await drained;

        Assert.All(all, g => Assert.Equal(FinishReason.Length, g.FinishReason));
        Assert.Equal(25 - 1, all[4].CompletionTokens);
        await engine.DrainAsync(); // a second time is harmless
    }

    [Fact]
    public async Task Draining_can_be_given_up()
    {
        using InferenceEngine engine = fixture.Start(Options);
        Generation endless = engine.Submit(fixture.Request("hello", Endless));
        using CancellationTokenSource source = new(TimeSpan.FromMilliseconds(50));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => engine.DrainAsync(source.Token));
        engine.Dispose();

        Assert.Equal(FinishReason.Cancelled, endless.FinishReason);
    }
}
