using System.Text.RegularExpressions;

namespace Puna.Tests.Architecture;

/// <summary>What the compiler does not check of how the code is laid out.</summary>
public sealed partial class ArchitectureTests
{
    private const int MaxLines = 500;

    // Arrows point at what is used, never up. A new project is added here with what it may use.
    private static readonly string[] Foundations = ["Puna.Tensors", "Puna.Formats", "Puna.Tokenizers", "Puna.Compute", "Puna.Compute.Vulkan", "Puna.Models"];
    private static readonly string[] Library = [.. Foundations, "Puna.Engine", "Puna.Chat", "Puna"];
    private static readonly string[] Features = [.. Library, "Puna.Safety"];
    private static readonly Dictionary<string, string[]> MayUse = new()
    {
        ["Puna.Tensors"] = [],
        ["Puna.Formats"] = ["Puna.Tensors"],
        ["Puna.Tokenizers"] = [],
        ["Puna.Compute"] = ["Puna.Tensors"],
        ["Puna.Models"] = ["Puna.Compute", "Puna.Tensors"],
        ["Puna.Engine"] = ["Puna.Models", "Puna.Compute", "Puna.Tensors", "Puna.Tokenizers"],
        ["Puna.Chat"] = [],
        ["Puna"] = [.. Foundations, "Puna.Engine", "Puna.Chat"],
        ["Puna.Demo"] = [],
        ["Puna.Safety"] = Library,
        ["Puna.Extraction"] = Library,
        ["Puna.Evaluation"] = Features,
        ["Puna.Cluster"] = Library,
        ["Puna.Server"] = Features,
        ["Puna.Cli"] = [.. Features, "Puna.Evaluation", "Puna.Extraction", "Puna.Server", "Puna.Demo"],
    };

    // Settings come as parameters; the command, which is asked by people, may look around.
    private static readonly string[] MayReadEnvironment = ["Puna.Cli"];

    // Asks endpoints that the user names.
    private static readonly string[] MayConnect = ["src/Puna.Evaluation/Remote/", "src/Puna.Evaluation/Fetching/", "src/Puna.Cli/Evaluation/EvalFetchCommand.cs"];

    private static IEnumerable<string> AllSources =>
        new[] { "src", "tests", "benchmarks", "samples", "train" }.SelectMany(folder => RepositoryProjects.Sources(RepositoryFiles.Find(folder)));

    [Fact]
    public void Projects_use_only_what_lies_below_them()
    {
        IEnumerable<string> problems =
            from project in RepositoryProjects.All
            from problem in MayUse.TryGetValue(project.Name, out string[]? allowed)
                ? project.References.Except(allowed).Select(reference => $"{project.Name} uses {reference}, which does not lie below it.")
                : [$"{project.Name} is new: say in {nameof(ArchitectureTests)}.{nameof(MayUse)} what it may use."]
            select problem;

        AssertNone(problems);
    }

    [Fact]
    public void A_namespace_is_its_folder() => AssertNone(
        from project in RepositoryProjects.Everywhere
        from path in RepositoryProjects.Sources(project.Folder)
        let folder = Path.GetDirectoryName(Path.GetRelativePath(project.Folder, path))!
        let expected = folder.Length == 0 ? project.Name : $"{project.Name}.{folder.Replace(Path.DirectorySeparatorChar, '.')}"
        let match = Namespace().Match(File.ReadAllText(path))
        where match.Success && match.Groups[1].Value != expected
        select $"{Relative(path)} is in namespace {match.Groups[1].Value}; its folder says {expected}.");

    [Fact]
    public void Nothing_is_named_for_having_no_name() => AssertNone(
        from path in AllSources
        let parts = Relative(path)[..^".cs".Length].Split('/')
        where parts.Any(part => Nameless().IsMatch(part))
        select $"{Relative(path)}: name it for what it does.");

    [Fact]
    public void Files_are_short_enough_to_read() => AssertNone(
        from path in AllSources
        let lines = File.ReadLines(path).Count()
        where lines > MaxLines
        select $"{Relative(path)} has {lines} lines; split it at {MaxLines}.");

    [Fact]
    public void Libraries_read_no_environment_variables() => AssertNone(
        from project in RepositoryProjects.All
        where !MayReadEnvironment.Contains(project.Name)
        from use in Uses(project, EnvironmentAccess())
        select $"{use}: take it as a parameter; only {string.Join(" and ", MayReadEnvironment)} may look at the environment.");

    [Fact]
    public void Nothing_opens_an_outbound_connection() => AssertNone(
        from project in RepositoryProjects.All
        from use in Uses(project, OutboundTypes())
        where !MayConnect.Any(folder => use.StartsWith(folder, StringComparison.Ordinal))
        select $"{use}: Puna works offline; only what the user asks to fetch or names an address for may connect, in {string.Join(" and ", MayConnect)}.");

    private static IEnumerable<string> Uses(RepositoryProject project, Regex word) =>
        from path in RepositoryProjects.Sources(project.Folder)
        from line in File.ReadLines(path).Index()
        let code = Comment().Replace(line.Item, "")
        where word.IsMatch(code)
        select $"{Relative(path)}({line.Index + 1}) uses {word.Match(code).Value}";

    private static string Relative(string path) => Path.GetRelativePath(RepositoryFiles.Root, path).Replace(Path.DirectorySeparatorChar, '/');

    private static void AssertNone(IEnumerable<string> problems)
    {
        string[] found = [.. problems];
        Assert.True(found.Length == 0, string.Join(Environment.NewLine, found));
    }

    [GeneratedRegex(@"^namespace ([\w.]+)", RegexOptions.Multiline)]
    private static partial Regex Namespace();

    [GeneratedRegex("(Utils?|Utilit(y|ies)|Helpers?|Common|Misc)$")]
    private static partial Regex Nameless();

    [GeneratedRegex(@"\b(GetEnvironmentVariables?|ExpandEnvironmentVariables|AddEnvironmentVariables)\b")]
    private static partial Regex EnvironmentAccess();

    [GeneratedRegex(@"\b(HttpClient|HttpMessageInvoker|SocketsHttpHandler|HttpClientHandler|IHttpClientFactory|WebClient|WebRequest|HttpWebRequest|ClientWebSocket|Socket|TcpClient|UdpClient|Dns|Ping|SmtpClient|QuicConnection|NamedPipeClientStream)\b")]
    private static partial Regex OutboundTypes();

    [GeneratedRegex(@"//.*$")]
    private static partial Regex Comment();
}
