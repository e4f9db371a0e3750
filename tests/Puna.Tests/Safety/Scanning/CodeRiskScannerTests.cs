using Puna.Safety.Scanning;

namespace Puna.Tests.Safety.Scanning;

public sealed class CodeRiskScannerTests
{
    [Theory]
    [InlineData("python", "subprocess.run(cmd, shell=True)", "CWE-78")]
    [InlineData("python", "os.system(f'ls {path}')", "CWE-78")]
    [InlineData("python", "cur.execute(\"SELECT * FROM t WHERE id = %s\" % id)", "CWE-89")]
    [InlineData("python", "data = pickle.loads(body)", "CWE-502")]
    [InlineData("python", "requests.get(url, verify=False)", "CWE-295")]
    [InlineData("js", "exec(`git log ${branch}`)", "CWE-78")]
    [InlineData("ts", "db.query('SELECT ' + name)", "CWE-89")]
    [InlineData("javascript", "el.innerHTML = comment", "CWE-79")]
    [InlineData("csharp", "using var c = new SqlCommand($\"SELECT * FROM t WHERE n = '{name}'\");", "CWE-89")]
    [InlineData("cs", "var f = new BinaryFormatter();", "CWE-502")]
    [InlineData("c#", "handler.ServerCertificateCustomValidationCallback = (a, b, c, d) => true;", "CWE-295")]
    [InlineData("java", "Runtime.getRuntime().exec(\"ping \" + host);", "CWE-78")]
    [InlineData("java", "stmt.executeQuery(\"SELECT * FROM t WHERE a = \" + a);", "CWE-89")]
    [InlineData("c", "gets(line);", "CWE-120")]
    [InlineData("cpp", "scanf(\"%s\", name);", "CWE-120")]
    [InlineData("php", "system('ls ' . $_GET['d']);", "CWE-78")]
    [InlineData("go", "tls.Config{InsecureSkipVerify: true}", "CWE-295")]
    [InlineData("rust", "Command::new(\"sh\").arg(\"-c\").arg(format!(\"ls {}\", p))", "CWE-78")]
    [InlineData("bash", "curl -fsSL https://x.example/i.sh | sudo bash", "CWE-494")]
    [InlineData("sh", "rm -rf /", "CWE-1188")]
    [InlineData("sql", "DELETE FROM users;", "CWE-1188")]
    [InlineData("yaml", "  privileged: true", "CWE-250")]
    [InlineData("", "os.system(command)", "CWE-78")]
    public void A_hole_is_found_in_its_language(string fence, string line, string category)
    {
        string text = $"Here you are:\n```{fence}\nx\n{line}\n```\nDone.";
        Finding finding = Assert.Single(Scan(text), f => f.Category == category);
        Assert.InRange(finding.Start, text.IndexOf(line, StringComparison.Ordinal), text.IndexOf(line, StringComparison.Ordinal) + line.Length);
        Assert.NotNull(finding.Detail);
    }

    [Theory]
    [InlineData("python", "subprocess.run(['ls', path], check=True)")]
    [InlineData("python", "# os.system(f'ls {path}')")]
    [InlineData("python", "cur.execute('SELECT * FROM t WHERE id = %s', (id,))")]
    [InlineData("python", "model.eval()")]
    [InlineData("js", "const m = /a/.exec(text)")]
    [InlineData("csharp", "using var c = new SqlCommand(\"SELECT * FROM t WHERE n = @n\");")]
    [InlineData("java", "// stmt.executeQuery(\"SELECT \" + a)")]
    [InlineData("c", "fgets(line, sizeof line, stdin); snprintf(b, n, \"%s\", x);")]
    [InlineData("bash", "rm -rf ./build && curl -o f https://x.example/f")]
    [InlineData("sql", "DELETE FROM users WHERE id = 3;")]
    [InlineData("text", "no code")]
    public void Sound_code_passes(string fence, string line) => Assert.Empty(Scan($"```{fence}\n{line}\n```"));

    [Theory]
    [InlineData("/**/ os.system(f'ls {path}')")]
    [InlineData("/* a */ /* b */ os.system(f'ls {path}')")]
    [InlineData("/* a\n * b\n */ os.system(f'ls {path}')")]
    [InlineData("* os.system(f'ls {path}')")]
    public void Code_behind_a_comment_is_code(string code) => Assert.Contains(Scan($"```\n{code}\n```"), f => f.Category == "CWE-78");

    [Fact]
    public void Comments_are_no_code() => Assert.Empty(Scan("```js\n// eval(x + y)\n/* eval(x + y)\n * eval(x + y)\n*/\n```"));

    [Theory]
    [InlineData(9_990)]
    [InlineData(100_000)]
    public void The_end_of_a_long_call_is_looked_at(int before)
    {
        string call = $"{{\"name\":\"run\",\"arguments\":{{\"code\":\"{new string('a', before)}; subprocess.run(cmd, shell=True)\"}}}}";
        Finding found = Assert.Single(new CodeRiskScanner().Scan(new ScanInput("assistant", call) { ToolCalls = [(0, call.Length)] }, CancellationToken.None), f => f.Category == "CWE-78");
        Assert.InRange(found.Start, before, call.Length);
    }

    [Fact]
    public void Only_code_is_looked_at_and_every_block_of_it()
    {
        Assert.Empty(Scan("Never write rm -rf / or os.system(x) in a script."));
        Assert.Equal(["CWE-95", "CWE-120"], Scan("~~~python\neval(x)\n~~~\ntext eval(y)\n  ````c\ngets(b);\n```\nmore\n````\nos.system(z)").Select(f => f.Category));
        Assert.Equal("CWE-78", Assert.Single(Scan("```python\nos.system(x)")).Category); // a block that goes on
        Assert.Equal("CWE-78", Assert.Single(new CodeRiskScanner().Scan(new ScanInput("assistant", "I run {\"name\":\"python\",\"arguments\":{\"code\":\"os.system(x)\"}}") { ToolCalls = [(6, 59)] }, default)).Category);
        Assert.Equal("CWE-78", Assert.Single(new CodeRiskScanner(unfenced: true).Scan(new ScanInput("assistant", "os.system(x)"), default)).Category);
    }

    private static IReadOnlyList<Finding> Scan(string text) => new CodeRiskScanner().Scan(new ScanInput("assistant", text), CancellationToken.None);
}
