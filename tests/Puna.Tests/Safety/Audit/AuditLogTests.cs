using System.Text.Json;
using Microsoft.Extensions.AI;
using Puna.Safety.Audit;
using Puna.Safety.Policy;
using Puna.Safety.Scanning;
using Puna.Safety.Streams;
using Puna.Tests.Formats;

namespace Puna.Tests.Safety.Audit;

public sealed class AuditLogTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Records_go_on_in_a_chain_over_files_and_processes()
    {
        for (int run = 0; run < 3; run++)
        {
            using AuditLog log = AuditLog.Open(_folder.Root, new AuditOptions { MaxFileBytes = 1024 });
            for (int i = 0; i < 20; i++) log.Append("test", writer => writer.WriteNumber("i", i));
        }

        AuditVerification found = AuditVerification.Of(_folder.Root);
        Assert.Null(found.Problem);
        Assert.Equal((60, 1, 60), (found.Records, found.First, found.Last));
        Assert.True(found.Files > 5);
        Assert.All(AuditLine.Files(_folder.Root), file => Assert.True(new FileInfo(file.Path).Length <= 1024));
    }

    [Fact]
    public void Old_files_are_let_go_and_the_rest_still_holds()
    {
        using AuditLog log = AuditLog.Open(_folder.Root, new AuditOptions { MaxFileBytes = 1024, KeepFiles = 2 });
        for (int i = 0; i < 40; i++) log.Append("test", writer => writer.WriteNumber("i", i));

        AuditVerification found = AuditVerification.Of(_folder.Root);
        Assert.Null(found.Problem);
        Assert.Equal(2, found.Files);
        Assert.True(found.First > 1);
        string[] lines = File.ReadAllLines(AuditLine.Files(_folder.Root)[^1].Path);
        Assert.Contains("\"event\":\"let-go\"", lines[0], StringComparison.Ordinal);
        Assert.Contains("\"i\":39,", lines[^1], StringComparison.Ordinal);

        File.Delete(AuditLine.Files(_folder.Root)[0].Path); // somebody else's doing
        Assert.Contains("no record says that it was let go", AuditVerification.Of(_folder.Root).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Cut_off_ends_are_found()
    {
        using (AuditLog log = AuditLog.Open(_folder.Root))
        {
            for (int i = 0; i < 5; i++) log.Append("test", writer => writer.WriteNumber("i", i));
        }

        string path = AuditLine.Files(_folder.Root)[0].Path, hash = AuditVerification.Of(_folder.Root).Hash;
        string[] lines = File.ReadAllLines(path);
        using (AuditLog log = AuditLog.Open(_folder.Root)) log.Append("later", _ => { });
        Assert.Null(AuditVerification.Of(_folder.Root, hash.ToUpperInvariant()).Problem);

        File.WriteAllLines(path, lines.SkipLast(1));
        Assert.Null(AuditVerification.Of(_folder.Root).Problem); // of itself the chain cannot tell
        Assert.Contains(hash, AuditVerification.Of(_folder.Root, hash).Problem, StringComparison.Ordinal);
        File.WriteAllLines(path, lines.Skip(2));
        Assert.Contains("before 3 are missing", AuditVerification.Of(_folder.Root).Problem, StringComparison.Ordinal);
        File.WriteAllText(path, "");
        Assert.NotNull(AuditVerification.Of(_folder.Root, hash).Problem);
    }

    [Fact]
    public async Task What_a_person_decides_and_what_ends_is_recorded()
    {
        using (AuditLog log = AuditLog.Open(_folder.Root))
        {
            using SafetyPolicy policy = SafetyPolicy.Parse("""{"version":1,"roles":{"user":[{"scanner":"personal-data","action":"review"}],"assistant":[{"scanner":"personal-data","action":"redact"}]}}""");
            bool agrees = true;
            SafetyGuard guard = new(new PolicyHost(policy), log, (_, _) => new ValueTask<bool>(agrees));
            foreach (bool agreed in (bool[])[true, false])
            {
                agrees = agreed;
                using SafetySession session = guard.Begin("req");
                await session.JudgeAsync([new ChatMessage(ChatRole.User, "jo@mail.example")]);
            }

            using SafetySession other = guard.Begin("req");
            await other.Answer([]).AddCallAsync(new FunctionCallContent("1", "send", new Dictionary<string, object?> { ["to"] = "jo@mail.example" })); // no JSON can be redacted
        }

        string[] lines = File.ReadAllLines(AuditLine.Files(_folder.Root)[0].Path);
        Assert.Equal(7, lines.Length);
        foreach ((int line, string text) in ((int, string)[])[(1, "\"review\",\"request\":\"req\",\"subject\":\"message\",\"agreed\":true"), (3, "\"agreed\":false"), (4, "\"ended\",\"request\":\"req\",\"subject\":\"message\",\"action\":\"review\""), (6, "\"ended\",\"request\":\"req\",\"subject\":\"answer\",\"action\":\"redact\"")])
            Assert.Contains(text, lines[line], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_message_that_is_a_secret_and_nothing_else_is_in_no_excerpt()
    {
        using SafetyPolicy policy = SafetyPolicy.Parse("""{"version":1,"roles":{"user":[{"scanner":"personal-data"}]}}""");
        const string Words = "jo@mail.example";
        PolicyDecision decision = await policy.EvaluateAsync(new ScanInput("user", Words), CancellationToken.None);
        using (AuditLog log = AuditLog.Open(_folder.Root, new AuditOptions { ExcerptCharacters = 40 })) log.Record("req-1", "message", Words, decision);
        Assert.Contains("\"excerpt\":\"[email]\"", File.ReadAllText(AuditLine.Files(_folder.Root)[0].Path), StringComparison.Ordinal);
    }

    [Fact]
    public void Whatever_is_changed_left_out_or_moved_is_found()
    {
        using (AuditLog log = AuditLog.Open(_folder.Root, new AuditOptions { MaxFileBytes = 4096 }))
        {
            for (int i = 0; i < 40; i++) log.Append("test", writer => writer.WriteNumber("i", i));
        }

        string second = AuditLine.Files(_folder.Root)[1].Path;
        byte[] sound = File.ReadAllBytes(second);
        Random random = new(7);
        for (int i = 0; i < 300; i++)
        {
            byte[] changed = [.. sound];
            int at = random.Next(changed.Length - 1); // the line feed at the end is told of as an unfinished line
            changed[at] ^= (byte)(1 << random.Next(8));
            File.WriteAllBytes(second, changed);
            Assert.True(AuditVerification.Of(_folder.Root).Problem is not null, $"byte {at} was changed to {changed[at]}");
        }

        string[] lines = System.Text.Encoding.UTF8.GetString(sound).TrimEnd('\n').Split('\n');
        foreach (IEnumerable<string> forged in (IEnumerable<string>[])[lines.Skip(1), lines.Take(1).Concat(lines.Skip(2)), lines.Reverse(), lines.Append(lines[^1]), lines.SkipLast(1)])
        {
            File.WriteAllText(second, string.Join('\n', forged) + "\n");
            Assert.NotNull(AuditVerification.Of(_folder.Root).Problem);
        }

        File.WriteAllBytes(second, sound);
        Assert.Null(AuditVerification.Of(_folder.Root).Problem);
        File.Delete(second);
        Assert.Contains("missing", AuditVerification.Of(_folder.Root).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unfinished_line_is_taken_off_at_every_length_and_told_of()
    {
        using (AuditLog log = AuditLog.Open(_folder.Root)) log.Append("first", _ => { });
        string path = AuditLine.Files(_folder.Root)[0].Path;
        byte[] one = File.ReadAllBytes(path);
        using (AuditLog log = AuditLog.Open(_folder.Root)) log.Append("second", _ => { });
        byte[] two = File.ReadAllBytes(path);
        for (int length = 0; length < two.Length; length += 7)
        {
            File.WriteAllBytes(path, two[..length]);
            int whole = length < one.Length ? 0 : one.Length;
            Assert.Equal(length - whole, AuditVerification.Of(_folder.Root).UnfinishedBytes);
            using (AuditLog log = AuditLog.Open(_folder.Root)) log.Append("third", _ => { });

            AuditVerification found = AuditVerification.Of(_folder.Root);
            Assert.Null(found.Problem);
            Assert.Equal((whole > 0 ? 1 : 0) + (length > whole ? 1 : 0) + 1, found.Records);
        }
    }

    [Fact]
    public void Damaged_records_are_not_continued_and_a_folder_has_one_writer()
    {
        using (AuditLog log = AuditLog.Open(_folder.Root))
        {
            log.Append("first", _ => { });
            Assert.Contains("another process", Assert.Throws<AuditException>(() => AuditLog.Open(_folder.Root)).Message, StringComparison.Ordinal);
        }

        string path = AuditLine.Files(_folder.Root)[0].Path;
        File.WriteAllText(path, File.ReadAllText(path).Replace("first", "fjrst", StringComparison.Ordinal));
        Assert.Contains("was changed", Assert.Throws<AuditException>(() => AuditLog.Open(_folder.Root)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_decision_is_recorded_without_its_text_unless_excerpts_are_asked_for()
    {
        using SafetyPolicy policy = SafetyPolicy.Parse("""{"version":1,"roles":{"user":[{"scanner":"personal-data","action":"redact"},{"scanner":"secrets"}]}}""");
        const string Words = "hello jo@mail.example, password=Tr0ub4dor99 and goodbye";
        PolicyDecision decision = await policy.EvaluateAsync(new ScanInput("user", Words), CancellationToken.None);
        using (AuditLog log = AuditLog.Open(_folder.Root)) log.Record("req-1", "message", Words, decision);
        string line = File.ReadAllText(AuditLine.Files(_folder.Root)[0].Path);
        foreach (string word in (string[])["hello", "goodbye", "mail.example", "Tr0ub4dor99"]) Assert.DoesNotContain(word, line, StringComparison.Ordinal);

        using JsonDocument record = JsonDocument.Parse(line);
        Assert.Equal(("decision", "req-1", "message", "block", policy.Hash), (Text("event"), Text("request"), Text("subject"), Text("action"), Text("policy")));
        Assert.Equal(2, record.RootElement.GetProperty("rules").GetArrayLength());

        using (AuditLog log = AuditLog.Open(_folder.Root, new AuditOptions { ExcerptCharacters = 40 })) log.Record("req-2", "message", Words, decision);
        using JsonDocument second = JsonDocument.Parse(File.ReadAllLines(AuditLine.Files(_folder.Root)[0].Path)[1]);
        Assert.Equal("hello [email], password=[assigned-secret", second.RootElement.GetProperty("excerpt").GetString());

        string? Text(string name) => record.RootElement.GetProperty(name).GetString();
    }

    [Fact]
    public void Many_threads_write_one_chain()
    {
        using (AuditLog log = AuditLog.Open(_folder.Root, new AuditOptions { MaxFileBytes = 8192 }))
            Parallel.For(0, 500, i => log.Append("test", writer => writer.WriteNumber("i", i)));
        AuditVerification found = AuditVerification.Of(_folder.Root);
        Assert.Null(found.Problem);
        Assert.Equal(500, found.Records);
    }
}
