using Puna.Formats.Safetensors;
using Puna.Tests.Formats;
using Puna.Tests.Models;

namespace Puna.Host.Tests.Cli;

public sealed class BadInputTests(TinyModelFolder models) : IClassFixture<TinyModelFolder>, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Commands =>
    [
        "inspect MODEL", "plan MODEL", "tokenize MODEL --text a", "detokenize MODEL --ids 1", "run MODEL --prompt a", "chat MODEL",
        "bench MODEL -p 1 -n 1 -r 1", "logits MODEL --ids 1 --out OUT", "quantize MODEL OUT --type Q8_0",
    ];

    [Theory, MemberData(nameof(Commands))]
    public void A_missing_file_is_named(string command) =>
        Assert.Contains("nosuch.gguf", Run(command, _folder["nosuch.gguf"]).Refused(2), StringComparison.Ordinal);

    [Theory, MemberData(nameof(Commands))]
    public void Another_kind_of_file_is_recognised(string command) =>
        Assert.Contains("web page", Run(command, _folder.Write("page.gguf", [.. "<!DOCTYPE html><html><body>Not found</body></html>"u8])).Refused(2), StringComparison.Ordinal);

    [Theory, MemberData(nameof(Commands))]
    public void A_file_cut_short_is_refused(string command)
    {
        byte[] whole = File.ReadAllBytes(models.Llama);

        Assert.Contains("cut.gguf", Run(command, _folder.Write("cut.gguf", whole[..(whole.Length / 2)])).Refused(2), StringComparison.Ordinal);
        Assert.Equal(["cut.gguf"], _folder.Names());
    }

    [Theory, InlineData("logits MODEL --ids 1 --out"), InlineData("quantize MODEL --type Q8_0")]
    public void An_output_that_cannot_be_written_is_a_failure(string command)
    {
        string output = _folder["no/such/folder/out"];

        Assert.Contains("there is no folder", PunaCommand.Run([.. Words(command, models.Llama), output]).Refused(1), StringComparison.Ordinal);
    }

    [Theory, InlineData("logits MODEL --ids 1 --out"), InlineData("quantize MODEL --type Q8_0 --force")]
    public void An_output_that_is_a_folder_is_a_failure(string command) =>
        Assert.Contains("a folder of this name exists", PunaCommand.Run([.. Words(command, models.Llama), _folder.Root]).Refused(1), StringComparison.Ordinal);

    [Theory, InlineData("logits MODEL --ids 1 --out OUT"), InlineData("bench MODEL -p 1 -n 1 -r 1")]
    public void A_limit_that_a_command_would_not_keep_is_refused(string command) =>
        Assert.Contains("--context", Run(command + " --context 8", models.Llama).Refused(2), StringComparison.Ordinal);

    [Theory, InlineData("run MODEL --prompt a"), InlineData("plan MODEL"), InlineData("quantize MODEL OUT --type Q8_0")]
    public void Weights_without_a_config_say_what_is_missing(string command)
    {
        using (SafetensorsWriter writer = SafetensorsWriter.CreateFile(_folder["model.safetensors"]))
        {
            writer.DeclareTensor("a", Tensors.ElementType.F32, [1]);
            writer.Write("a", new byte[4]);
            writer.Complete();
        }

        string message = Run(command, _folder.Root).Refused(2);

        Assert.Contains("config.json: there is no such file", message, StringComparison.Ordinal);
        Assert.Contains("download it into their folder", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("run MODEL --prompt a --context 0", "--context 0: at least 1 is needed")]
    [InlineData("run MODEL --prompt a --chat-template nosuch.jinja", "nosuch.jinja: there is no such file")]
    [InlineData("logits MODEL --ids 1 --pos0 -1 --out OUT", "--pos0 -1: at least 0 is needed")]
    [InlineData("logits MODEL --ids 1,2 --from 2 --out OUT", "numbered 0 to 1")]
    [InlineData("logits MODEL --ids 1 --batch 0 --out OUT", "--batch 0: at least 1 is needed")]
    [InlineData("run MODEL --prompt a --threads 0", "--threads 0: at least 1 is needed")]
    [InlineData("chat MODEL --max-tokens 0", "--max-tokens 0: at least 1 is needed")]
    [InlineData("bench MODEL --prompt-tokens -1", "--prompt-tokens -1: at least 0 is needed")]
    [InlineData("bench MODEL --repetitions 0", "--repetitions 0: at least 1 is needed")]
    [InlineData("quantize MODEL OUT --type Q8_0 --threads 0", "--threads 0: at least 1 is needed")]
    [InlineData("constrain a.json --sample 0", "--sample 0: at least 1 is needed")]
    [InlineData("extract a.txt --schema a.json --part-tokens 0", "--part-tokens 0: at least")]
    [InlineData("extract a.txt --schema a.json --batch 257", "--batch 257: 1 to 256 is needed")]
    [InlineData("guard check MODEL --text a --threads 0", "--threads 0: at least 1 is needed")]
    [InlineData("guard eval MODEL a.jsonl --threshold NaN", "--threshold NaN: 0 to 1 is possible")]
    [InlineData("guard eval MODEL a.jsonl --threads 0", "--threads 0: at least 1 is needed")]
    [InlineData("guard eval MODEL a.jsonl --show-errors -1", "--show-errors -1: at least 0 is needed")]
    [InlineData("guard calibrate MODEL a.jsonl --threads 0", "--threads 0: at least 1 is needed")]
    [InlineData("guard calibrate MODEL a.jsonl --fpr 1", "--fpr 1: a share from 0 to below 1 is needed")]
    [InlineData("keys add me --tokens-per-day many", "--tokens-per-day many: a whole number is needed")]
    [InlineData("serve MODEL --audit-excerpt 100", "give that, too")]
    [InlineData("serve MODEL --audit OUT", "give --policy, too")]
    [InlineData("serve MODEL --max-body 0", "--max-body 0: at least 1 is needed")]
    [InlineData("serve MODEL --max-queue -1", "--max-queue -1: at least 0 is needed")]
    [InlineData("serve MODEL --retain -1", "--retain -1: at least 0 is needed")]
    [InlineData("serve MODEL --drain -1", "--drain -1: at least 0 is needed")]
    [InlineData("serve MODEL --request-timeout -1", "--request-timeout -1: at least 0 is needed")]
    [InlineData("serve MODEL --unload-after -1", "--unload-after -1: at least 0 is needed")]
    [InlineData("serve MODEL --kv-memory 0", "--kv-memory 0: a size in GiB is needed")]
    [InlineData("serve MODEL --model-memory NaN", "--model-memory NaN: a size in GiB is needed")]
    [InlineData("serve MODEL --also nosuch.gguf", "nosuch.gguf: there is no such file")]
    [InlineData("eval run mmlu --batch 0", "--batch 0: at least 1 is needed")]
    [InlineData("eval run simple/mmlu --variant instruct --remote-model m --endpoint http://a/v1 --timeout 0", "--timeout 0: at least 1 is needed")]
    [InlineData("eval run simple/mmlu --variant instruct --remote-model m --endpoint http://a/v1 --price-out -0.5", "--price-out -0.5: at least 0 is needed")]
    [InlineData("eval repeat OUT --threads 0", "--threads 0: at least 1 is needed")]
    [InlineData("eval perplexity --text a.txt --tokens 1", "--tokens 1: at least 2 is needed")]
    [InlineData("eval generate needle --count 0 --out OUT", "--count 0: at least 1 is needed")]
    public void A_wrong_option_is_answered_in_the_words_of_the_command_line(string command, string expected) =>
        Assert.Contains(expected, Run(command, models.Llama).Refused(2), StringComparison.Ordinal);

    [Fact]
    public void A_broken_template_is_named_by_the_option_that_gave_it()
    {
        string message = Run($"run MODEL --prompt a --chat-template {_folder.Write("t.jinja", [.. "{% bad"u8])}", models.Llama).Refused(2);

        Assert.Contains("the template of --chat-template fails", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_token_outside_the_vocabulary_is_refused_and_leaves_no_file()
    {
        string message = PunaCommand.Run("logits", models.Llama, "--ids", "1,999999", "--out", _folder["out.npy"]).Refused(2);

        Assert.Contains("999999", message, StringComparison.Ordinal);
        Assert.DoesNotContain("Actual value", message, StringComparison.Ordinal);
        Assert.Empty(_folder.Names());
    }

    public void Dispose() => _folder.Dispose();

    private PunaCommand.Result Run(string command, string model) => PunaCommand.Run(Words(command, model));

    private string[] Words(string command, string model) => [.. command.Split(' ').Select(w => w == "MODEL" ? model : w == "OUT" ? _folder["out"] : w)];
}
