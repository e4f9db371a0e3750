using Puna.Evaluation.Sandbox;

namespace Puna.Tests.Evaluation.Sandbox;

/// <summary>Runs where the kernel lets programs be isolated; elsewhere every test says that it was skipped, and why.</summary>
public sealed class SandboxTests
{
    private static readonly (SandboxHost? Host, string? Reason) Opened = SandboxHost.Open();
    private static readonly string? Python = SandboxHost.Find("python3");

    private static PythonJudge Judge(TimeSpan? time = null)
    {
        Assert.SkipWhen(Opened.Host is null, $"NOT TESTED, no sandbox: {Opened.Reason}");
        Assert.SkipWhen(Python is null, "NOT TESTED: python3 is not installed");
        return new PythonJudge(Opened.Host!, Python!) { Limits = new SandboxLimits { Time = time ?? TimeSpan.FromSeconds(20) } };
    }

    [Fact]
    public async Task Every_attack_of_the_self_test_is_contained()
    {
        Judge();
        IReadOnlyList<SandboxCheck> checks = await SandboxSelfTest.RunAsync(Opened.Host!, Python!, TestContext.Current.CancellationToken);

        Assert.True(checks.Count >= 16);
        Assert.All(checks, check => Assert.True(check.Contained, $"{check.Name}: {check.Detail}"));
    }

    [Fact]
    public async Task Half_a_surrogate_pair_and_tests_that_die_are_verdicts_on_the_program()
    {
        CodeVerdict half = await Judge().JudgeAsync(new PythonTask("def f(): return '\\ud800'", "raise ValueError(f())", null), TestContext.Current.CancellationToken);
        CodeVerdict gone = await Judge().JudgeAsync(new PythonTask("def f(): return 1", "import os\nos._exit(3)", null), TestContext.Current.CancellationToken);

        Assert.Equal(CodeOutcome.Failed, half.Outcome);
        Assert.Equal(CodeOutcome.Crashed, gone.Outcome);
        Assert.Contains("exit code 3", gone.Detail);
    }

    [Fact]
    public async Task HumanEval_calls_check_and_helpers_of_the_prompt()
    {
        const string prompt = "import math\n\ndef poly(xs, x):\n    return sum(c * math.pow(x, i) for i, c in enumerate(xs))\n\ndef find_zero(xs):\n    \"\"\"A zero of poly.\"\"\"\n";
        const string tests = "METADATA = {}\n\ndef check(candidate):\n    assert math.fabs(poly([1, 2], candidate([1, 2]))) < 1e-4\n    assert candidate([0, 1]) == 0.0\n";

        CodeVerdict right = await Judge().JudgeAsync(new PythonTask(prompt + "    return -xs[0] / xs[1]\n", tests, "find_zero", prompt), TestContext.Current.CancellationToken);
        CodeVerdict wrong = await Judge().JudgeAsync(new PythonTask(prompt + "    return 1\n", tests, "find_zero", prompt), TestContext.Current.CancellationToken);
        CodeVerdict broken = await Judge().JudgeAsync(new PythonTask(prompt + "    return (\n", tests, "find_zero", prompt), TestContext.Current.CancellationToken);

        Assert.Equal(new CodeVerdict(CodeOutcome.Passed, ""), right);
        Assert.Equal(new CodeVerdict(CodeOutcome.Failed, "AssertionError"), wrong);
        Assert.StartsWith("SyntaxError", broken.Detail);
    }

    [Theory]
    [InlineData("def f(x): return {1: (x, [2.5, None, True], {3}), 'k': b'z'}", "assert f(1) == {1: (1, [2.5, None, True], {3}), 'k': b'z'}")]
    [InlineData("def f(x): return float(x)", "import math\nassert math.isnan(f('nan')) and f('-inf') == -math.inf and f('1e300') == 1e300")]
    [InlineData("def f(n):\n    yield from range(n)", "assert list(f(3)) == [0, 1, 2]")]
    [InlineData("from collections import Counter, OrderedDict\ndef f(x): return Counter(x)", "assert f('aab') == {'a': 2, 'b': 1}")]
    [InlineData("class Pair:\n    def __init__(self, a, b): self.a, self.b = a, b\ndef longest(pairs): return max(p.b - p.a for p in pairs)", "assert longest([Pair(1, 5), Pair(2, 9)]) == 7")]
    [InlineData("def f(x):\n    raise ValueError('no')", "try:\n    f(1)\n    assert False\nexcept ValueError as e:\n    assert str(e) == 'no'")]
    [InlineData("def f(n): return 2 ** n", "assert f(20000) == 2 ** 20000")]
    [InlineData("def f(x):\n    print('noise', x)\n    return 'é😀' + x", "assert f('\\n') == 'é😀\\n'")]
    [InlineData("import re\ndef f(s): return bool(re.match('a+$', s))", "assert f('aaa') is True")]
    public async Task Values_come_through_as_they_are(string program, string tests) =>
        Assert.Equal(new CodeVerdict(CodeOutcome.Passed, ""), await Judge().JudgeAsync(new PythonTask(program, tests, null), TestContext.Current.CancellationToken));

    [Fact]
    public async Task The_set_up_of_the_data_runs_before_its_assertions() => Assert.True(
        (await Judge().JudgeAsync(new PythonTask("def f(n): return n", "assert f(total) == 3", null, "total = 1 + 2"), TestContext.Current.CancellationToken)).Passed);

    [Fact]
    public async Task Cancelling_ends_a_program()
    {
        PythonJudge judge = Judge(TimeSpan.FromMinutes(10));
        using CancellationTokenSource soon = new(TimeSpan.FromSeconds(1));

        await Assert.ThrowsAsync<OperationCanceledException>(() => judge.JudgeAsync(new PythonTask("while True: pass", "assert True", null), soon.Token));
    }

    [Theory]
    [InlineData("return a + b;", "Passed")]
    [InlineData("return a - b;", "Failed")]
    [InlineData("Environment.Exit(0); return 0;", "Crashed")]
    [InlineData("Trace.Listeners.Clear(); return 0;", "Failed")]
    [InlineData("Console.Out.Flush(); using var o = Console.OpenStandardOutput(); o.Write(new byte[] { 65, 10 }); return 0;", "Failed")]
    public async Task CSharp_programs_are_compiled_and_judged(string body, string expected)
    {
        Assert.SkipWhen(Opened.Host is null, $"NOT TESTED, no sandbox: {Opened.Reason}");
        (CSharpJudge? judge, string? reason) = CSharpJudge.Open(Opened.Host!);
        Assert.SkipWhen(judge is null, $"NOT TESTED: {reason}");

        string program = "using System;\nusing System.Collections.Generic;\nusing System.Diagnostics;\nclass Problem {\n    public static long Add(long a, long b) {\n        " + body + "\n    }\n";
        const string tests = "    public static void Main(string[] args) {\n    Debug.Assert(Add((2L), (3L)) == (5L));\n    Debug.Assert(Add((-1L), (1L)) == (0L));\n    }\n\n}\n";
        CodeVerdict verdict = await judge!.JudgeAsync(program, tests, cancel: TestContext.Current.CancellationToken);
        Assert.True(verdict.Outcome.ToString() == expected, $"{verdict.Outcome}: {verdict.Detail}");
    }
}
