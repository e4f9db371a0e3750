using PublicApiGenerator;

namespace Puna.Tests.Architecture;

/// <summary>
/// What a library lets others see is a file in <c>api/</c>, so that a change of it is read in review. With the environment
/// variable <c>PUNA_UPDATE_API=1</c> the test writes the files instead of comparing them.
/// </summary>
public sealed class PublicApiTests
{
    private const string UpdateVariable = "PUNA_UPDATE_API";
    private const string Remedy =
        $"If the change is meant, run {UpdateVariable}=1 dotnet test --project tests/Puna.Tests -- --filter-class \"*PublicApiTests\" and commit the file. " +
        "If it is not, make the type or member internal.";

    private static readonly ApiGeneratorOptions Options = new()
    {
        IncludeAssemblyAttributes = false,
        DenyNamespacePrefixes = [],
        ExcludeAttributes = // how the compiler writes async, in, scoped and tuples down: not what a caller sees
        [
            "System.Diagnostics.StackTraceHiddenAttribute",
            "System.Runtime.CompilerServices.AsyncIteratorStateMachineAttribute",
            "System.Runtime.CompilerServices.EnumeratorCancellationAttribute",
            "System.Runtime.CompilerServices.RequiresLocationAttribute",
            "System.Runtime.CompilerServices.ScopedRefAttribute",
        ],
    };

    public static TheoryData<string> Libraries => [.. RepositoryProjects.Libraries.Select(project => project.Name)];

    [Theory, MemberData(nameof(Libraries))]
    public void Public_api_is_the_reviewed_one(string library)
    {
        string path = RepositoryFiles.Find("api", library + ".txt");
        string actual = System.Reflection.Assembly.Load(library).GeneratePublicApi(Options).ReplaceLineEndings("\n").TrimEnd() + "\n";
        if (Environment.GetEnvironmentVariable(UpdateVariable) == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, actual);
            return;
        }

        Assert.True(File.Exists(path), $"{library} has no api/{library}.txt. {Remedy}");
        string difference = FirstDifference(File.ReadAllText(path).ReplaceLineEndings("\n"), actual);
        Assert.True(difference.Length == 0, $"The public API of {library} is not the one in api/{library}.txt. {difference}{Remedy}");
    }

    [Fact]
    public void Every_reviewed_api_is_that_of_a_library()
    {
        IEnumerable<string> files = Directory.EnumerateFiles(RepositoryFiles.Find("api")).Select(path => Path.GetFileNameWithoutExtension(path)!);

        Assert.Equal(RepositoryProjects.Libraries.Select(project => project.Name).Order(StringComparer.Ordinal), files.Order(StringComparer.Ordinal));
    }

    private static string FirstDifference(string reviewed, string actual)
    {
        string[] expected = reviewed.Split('\n'), found = actual.Split('\n');
        for (int line = 0; line < Math.Max(expected.Length, found.Length); line++)
        {
            string was = line < expected.Length ? expected[line] : "(end of file)", now = line < found.Length ? found[line] : "(end of file)";
            if (was != now) return $"Line {line + 1} was\n{was}\nand is now\n{now}\n";
        }

        return "";
    }
}
