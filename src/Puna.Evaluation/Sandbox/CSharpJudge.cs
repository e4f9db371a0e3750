using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Puna.Evaluation.Sandbox;

/// <summary>
/// Judges C# programs of MultiPL-E: compiles them with the compiler of an installed .NET SDK and runs their tests, both in the
/// sandbox. Program and tests are one class of one process, so a pass is not as safe as <see cref="PythonJudge"/>'s: leaving
/// early, printing, and silencing <c>Debug.Assert</c> prove nothing, but a program that searches its own process for the word that
/// stands for a pass could find it.
/// </summary>
internal sealed class CSharpJudge
{
    private const string Assertion = "Debug.Assert(";

    // Reads the word before the program can, hands the program an empty input, and says the word only after its last test.
    private const string Runner = """
        public static class PunaTests
        {
            public static void That(bool holds, string message = "") { if (!holds) throw new System.InvalidOperationException("a test does not hold " + message); }
            public static int Main()
            {
                using var input = new System.IO.StreamReader(System.Console.OpenStandardInput());
                string word = input.ReadLine();
                var output = System.Console.OpenStandardOutput();
                System.Console.SetIn(System.IO.TextReader.Null);
                System.Console.SetOut(System.IO.TextWriter.Null);
                try { PROGRAM.Main(new string[0]); }
                catch (System.Exception error)
                {
                    System.Console.Error.WriteLine(error.GetType().Name + ": " + error.Message);
                    return 1;
                }
                output.Write(System.Text.Encoding.UTF8.GetBytes(word + "\n"));
                output.Flush();
                return 0;
            }
        }
        """;

    private readonly SandboxHost _host;
    private readonly string _root;
    private readonly string _compiler;
    private readonly string _framework;

    private CSharpJudge(SandboxHost host, string root, string compiler, string framework) => (_host, _root, _compiler, _framework) = (host, root, compiler, framework);

    /// <summary>What compiling and running one program may use.</summary>
    public SandboxLimits Limits { get; init; } = new()
    {
        Time = TimeSpan.FromSeconds(60),
        AddressSpace = null,
        Memory = 2L << 30,
        Processes = 128,
        OpenFiles = 512,
        Disk = 64L << 20,
    };

    /// <summary>A judge with the newest SDK of a .NET installation, or the reason why there is none.</summary>
    /// <param name="host">Where programs run.</param>
    /// <param name="dotnetRoot">The installation's folder, the one that holds <c>dotnet</c>; null for the one that runs this process.</param>
    public static (CSharpJudge? Judge, string? Reason) Open(SandboxHost host, string? dotnetRoot = null)
    {
        string root = dotnetRoot ?? Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "../../.."));
        if (!File.Exists(Path.Combine(root, "dotnet"))) return (null, "no .NET installation was found beside this program; name the folder of one with an SDK");

        string? compiler = Newest(Path.Combine(root, "sdk")) is { } sdk ? Path.Combine(sdk, "Roslyn/bincore/csc.dll") : null;
        string? shared = Newest(Path.Combine(root, "shared/Microsoft.NETCore.App"));
        return compiler is not null && File.Exists(compiler) && shared is not null
            ? (new CSharpJudge(host, root, compiler, shared), null)
            : (null, $"{root} holds no SDK with a C# compiler; install the .NET SDK, or name a folder that has one");
    }

    /// <summary>Compiles and runs a program.</summary>
    /// <param name="program">What the model wrote behind its prompt: a whole file up to the tests, which close its class.</param>
    /// <param name="tests">The tests of the data: the rest of the class, with a <c>Main</c> full of assertions.</param>
    /// <param name="className">The class that holds <c>Main</c>, as the data name it.</param>
    /// <param name="cancel">Ends it.</param>
    public async Task<CodeVerdict> JudgeAsync(string program, string tests, string className = "Problem", CancellationToken cancel = default)
    {
        // Assertions of the tests go past the trace listeners, which the program could remove.
        string source = program + tests.Replace(Assertion, "global::PunaTests.That(", StringComparison.Ordinal);
        string mark = "PUNA" + Convert.ToHexString(RandomNumberGenerator.GetBytes(16)), word = Convert.ToHexString(RandomNumberGenerator.GetBytes(32));
        string settings = "{\"runtimeOptions\":{\"framework\":{\"name\":\"Microsoft.NETCore.App\",\"version\":\"" + Path.GetFileName(_framework) + "\"}}}";
        string script = $$"""
            while IFS= read -r line; do [ "$line" = {{mark}} ] && break; printf '%s\n' "$line"; done > program.cs
            while IFS= read -r line; do [ "$line" = {{mark}} ] && break; printf '%s\n' "$line"; done > runner.cs
            printf '%s' '{{settings}}' > program.runtimeconfig.json
            for library in '{{_framework}}'/System*.dll '{{_framework}}'/netstandard.dll '{{_framework}}'/mscorlib.dll; do
                case "$library" in *Native*) ;; *) printf -- '-r:"%s"\n' "$library" ;; esac
            done > references.rsp
            '{{_root}}/dotnet' exec '{{_compiler}}' -nologo -noconfig -nostdlib -langversion:latest -optimize+ -warn:0 -main:PunaTests -out:program.dll @references.rsp program.cs runner.cs >&2 || exit 3
            rm program.cs runner.cs references.rsp
            exec '{{_root}}/dotnet' exec program.dll
            """;
        string input = $"{source}\n{mark}\n{Runner.Replace("PROGRAM", className, StringComparison.Ordinal)}\n{mark}\n{word}\n";
        string[] environment =
        [
            $"DOTNET_ROOT={_root}", "DOTNET_GCHeapHardLimit=0x20000000", "DOTNET_EnableDiagnostics=0", "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1", "DOTNET_EnableWriteXorExecute=0",
            "DOTNET_TieredPGO=0", "DOTNET_gcServer=0", "DOTNET_PROCESSOR_COUNT=2",
        ];
        SandboxOutcome outcome = await _host.RunAsync(["/bin/sh", "-c", script], input, Limits, [_root], cancel, environment).ConfigureAwait(false);
        return outcome switch
        {
            { End: SandboxEnd.Time } => new CodeVerdict(CodeOutcome.TimedOut, "compiling or running did not end in time"),
            { End: SandboxEnd.Memory } => new CodeVerdict(CodeOutcome.OutOfMemory, "the program took more memory than allowed"),
            { End: SandboxEnd.Output } => new CodeVerdict(CodeOutcome.Crashed, "the program wrote more than allowed"),
            _ when outcome.Output == word + "\n" => new CodeVerdict(CodeOutcome.Passed, ""),
            { ExitCode: 1 or 3 } => new CodeVerdict(CodeOutcome.Failed, FirstLines(outcome.Error)),
            _ => new CodeVerdict(CodeOutcome.Crashed, $"the program ended with exit code {outcome.ExitCode} before its tests did. {FirstLines(outcome.Error)}".TrimEnd()),
        };
    }

    private static string FirstLines(string text) => text.Trim() is { Length: > 500 } longer ? longer[..500] + "…" : text.Trim();

    private static string? Newest(string folder) => !Directory.Exists(folder) ? null : Directory.EnumerateDirectories(folder)
        .OrderByDescending(path => Version.TryParse(Path.GetFileName(path).Split('-')[0], out Version? version) ? version : new Version()).FirstOrDefault();
}
