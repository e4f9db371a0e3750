using BenchmarkDotNet.Attributes;
using Puna.Safety.Policy;
using Puna.Safety.Scanning;

namespace Puna.Benchmarks.Safety;

/// <summary>What a policy without models adds to a message, and what a look at 200 lines of code takes.</summary>
[MemoryDiagnoser]
public class PolicyBenchmarks
{
    private const string Rules =
        """
        {"version":1,"roles":{"user":[{"scanner":"personal-data","action":"redact"},{"scanner":"secrets"},{"scanner":"hidden-characters"},{"scanner":"code-risk"},
          {"scanner":"regex","settings":{"patterns":[{"name":"a","pattern":"\\bproject\\s+blue\\s+heron\\b","ignoreCase":true},{"name":"b","pattern":"INT-[0-9]{6}"}]}}]}}
        """;

    private readonly SafetyPolicy _policy = SafetyPolicy.Parse(Rules);
    private readonly CodeRiskScanner _code = new();
    private readonly ScanInput _message = new("user", string.Concat(Enumerable.Repeat("Please write to jo@mail.example about order 4711, and call +49 30 901820. The rest is plain prose. ", 40)));
    private readonly ScanInput _program = new("assistant", "```python\n" + string.Concat(Enumerable.Range(0, 50).Select(i =>
        $"def load_{i}(path):\n    with open(path) as f:\n        rows = json.load(f)\n    return [row for row in rows if row['id'] == {i}] or subprocess.run(['ls', path])\n")) + "```");

    /// <summary>4,000 characters, five scanners.</summary>
    [Benchmark]
    public PolicyDecision Message() => _policy.EvaluateAsync(_message).AsTask().GetAwaiter().GetResult();

    /// <summary>200 lines of Python.</summary>
    [Benchmark]
    public int Code() => _code.Scan(_program, CancellationToken.None).Count;
}
