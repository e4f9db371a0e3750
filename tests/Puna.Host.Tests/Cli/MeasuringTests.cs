using System.Globalization;
using System.Text;
using System.Text.Json;
using Puna.Tests.Formats;
using Puna.Tests.Models;

namespace Puna.Host.Tests.Cli;

/// <summary>inspect, tokenize, detokenize, logits, bench and plan.</summary>
public sealed class MeasuringTests(TinyModelFolder models) : IClassFixture<TinyModelFolder>, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Inspect_shows_tensors_and_metadata()
    {
        JsonElement json = PunaCommand.Run("inspect", models.Llama4, "--json").Json();

        Assert.Equal("llama4", json.GetProperty("architecture").GetString());
        Assert.Equal(json.GetProperty("parameters").GetInt64() * 4, json.GetProperty("bytes").GetInt64()); // all F32
        JsonElement tensor = json.GetProperty("tensors").EnumerateArray().Single(t => t.GetProperty("name").GetString() == "blk.1.ffn_up_exps.weight");
        Assert.Equal("F32", tensor.GetProperty("type").GetString());
        Assert.Equal([TinyModel.HiddenSize, TinyModel.IntermediateSize, TinyModel.Experts], tensor.GetProperty("shape").Integers());
        Assert.True(tensor.GetProperty("offset").GetInt64() > 0);
        Assert.Equal(4, json.GetProperty("metadata").GetProperty("llama4.block_count").GetInt32());
        Assert.Contains("blk.1.ffn_up_exps.weight", PunaCommand.Run("inspect", models.Llama4).Done(), StringComparison.Ordinal);
    }

    [Fact]
    public void Inspect_checks_the_numbers()
    {
        Assert.Contains("finite", PunaCommand.Run("inspect", models.Llama, "--check").Error, StringComparison.Ordinal);

        byte[] damaged = File.ReadAllBytes(models.Llama);
        long offset = PunaCommand.Run("inspect", models.Llama, "--json").Json().GetProperty("tensors").EnumerateArray()
            .Single(t => t.GetProperty("name").GetString() == "blk.0.attn_q.weight").GetProperty("offset").GetInt64();
        BitConverter.TryWriteBytes(damaged.AsSpan((int)offset), float.NaN);
        PunaCommand.Result result = PunaCommand.Run("inspect", _folder.Write("damaged.gguf", damaged), "--check");

        Assert.Equal(2, result.ExitCode);
        Assert.Contains("blk.0.attn_q.weight", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Tokens_go_to_text_and_back()
    {
        const string Text = "hello you, naïve\tworld";
        int[] ids = PunaCommand.Run("tokenize", models.Llama, "--text", Text, "--no-bos", "--json").Json().GetProperty("ids").Integers();

        Assert.Equal(Text + "\n", PunaCommand.Run("detokenize", models.Llama, "--ids", string.Join(',', ids)).Done());
        string[] lines = PunaCommand.RunWithInput("a\nb b\n\n", "tokenize", models.Llama, "--file", "-", "--lines", "--json").Done().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(3, lines.Length);
        Assert.All(lines, line => Assert.Matches(@"^\{""ids"":\[[\d,]*\]\}$", line));
    }

    [Fact]
    public void Logits_are_a_numpy_file_and_the_same_in_any_batch()
    {
        Assert.Equal("", PunaCommand.Run("logits", models.Llama4, "--ids", "1,2,3,4,5", "--from", "2", "--out", _folder["whole.npy"]).Done());
        PunaCommand.Run("logits", models.Llama4, "--ids", "1,2,3,4,5", "--from", "2", "--batch", "2", "--threads", "1", "--out", _folder["parts.npy"]).Done();

        byte[] whole = File.ReadAllBytes(_folder["whole.npy"]);
        string header = Encoding.ASCII.GetString(whole, 10, 118);
        Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"'descr': '<f4', 'fortran_order': False, 'shape': (3, {TinyModel.Llama4.Vocabulary.Size})"), header, StringComparison.Ordinal);
        Assert.Equal(128 + (3 * TinyModel.Llama4.Vocabulary.Size * sizeof(float)), whole.Length);
        Assert.Equal(whole, File.ReadAllBytes(_folder["parts.npy"]));
    }

    [Fact]
    public void Bench_has_the_fields_of_the_contract()
    {
        JsonElement json = PunaCommand.Run("bench", models.Llama, "-p", "16", "-n", "4", "-r", "2", "-t", "1", "--json").Json();

        Assert.Equal(models.Llama, json.GetProperty("model").GetString());
        Assert.Equal(1, json.GetProperty("threads").GetInt32());
        Assert.Equal((2, 2), (json.GetProperty("prefill_tps").GetArrayLength(), json.GetProperty("decode_tps").GetArrayLength()));
        Assert.True(json.GetProperty("load_s").GetDouble() >= 0 && json.GetProperty("peak_rss_mb").GetDouble() > 0);
    }

    [Fact]
    public void Bench_tells_which_kernels_a_model_uses_and_what_share_of_the_machine_they_reach()
    {
        string[] lines = PunaCommand.Run("bench", models.Llama, "--kernels", "--json", "--cpu-level", "portable", "-t", "1").Done().Split('\n', StringSplitOptions.RemoveEmptyEntries);

        Assert.NotEmpty(lines);
        foreach (string line in lines)
        {
            JsonElement json = JsonDocument.Parse(line).RootElement;
            Assert.Equal(("portable", 1), (json.GetProperty("level").GetString(), json.GetProperty("threads").GetInt32()));
            Assert.True(json.GetProperty("decode_memory_gbps").GetDouble() > 0 && json.GetProperty("prefill_memory_gops").GetDouble() > 0);
            Assert.True(json.GetProperty("read_bandwidth_gbps").GetDouble() > 0);
        }

        string table = PunaCommand.Run("bench", models.Llama, "--kernels", "-t", "1").Done();
        Assert.Contains("read bandwidth", table, StringComparison.Ordinal);
        Assert.Contains("of peak", table, StringComparison.Ordinal);
    }

    [Fact]
    public void A_plan_says_what_is_needed_and_what_to_change()
    {
        // The one global layer takes 512 bytes a token as F32, 51 MB here; with the program's 157 MB that is more than 0.18 GiB (193 MB).
        JsonElement json = PunaCommand.Run("plan", models.Llama4, "--context", "100000", "--ram", "0.18", "--kv", "f32", "--json").Json();

        Assert.Equal(100_000, json.GetProperty("context").GetInt32());
        Assert.False(json.GetProperty("fits").GetBoolean());
        Assert.True(json.GetProperty("needed_bytes").GetInt64() > json.GetProperty("available_bytes").GetInt64());

        // Pages of 64 tokens: 1,563 of the global layer, and 9 of the three local ones for a chunk of 32 with a batch of 512 behind it.
        const long TokenBytes = 2 * 2 * 32 * sizeof(float);
        Assert.Equal((1563 + (9 * 3)) * 64 * TokenBytes, json.GetProperty("kv_bytes").GetInt64());
        Assert.NotEmpty(json.GetProperty("alternatives").EnumerateArray());
        Assert.True(json.GetProperty("kv_bytes").GetInt64() < json.GetProperty("kv_bytes_without_chunking").GetInt64());
        Assert.Equal(json.GetProperty("weight_bytes").GetInt64(), json.GetProperty("parts").EnumerateArray().Sum(p => p.GetProperty("bytes").GetInt64()));
        Assert.All(json.GetProperty("alternatives").EnumerateArray(), a => Assert.True(a.GetProperty("fits").GetBoolean()));
        string text = PunaCommand.Run("plan", models.Llama4, "--ram", "64").Done();
        Assert.Contains("routed experts", text, StringComparison.Ordinal);
        Assert.Contains("of 64.00 GiB available: fits", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_reader_that_leaves_early_is_no_error()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "needs a POSIX shell");
        using System.Diagnostics.Process shell = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo(
            "/bin/sh", ["-c", "\"$0\" inspect \"$1\" --json | head -c 1", PunaCommand.Executable, models.Llama4])
        { RedirectStandardError = true, RedirectStandardOutput = true })!;

        Assert.Equal("{", shell.StandardOutput.ReadToEnd());
        Assert.Equal("", shell.StandardError.ReadToEnd());
    }

    public void Dispose() => _folder.Dispose();
}
