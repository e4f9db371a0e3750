using Microsoft.Extensions.AI;
using Puna.Engine;
using Puna.Safety.Policy;
using Puna.Safety.Scanning;
using Puna.Safety.Streams;

namespace Puna.Tests.Safety.Streams;

public sealed class SafetyChatClientTests
{
    private static readonly ChatMessage[] Question = [new(ChatRole.User, "hello")];

    [Fact]
    public async Task Streamed_and_whole_answers_are_the_same_wherever_the_verdict_turns()
    {
        Random random = new(19);
        for (int trial = 0; trial < 200; trial++)
        {
            string answer = GuardedAnswers.Answer(random, random.Next(1, 300));
            int bad = random.Next(2) == 0 ? int.MaxValue : random.Next(answer.Length + 1);
            SafetyGuard guard = GuardedAnswers.Guard(new FakeScanner((input, _) => input.Text.Length >= bad ? [new Finding("x", 1, 0, 1)] : []), new StreamSettings(StreamMode.Gated, random.Next(16, 300)));
            ChatResponse whole = await new ScriptedClient(GuardedAnswers.Chunks(random, answer, 40)).AsBuilder().UsePunaSafety(guard).Build().GetResponseAsync(Question);
            ScriptedClient inner = new(GuardedAnswers.Chunks(random, answer, 3));
            List<ChatResponseUpdate> updates = [];
            await foreach (ChatResponseUpdate update in new SafetyChatClient(inner, guard).GetStreamingResponseAsync(Question)) updates.Add(update);

            Assert.Equal(whole.Text, string.Concat(updates.Select(u => u.Text)));
            Assert.Equal(whole.FinishReason, updates[^1].FinishReason);
            bool refused = answer.Length >= bad;
            Assert.Equal(refused ? ChatFinishReason.ContentFilter : ChatFinishReason.Stop, whole.FinishReason);
            Assert.All(updates.SkipLast(1), u => Assert.Null(u.FinishReason));
            Assert.True(inner.Left); // the inner answer was ended, too
            SafetyReport report = (SafetyReport)updates[^1].AdditionalProperties![SafetyChatClient.ReportProperty]!;
            Assert.Equal(refused ? ["x"] : null, report.Refusal?.Reasons);
            if (!refused) Assert.Equal((answer, 7L), (whole.Text, whole.Usage!.OutputTokenCount));
        }
    }

    [Fact]
    public async Task Who_disconnects_gets_nothing_more()
    {
        Random random = new(23);
        for (int trial = 0; trial < 100; trial++)
        {
            string answer = GuardedAnswers.Answer(random, 200);
            int judged = 0, leaveAt = random.Next(1, 12);
            using CancellationTokenSource left = new();
            SafetyGuard guard = GuardedAnswers.Guard(new FakeScanner((input, stop) =>
            {
                if (--leaveAt == 0) left.Cancel();
                stop.ThrowIfCancellationRequested();
                judged = Math.Max(judged, input.Text.Length);
                return [];
            }), new StreamSettings(StreamMode.Gated, 64));
            ScriptedClient inner = new(GuardedAnswers.Chunks(random, answer, 20));
            string got = "";
            try
            {
                await foreach (ChatResponseUpdate update in new SafetyChatClient(inner, guard).GetStreamingResponseAsync(Question, null, left.Token)) got += update.Text;
            }
            catch (OperationCanceledException)
            {
                Assert.True(got.Length <= judged);
                Assert.True(inner.Left);
                continue;
            }

            Assert.Equal(answer, got);
        }
    }

    [Fact]
    public async Task A_refused_message_never_reaches_the_model_and_a_redacted_one_reaches_it_redacted()
    {
        using SafetyPolicy unused = SafetyPolicy.Parse("""{"version":1,"roles":{"user":[{"scanner":"personal-data","action":"redact","categories":{"iban":{"action":"block"}}}],"tool":[{"scanner":"secrets"}],"system":[{"scanner":"secrets"}]}}""");
        SafetyGuard guard = new(new PolicyHost(unused));
        ScriptedClient inner = new(["fine"]);
        SafetyChatClient client = new(inner, guard);

        ChatResponse answer = await client.GetResponseAsync([new(ChatRole.User, [new TextContent("I am jo@mail.example"), new TextContent(", call +49 30 901820")])], new ChatOptions { Instructions = "Be kind." });
        Assert.Equal("fine", answer.Text);
        Assert.Equal(["I am [email]", ", call [phone]"], inner.Messages!.Single(m => m.Role == ChatRole.User).Contents.Cast<TextContent>().Select(c => c.Text));
        Assert.Equal("Be kind.", inner.Options!.Instructions);
        await client.GetResponseAsync([new(ChatRole.User, [new TextContent("I am jo@ma"), new TextContent("il.example, hello")]) { AuthorName = "al@mail.example" }]);
        ChatMessage split = inner.Messages!.Single(m => m.Role == ChatRole.User);
        Assert.Equal(["I am [email]", ", hello"], split.Contents.Cast<TextContent>().Select(c => c.Text));
        Assert.Equal("[email]", split.AuthorName);

        foreach (ChatMessage[] refused in (ChatMessage[][])
        [
            [new(ChatRole.User, "GB82WEST12345698765432")],
            [new(ChatRole.User, "GB82WEST12345698765432"), new(ChatRole.Assistant, "No."), new(ChatRole.User, "go on")], // wherever it stands
            [new(ChatRole.User, "look"), new(ChatRole.Assistant, [new FunctionCallContent("1", "f", new Dictionary<string, object?>())]), new(ChatRole.Tool, [new FunctionResultContent("1", "password=Tr0ub4dor99")])],
        ])
        {
            inner.Messages = null;
            ChatResponse response = await client.GetResponseAsync(refused);
            Assert.Null(inner.Messages);
            Assert.Equal((ChatFinishReason.ContentFilter, ""), (response.FinishReason, response.Text));
            Assert.NotEmpty(((SafetyReport)response.AdditionalProperties![SafetyChatClient.ReportProperty]!).Refusal!.Reasons);
        }

        Assert.Equal(ChatFinishReason.ContentFilter, (await client.GetResponseAsync(Question, new ChatOptions { Instructions = "password=Tr0ub4dor99" })).FinishReason);
    }

    [Fact]
    public async Task A_conversation_is_judged_once_and_only_what_is_new_of_it_again()
    {
        int scans = 0;
        SafetyGuard guard = GuardedAnswers.Guard(new FakeScanner((_, _) =>
        {
            scans++;
            return [];
        }), new StreamSettings(), role: "user");
        SafetyChatClient client = new(new ScriptedClient(["fine"]), guard);
        List<ChatMessage> messages = [];
        for (int turn = 0; turn < 5; turn++)
        {
            messages.Add(new ChatMessage(ChatRole.User, $"question {turn}"));
            messages.Add(new ChatMessage(ChatRole.Assistant, (await client.GetResponseAsync(messages)).Text));
        }

        Assert.Equal(5, scans);
        messages[0] = new ChatMessage(ChatRole.User, "another beginning"); // what stands behind it means something else now
        messages.RemoveAt(messages.Count - 1);
        await client.GetResponseAsync(messages);
        Assert.Equal(10, scans);
    }

    [Fact]
    public async Task A_person_may_agree_to_what_needs_review()
    {
        foreach (bool agrees in (bool[])[true, false])
        {
            SafetyGuard guard = GuardedAnswers.Guard(new FakeScanner((_, _) => [new Finding("x", 1, 0, 1)]), new StreamSettings(), PolicyAction.Review, "user");
            SafetyGuard asking = GuardedAnswers.Guard(new FakeScanner((_, _) => [new Finding("x", 1, 0, 1)]), new StreamSettings(), PolicyAction.Review, "user", (_, _) => new ValueTask<bool>(agrees));
            Assert.Equal(ChatFinishReason.ContentFilter, (await new SafetyChatClient(new ScriptedClient(["fine"]), guard).GetResponseAsync(Question)).FinishReason);
            Assert.Equal(agrees ? ChatFinishReason.Stop : ChatFinishReason.ContentFilter, (await new SafetyChatClient(new ScriptedClient(["fine"]), asking).GetResponseAsync(Question)).FinishReason);
        }
    }

    /// <summary>Answers with pieces that a test wrote, each with a token of log-probabilities.</summary>
    private sealed class ScriptedClient(IReadOnlyList<string> pieces) : IChatClient
    {
        internal IReadOnlyList<ChatMessage>? Messages { get; set; }

        internal ChatOptions? Options { get; private set; }

        /// <summary>Whoever read the answer has left it, or read it to its end.</summary>
        internal bool Left { get; private set; }

        public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) => throw new InvalidOperationException("answers are streamed");

        public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            (Messages, Options) = ([.. messages], options);
            try
            {
                foreach (string piece in pieces)
                {
                    await Task.Yield();
                    cancellationToken.ThrowIfCancellationRequested();
                    yield return new ChatResponseUpdate(ChatRole.Assistant, piece) { AdditionalProperties = new AdditionalPropertiesDictionary { [ResponseProperties.Logprobs] = (IReadOnlyList<GenerationStep>)[] } };
                }

                yield return new ChatResponseUpdate(null, [new UsageContent(new UsageDetails { OutputTokenCount = 7 })]) { FinishReason = ChatFinishReason.Stop, AdditionalProperties = new AdditionalPropertiesDictionary { [ResponseProperties.Seed] = 1UL } };
            }
            finally
            {
                Left = true;
            }
        }

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }
    }
}
