using System.Text;
using Puna.Safety.Policy;
using Puna.Safety.Scanning;
using Puna.Tests.Formats;

namespace Puna.Tests.Safety.Policy;

public sealed class PolicyHostTests
{
    private const string Blocks = """{"version":1,"name":"first","roles":{"user":[{"scanner":"secrets"}]}}""";
    private const string Allows = """{"version":1,"name":"second","roles":{}}""";

    [Fact]
    public async Task A_changed_file_takes_over_and_a_bad_one_changes_nothing()
    {
        using TemporaryFolder folder = new();
        string path = folder.Write("policy.json", Encoding.UTF8.GetBytes(Blocks));
        using PolicyHost host = new(path, TimeSpan.FromHours(1));
        List<Exception> failures = [];
        host.ReloadFailed += failures.Add;

        PolicyLease held = host.Acquire();
        host.Look();
        Assert.Same(held.Policy, Current(host)); // nothing changed

        foreach (string bad in (string[])["{\"version\":1,", """{"version":1,"roles":{"user":[{"scanner":"magic"}]}}"""])
        {
            folder.Write("policy.json", Encoding.UTF8.GetBytes(bad));
            host.Look();
            Assert.IsType<PolicyException>(failures[^1]);
            Assert.Equal("first", Current(host).Name);
            host.Look(); // told once
        }

        File.Delete(path);
        host.Look();
        Assert.IsType<FileNotFoundException>(failures[^1]);
        Assert.Equal(3, failures.Count);

        folder.Write("policy.json", Encoding.UTF8.GetBytes(Allows));
        host.Look();
        Assert.Equal("second", Current(host).Name);
        Assert.Equal(PolicyAction.Block, (await held.Policy.EvaluateAsync(new ScanInput("user", "password=Tr0ub4dor99"))).Action); // a decision under way ends by its own policy
        held.Dispose();
        host.Dispose();
        Assert.Throws<ObjectDisposedException>(() => host.Acquire());
    }

    [Fact]
    public async Task Nothing_that_a_file_or_a_listener_does_ends_the_watch()
    {
        using TemporaryFolder folder = new();
        string path = folder.Write("policy.json", Encoding.UTF8.GetBytes(Blocks));
        using PolicyHost host = new(path, TimeSpan.FromMilliseconds(5));
        int failed = 0, reloaded = 0;
        host.ReloadFailed += _ =>
        {
            Interlocked.Increment(ref failed);
            throw new IOException("the disk is full");
        };
        host.Reloaded += _ =>
        {
            Interlocked.Increment(ref reloaded);
            throw new IOException("the disk is full");
        };
        foreach ((string text, string name, int failures, int loads) in ((string, string, int, int)[])[("{", "first", 1, 0), (Allows, "second", 1, 1), (Blocks, "first", 1, 2)])
        {
            folder.Write("policy.json", Encoding.UTF8.GetBytes(text));
            // One writing can be seen as two changes and loaded twice, so the count alone does not tell that this file was loaded.
            // An exception on the timer's thread would have ended the process.
            await Eventually.HoldsAsync(
                () => Volatile.Read(ref failed) >= failures && Volatile.Read(ref reloaded) >= loads && Current(host).Name == name,
                () => $"{failed} failures, {reloaded} loads, {Current(host).Name} in force");
        }
    }

    private static SafetyPolicy Current(PolicyHost host)
    {
        using PolicyLease lease = host.Acquire();
        return lease.Policy;
    }
}
