using Microsoft.Extensions.AI;
using Puna.Chat.Templates;
using Puna.Engine;
using Puna.Tests.Models;

namespace Puna.Tests.Library;

public sealed class PunaChatClientTests(TinyChatFixture fixture) : IClassFixture<TinyChatFixture>
{
    private static readonly ChatMessage[] Hello = [new(ChatRole.User, "hello")];

    [Fact]
    public async Task Streams_a_piece_an_update_and_ends_with_reason_and_counts()
    {
        List<ChatResponseUpdate> updates = await fixture.Client.GetStreamingResponseAsync(Hello, TinyChatFixture.Short()).ToListAsync();

        Assert.Equal(ChatRole.Assistant, updates[0].Role);
        Assert.All(updates[1..], u => Assert.Null(u.Role));
        Assert.All(updates, u =>
        {
            Assert.Equal(updates[0].ResponseId, u.ResponseId);
            Assert.Equal(updates[0].MessageId, u.MessageId);
            Assert.Equal(updates[0].CreatedAt, u.CreatedAt);
            Assert.Equal("Tiny Llama 4", u.ModelId);
        });
        Assert.NotNull(updates[0].ResponseId);
        Assert.NotNull(updates[0].CreatedAt);
        Assert.All(updates[..^1], u =>
        {
            Assert.NotEqual("", Assert.IsType<TextContent>(Assert.Single(u.Contents)).Text);
            Assert.Null(u.FinishReason);
        });

        ChatResponseUpdate last = updates[^1];
        UsageDetails usage = Assert.IsType<UsageContent>(Assert.Single(last.Contents)).Details;
        Assert.Equal(ChatFinishReason.Length, last.FinishReason);
        Assert.Equal(fixture.Model.EncodeChat([new TemplateMessage("user", "hello")]).Length, usage.InputTokenCount);
        Assert.Equal(8, usage.OutputTokenCount);
        Assert.Equal(usage.InputTokenCount + 8, usage.TotalTokenCount);
        Assert.Equal(1UL, last.AdditionalProperties![ResponseProperties.Seed]);
        Assert.IsType<TimeSpan>(last.AdditionalProperties[ResponseProperties.PromptTime]);
        Assert.IsType<TimeSpan>(last.AdditionalProperties[ResponseProperties.DecodeTime]);
    }

    [Fact]
    public async Task The_whole_answer_is_what_is_streamed()
    {
        string streamed = string.Concat(await fixture.Client.GetStreamingResponseAsync(Hello, TinyChatFixture.Short(30)).Select(u => u.Text).ToListAsync());

        ChatResponse response = await fixture.Client.GetResponseAsync(Hello, TinyChatFixture.Short(30));

        Assert.Equal(streamed, response.Text);
        Assert.Equal(ChatRole.Assistant, Assert.Single(response.Messages).Role);
        Assert.Equal(ChatFinishReason.Length, response.FinishReason);
        Assert.Equal(30, response.Usage!.OutputTokenCount);
        Assert.Equal("Tiny Llama 4", response.ModelId);
        Assert.NotNull(response.ResponseId);
        Assert.NotNull(response.CreatedAt);
        Assert.Equal(1UL, response.AdditionalProperties![ResponseProperties.Seed]);
    }

    [Fact]
    public async Task An_answer_can_go_back_into_the_conversation_and_is_not_computed_again()
    {
        using PunaModel model = PunaModel.Load(fixture.Files.Llama4, TinyModelFolder.OneThread); // an engine whose kept caches nobody else takes
        using PunaChatClient client = model.AsChatClient();
        List<ChatMessage> messages = [.. Hello];
        ChatResponse first = await client.GetResponseAsync(messages, TinyChatFixture.Short());
        messages.AddMessages(first);
        messages.Add(new ChatMessage(ChatRole.User, "and you?"));

        ChatResponse second = await client.GetResponseAsync(messages, TinyChatFixture.Short());

        Assert.Equal(0, first.Usage!.CachedInputTokenCount);
        Assert.InRange(second.Usage!.CachedInputTokenCount!.Value, first.Usage.InputTokenCount!.Value, second.Usage.InputTokenCount!.Value - 1);
    }

    [Fact]
    public async Task Concurrent_callers_get_what_they_would_get_alone()
    {
        const int Callers = 24;
        Task<ChatResponse> Ask(int i) => fixture.Client.GetResponseAsync($"hello number {i} and {new string('x', i * 5)}", TinyChatFixture.Short(6 + i % 7, seed: i));

        ChatResponse[] together = await Task.WhenAll(Enumerable.Range(0, Callers).Select(i => Task.Run(() => Ask(i))));

        for (int i = 0; i < Callers; i++) Assert.Equal((await Ask(i)).Text, together[i].Text);
    }

    [Fact]
    public async Task Greedy_answers_of_callers_side_by_side_are_those_of_a_model_that_does_one_thing_at_a_time()
    {
        const int Callers = 16;
        ChatOptions greedy = new() { Temperature = 0, MaxOutputTokens = 24 };
        string[] prompts = [.. Enumerable.Range(0, Callers).Select(i => $"the hello number {i} {new string('y', i * 7)}")];
        List<string> alone = [];
        using (PunaModel one = PunaModel.Load(fixture.Files.Llama4, TinyModelFolder.OneThread with { MaxSequences = 1, RetainedSequences = 0 }))
        {
            foreach (string prompt in prompts) alone.Add((await one.AsChatClient().GetResponseAsync(prompt, greedy)).Text);
        }

        ChatResponse[] together = await Task.WhenAll(prompts.Select(p => Task.Run(() => fixture.Client.GetResponseAsync(p, greedy))));

        Assert.Equal(alone, together.Select(r => r.Text));
        Assert.True(alone.Distinct().Count() > Callers / 2, "the prompts are to differ in their answers");
    }

    [Fact]
    public async Task Cancellation_ends_the_answer_and_the_computation()
    {
        using CancellationTokenSource source = new();
        using PunaModel model = PunaModel.Load(fixture.Files.Llama4, TinyModelFolder.OneThread with { ContextLength = 1_000_000, MaxSequences = 1 });
        using PunaChatClient client = model.AsChatClient();
        ChatOptions endless = TinyChatFixture.Short(900_000);
        endless.RawRepresentationFactory = _ => new GenerationRequest { Prompt = [], IgnoreEndOfGeneration = true };

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (ChatResponseUpdate _ in client.GetStreamingResponseAsync(Hello, endless, source.Token)) await source.CancelAsync();
        });

        // One sequence at a time: this could never start if the first were still running.
        Assert.Equal(3, (await client.GetResponseAsync(Hello, TinyChatFixture.Short(3))).Usage!.OutputTokenCount);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.GetResponseAsync(Hello, endless, source.Token));
    }

    [Fact]
    public async Task Disposing_the_model_while_it_answers_is_an_error_not_an_end()
    {
        PunaModel model = PunaModel.Load(fixture.Files.Llama4, TinyModelFolder.OneThread with { ContextLength = 1_000_000 });
        PunaChatClient client = model.AsChatClient(ownsModel: true);
        ChatOptions endless = TinyChatFixture.Short(900_000);
        endless.RawRepresentationFactory = _ => new GenerationRequest { Prompt = [], IgnoreEndOfGeneration = true };

        await Assert.ThrowsAsync<ObjectDisposedException>(async () =>
        {
            await foreach (ChatResponseUpdate _ in client.GetStreamingResponseAsync(Hello, endless)) client.Dispose();
        });
        await Assert.ThrowsAsync<ObjectDisposedException>(() => client.GetResponseAsync(Hello));
    }

    [Fact]
    public async Task Disposing_a_client_leaves_a_model_that_is_not_its_own()
    {
        fixture.Model.AsChatClient().Dispose();

        Assert.Equal(2, (await fixture.Client.GetResponseAsync(Hello, TinyChatFixture.Short(2))).Usage!.OutputTokenCount);
    }

    [Fact]
    public void Tells_what_it_is()
    {
        IChatClient client = fixture.Client;

        ChatClientMetadata metadata = client.GetRequiredService<ChatClientMetadata>();
        Assert.Equal("puna", metadata.ProviderName);
        Assert.Equal("Tiny Llama 4", metadata.DefaultModelId);
        Assert.Same(fixture.Model, client.GetService<PunaModel>());
        Assert.Same(fixture.Model.Engine, client.GetService<InferenceEngine>());
        Assert.Same(client, client.GetService<PunaChatClient>());
        Assert.Same(client, client.GetService<IChatClient>());
        Assert.Null(client.GetService<string>());
        Assert.Null(client.GetService<PunaModel>("key"));
    }

    public static TheoryData<AIContent> ForeignContents =>
    [
        new DataContent(new byte[] { 1 }, "image/png"), new UriContent("https://example.org/a.png", "image/png"), new FunctionCallContent("1", "f"),
        new FunctionResultContent("1", "x"), new TextReasoningContent("hm"), new ErrorContent("no"),
    ];

    [Theory, MemberData(nameof(ForeignContents), DisableDiscoveryEnumeration = true)]
    public async Task Content_that_is_not_text_is_refused_by_place_and_kind(AIContent content)
    {
        ChatMessage[] messages = [.. Hello, new(ChatRole.Assistant, "yes?"), new(ChatRole.User, [new TextContent("look: "), content])];

        UnsupportedChatFeatureException error = await Assert.ThrowsAsync<UnsupportedChatFeatureException>(() => fixture.Client.GetResponseAsync(messages));

        Assert.Equal($"messages[2].Contents[1] ({content.GetType().Name})", error.Member);
        Assert.StartsWith(error.Member, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_role_that_no_template_knows_is_refused()
    {
        UnsupportedChatFeatureException error = await Assert.ThrowsAsync<UnsupportedChatFeatureException>(
            () => fixture.Client.GetResponseAsync([new ChatMessage(new ChatRole("moderator"), "hush")]));

        Assert.Equal("messages[0].Role", error.Member);
    }

    [Fact]
    public async Task No_message_is_refused()
    {
        await Assert.ThrowsAsync<ArgumentException>(() => fixture.Client.GetResponseAsync([]));
    }

    [Fact]
    public async Task A_model_without_a_template_of_its_own_answers_in_the_format_of_its_tokens()
    {
        using PunaModel model = PunaModel.Load(fixture.Files.Path("bare.gguf", TinyModel.Llama with { ChatTemplate = null }), TinyModelFolder.OneThread);
        using PunaChatClient client = model.AsChatClient();

        Assert.Equal(4, (await client.GetResponseAsync(Hello, TinyChatFixture.Short(4))).Usage!.OutputTokenCount);
    }
}
