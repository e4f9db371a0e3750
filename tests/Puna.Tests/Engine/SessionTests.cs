using Puna.Engine;
using Puna.Models.Cache;

namespace Puna.Tests.Engine;

public sealed class SessionTests(EngineFixture fixture) : IClassFixture<EngineFixture>, IDisposable
{
    private readonly string _path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());

    [Fact]
    public async Task A_session_goes_on_in_another_engine_as_if_never_left()
    {
        EngineFixture.Answer first;
        int[] tokens;
        using (InferenceEngine engine = fixture.Start(new EngineOptions()))
        {
            first = await EngineFixture.ReadAsync(engine.Submit(fixture.Request("hello you and the rest of it all", 50)));
            tokens = [.. first.Generation.Request.Prompt, .. first.Ids];
            Assert.Equal(tokens.Length - 1, await engine.SaveSessionAsync(tokens, _path, fixture.Model.Fingerprint));
        }

        using InferenceEngine later = fixture.Start(new EngineOptions());
        Assert.Equal(tokens[..^1], await later.LoadSessionAsync(_path, fixture.Model.Fingerprint));
        GenerationRequest next = fixture.Request("", 10) with { Prompt = [.. tokens, .. fixture.Model.Tokenizer.Encode(" and then", addBos: false)] };
        EngineFixture.Answer answer = await EngineFixture.ReadAsync(later.Submit(next));

        Assert.Equal(tokens.Length - 1, answer.Generation.CachedTokens);
        Assert.Equal((await fixture.AloneAsync(next)).Ids, answer.Ids);
    }

    [Fact]
    public async Task Saving_what_is_not_held_writes_nothing()
    {
        using InferenceEngine engine = fixture.Start(new EngineOptions());

        Assert.Equal(0, await engine.SaveSessionAsync([1, 2, 3], _path, fixture.Model.Fingerprint));
        Assert.False(File.Exists(_path));
    }

    [Fact]
    public async Task A_session_of_another_model_is_refused_and_the_engine_goes_on()
    {
        using InferenceEngine engine = fixture.Start(new EngineOptions());
        EngineFixture.Answer first = await EngineFixture.ReadAsync(engine.Submit(fixture.Request("hello", 5)));
        await engine.SaveSessionAsync(first.Generation.Request.Prompt, _path, fixture.Model.Fingerprint);

        await Assert.ThrowsAsync<KvCacheFileException>(() => engine.LoadSessionAsync(_path, new byte[32]));
        Assert.Equal(first.Ids, (await EngineFixture.ReadAsync(engine.Submit(fixture.Request("hello", 5)))).Ids);
    }

    [Fact]
    public async Task A_disposed_engine_refuses_sessions()
    {
        InferenceEngine engine = fixture.Start(new EngineOptions());
        engine.Dispose();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => engine.SaveSessionAsync([1], _path, fixture.Model.Fingerprint));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => engine.LoadSessionAsync(_path, fixture.Model.Fingerprint));
    }

    public void Dispose() => File.Delete(_path);
}
