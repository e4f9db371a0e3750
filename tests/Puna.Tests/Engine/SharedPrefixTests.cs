using Puna.Engine;

namespace Puna.Tests.Engine;

public sealed class SharedPrefixTests(EngineFixture fixture) : IClassFixture<EngineFixture>
{
    private static readonly string System = string.Concat(Enumerable.Repeat("you and the rest in it. ", 8));

    private static readonly EngineOptions Options = new() { ContextLength = 512, MaxSequences = 8, BatchTokens = 32 };

    [Theory, InlineData(0), InlineData(2)]
    public async Task Requests_that_begin_alike_compute_it_once_and_answer_as_alone(int retained)
    {
        GenerationRequest[] requests = [.. Enumerable.Range(0, 8).Select(i => fixture.Request($"{System} hello {i} {new string('z', i * 3)}", 12, seed: (ulong)i))];
        using InferenceEngine engine = fixture.Start(Options with { RetainedSequences = retained });
        Generation[] together = [.. requests.Select(engine.Submit)];

        EngineFixture.Answer[] answers = await Task.WhenAll(together.Select(EngineFixture.ReadAsync));

        Assert.Equal(0, together[0].CachedTokens);
        for (int i = 0; i < requests.Length; i++)
        {
            if (i > 0) Assert.InRange(together[i].CachedTokens, 32, requests[i].Prompt.Count - 1); // at least the first chunk
            Assert.Equal((await fixture.AloneAsync(requests[i])).Ids, answers[i].Ids);
        }
    }

    [Fact]
    public async Task A_conversation_stays_retained_while_others_share_only_its_beginning()
    {
        GenerationRequest first = fixture.Request($"{System} {new string('a', 60)}", 4);
        using InferenceEngine engine = fixture.Start(Options with { RetainedSequences = 3 });
        EngineFixture.Answer answer = await EngineFixture.ReadAsync(engine.Submit(first));
        foreach (char c in "bc") await EngineFixture.ReadAsync(engine.Submit(fixture.Request($"{System} {new string(c, 60)}", 4)));

        GenerationRequest next = first with { Prompt = [.. first.Prompt, .. answer.Ids, .. fixture.Model.Tokenizer.Encode(" and", addBos: false)] };
        EngineFixture.Answer second = await EngineFixture.ReadAsync(engine.Submit(next));

        Assert.Equal(first.Prompt.Count + answer.Ids.Length - 1, second.Generation.CachedTokens);
        Assert.Equal((await fixture.AloneAsync(next)).Ids, second.Ids);
    }

    [Fact]
    public async Task One_that_waits_for_a_prefix_starts_when_the_other_gives_up()
    {
        GenerationRequest request = fixture.Request(System + new string('q', 150), 5);
        Generation second;
        EngineFixture.Answer answer;
        using (InferenceEngine engine = fixture.Start(Options with { MaxSequences = 8, BatchTokens = 8, RetainedSequences = 0 }))
        {
            second = await engine.DoBetweenSteps(() => // the engine's own steps do not run meanwhile
            {
                Generation first = engine.Submit(request), waiting = engine.Submit(request);
                engine.Step();
                engine.Step();
                Assert.Equal((1, 1), (engine.Status.Running, engine.Status.Waiting)); // there is room for eight: it waits for the prefix

                first.Cancel();
                engine.Step();
                Assert.Equal((1, 0), (engine.Status.Running, engine.Status.Waiting));
                Assert.Equal((FinishReason.Cancelled, 0), (first.FinishReason, first.CompletionTokens));
                return waiting;
            });
            answer = await EngineFixture.ReadAsync(second);
        }

        Assert.Equal((await fixture.AloneAsync(request)).Ids, answer.Ids);
    }
}
