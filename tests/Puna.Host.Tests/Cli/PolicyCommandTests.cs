using System.Diagnostics;
using System.Text.Json;
using Puna.Tests.Formats;

namespace Puna.Host.Tests.Cli;

public sealed class PolicyCommandTests : IDisposable
{
    private const string Policy = """{"version":1,"roles":{"user":[{"scanner":"personal-data","action":"redact"},{"scanner":"secrets"}]}}""";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_policy_is_checked_and_a_message_by_it()
    {
        string path = _folder.Write("p.json", System.Text.Encoding.UTF8.GetBytes(Policy));
        PunaCommand.Result good = PunaCommand.Run("guard", "policy", path, "--json");
        Assert.Equal(0, good.ExitCode);
        Assert.True(JsonDocument.Parse(good.Output).RootElement.GetProperty("valid").GetBoolean());

        PunaCommand.Result decision = PunaCommand.Run("guard", "policy", path, "--check", "password=Tr0ub4dor99", "--json");
        Assert.Equal("block", JsonDocument.Parse(decision.Output).RootElement.GetProperty("action").GetString());
        PunaCommand.Result words = PunaCommand.Run("guard", "policy", path, "--check", "I am jo@mail.example");
        Assert.Contains("goes on as: I am [email]", words.Output, StringComparison.Ordinal);

        string bad = _folder.Write("bad.json", """{"version":1,"roles":{"user":[{"scanner":"magic"}],"boss":[]}}"""u8.ToArray());
        PunaCommand.Result refused = PunaCommand.Run("guard", "policy", bad);
        Assert.Equal((2, 2), (refused.ExitCode, refused.Error.TrimEnd().Split('\n').Length));
        Assert.Contains("/roles/boss: ", refused.Error, StringComparison.Ordinal);
        Assert.Equal(2, JsonDocument.Parse(PunaCommand.Run("guard", "policy", bad, "--json").Output).RootElement.GetProperty("problems").GetArrayLength());
    }

    [Fact]
    public async Task Records_outlive_kill_9_but_for_the_line_under_way()
    {
        string path = _folder.Write("p.json", System.Text.Encoding.UTF8.GetBytes(Policy)), records = _folder["records"];
        long before = 0;
        for (int run = 0; run < 4; run++)
        {
            using Process process = PunaCommand.Start("guard", "policy", path, "--check-file", "-", "--lines", "--audit", records, "--json");
            Task feeding = Task.Run(() =>
            {
                try
                {
                    for (int i = 0; i < 1_000_000; i++) process.StandardInput.WriteLine($"message {i} of jo@mail.example");
                }
                catch (IOException)
                {
                    // The process is gone, as it should be.
                }
            }, TestContext.Current.CancellationToken);
            long told = 0;
            while (told < 50 + (run * 37) && process.StandardOutput.ReadLine() is not null) told++;
            process.Kill(); // SIGKILL
            process.WaitForExit();
            while (process.StandardOutput.ReadLine() is { Length: > 0 } line && line.EndsWith('}')) told++;
            await feeding;

            PunaCommand.Result result = PunaCommand.Run("audit", "verify", records, "--json");
            JsonElement found = JsonDocument.Parse(result.Output).RootElement;
            Assert.True(result.ExitCode == 0, result.Output);
            long after = found.GetProperty("last").GetInt64();
            Assert.True(after - before >= told, $"{told} decisions were told of and {after - before} recorded"); // recorded first, then told
            before = after;
        }

        PunaCommand.Result whole = PunaCommand.Run("audit", "verify", records);
        Assert.Equal(0, whole.ExitCode);
        Assert.Contains("the chain is whole", whole.Output, StringComparison.Ordinal);

        string file = Directory.GetFiles(records, "audit-*.jsonl").Order().First();
        File.WriteAllText(file, File.ReadAllText(file).Replace("\"action\":\"redact\"", "\"action\":\"allow\"", StringComparison.Ordinal));
        PunaCommand.Result changed = PunaCommand.Run("audit", "verify", records);
        Assert.Equal(1, changed.ExitCode);
        Assert.Contains("it was changed", changed.Error, StringComparison.Ordinal);
        Assert.Equal(2, PunaCommand.Run("audit", "verify", _folder["absent"]).ExitCode);
    }
}
