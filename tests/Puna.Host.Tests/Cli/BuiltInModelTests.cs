using System.Text.Json;
using Puna.Tests;

namespace Puna.Host.Tests.Cli;

public sealed class BuiltInModelTests
{
    [Fact]
    public void Run_without_a_model_says_that_it_is_not_Scout()
    {
        PunaCommand.Result result = PunaCommand.Run("run", "--prompt", "Are you Scout?", "--temperature", "0", "--max-tokens", "60");

        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.Contains("not Scout", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Extract_answers_with_json_of_the_schema()
    {
        PunaCommand.Result result = PunaCommand.Run("extract", RepositoryFiles.Find("samples/extract/log.txt"), "--schema", RepositoryFiles.Find("samples/extract/log.schema.json"));

        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        using JsonDocument answer = JsonDocument.Parse(result.Output);
        Assert.Equal("ERROR", answer.RootElement.GetProperty("level").GetString());
        Assert.Equal(503, answer.RootElement.GetProperty("status").GetInt32());
    }

    [Fact]
    public void Extract_refuses_a_schema_that_is_not_json()
    {
        string document = RepositoryFiles.Find("samples/extract/log.txt");

        Assert.Contains("this is not JSON", PunaCommand.Run("extract", document, "--schema", document).Refused(2), StringComparison.Ordinal);
    }
}
