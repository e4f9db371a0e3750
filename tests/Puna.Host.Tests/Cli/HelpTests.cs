namespace Puna.Host.Tests.Cli;

public sealed class HelpTests
{
    public static TheoryData<string> Commands => ["chat", "run", "serve", "keys", "extract", "guard", "audit", "plan", "inspect", "quantize", "eval", "bench", "logits", "tokenize", "detokenize", "constrain"];

    [Fact]
    public void Root_help_lists_every_command_with_an_example()
    {
        string help = PunaCommand.Run("--help").Done();

        foreach (string command in Commands) Assert.Contains($"puna {command} ", help, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Commands))]
    public void Help_of_a_command_needs_no_arguments_and_ends_with_an_example(string command)
    {
        PunaCommand.Result result = PunaCommand.Run(command, "--help");

        Assert.Contains($"Example:\n  puna {command} ", result.Done().ReplaceLineEndings("\n"), StringComparison.Ordinal);
        Assert.Equal("", result.Error);
    }

    [Fact]
    public void The_version_is_a_line() => Assert.Matches(@"^\d+\.\d+\.\d+\S*\s*$", PunaCommand.Run("--version").Done());

    [Fact]
    public void Nothing_at_all_shows_the_help_as_an_error()
    {
        PunaCommand.Result result = PunaCommand.Run();

        Assert.Equal((2, ""), (result.ExitCode, result.Output));
        Assert.Contains("Usage: puna COMMAND", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("quanitze", "did you mean quantize?")]
    [InlineData("run x --prompt y --max-token 3", "unknown option --max-token; did you mean --max-tokens?")]
    [InlineData("run x --prompt y --temperature hot", "--temperature hot: a number")]
    [InlineData("run x --prompt y --threads many", "--threads many: a whole number is needed")]
    [InlineData("run x --prompt y --kv q3", "--kv q3: choose one of f16, f32, q4_0, q8_0")]
    [InlineData("run x", "--prompt is missing")]
    [InlineData("run", "--prompt is missing")]
    [InlineData("run x --prompt", "--prompt needs a value")]
    [InlineData("run x y --prompt z", "'y' is one argument too many")]
    [InlineData("inspect", "MODEL is missing")]
    [InlineData("run x --prompt y --max-tokens 0", "--max-tokens 0: at least 1")]
    [InlineData("run x --prompt y --raw --system z", "--system needs the chat template")]
    [InlineData("quantize x y --type Q9", "--type Q9: choose one of F32")]
    [InlineData("plan x --ram -1", "--ram -1")]
    [InlineData("plan x --context 0", "--context 0: at least 1")]
    [InlineData("serve x --host example.org", "--host example.org: give an address")]
    [InlineData("serve x --port 99999", "--port 99999: 0 to 65535")]
    [InlineData("serve x --host 0.0.0.0 --keys nosuch.json", "there is no good key in it")]
    [InlineData("serve x --tls-key y", "--tls-key needs --tls-cert")]
    [InlineData("serve x --cors example.org/path", "give an origin")]
    [InlineData("serve x --parallel 0", "--parallel 0: at least 1")]
    [InlineData("keys", "one of add, list, revoke is needed")]
    [InlineData("keys ad", "did you mean add?")]
    [InlineData("keys add", "puna keys add: NAME is missing")]
    [InlineData("keys add x --keys y.json --tokens-per-day 0", "--tokens-per-day 0: at least 1")]
    [InlineData("guard", "one of check, eval, calibrate, prompt, policy is needed")]
    [InlineData("guard prompt --messages x", "--model-kind is missing")]
    [InlineData("guard prompt --model-kind llama-guard-5 --messages x", "--model-kind llama-guard-5: choose one of llama-guard-3-11b")]
    [InlineData("guard check x", "give one of --text, --file and --messages")]
    [InlineData("guard check --text y", "give either a model or --scanner")]
    [InlineData("guard check --scanner nosuch --text y", "--scanner nosuch: choose one of injection-classifier")]
    [InlineData("guard eval x", "give a model or --scanner")]
    [InlineData("guard calibrate --scanner injection-classifier x --fpr 2", "--fpr 2: a share")]
    [InlineData("guard check x --text y --undo rot26", "--undo rot26: choose of all, none, tags")]
    [InlineData("guard check x --text y --threshold 2", "--threshold 2: 0 to 1")]
    [InlineData("extract x", "--schema is missing")]
    [InlineData("tokenize x", "either --text or --file")]
    [InlineData("logits x --ids 1,b --out y", "'b' is not a token id")]
    public void Bad_usage_is_one_line_with_a_remedy(string commandLine, string expected) =>
        Assert.Contains(expected, PunaCommand.Run(commandLine.Split(' ')).Refused(2), StringComparison.Ordinal);
}
