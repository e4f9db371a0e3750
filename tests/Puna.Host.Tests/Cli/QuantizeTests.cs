using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;
using Puna.Formats.Gguf;
using Puna.Tensors;
using Puna.Tests.Formats;
using Puna.Tests.Models;

namespace Puna.Host.Tests.Cli;

public sealed class QuantizeTests(TinyModelFolder models) : IClassFixture<TinyModelFolder>, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Theory, InlineData("Q8_0"), InlineData("Q4_0"), InlineData("Q4_K_M"), InlineData("BF16")]
    public void The_result_answers(string type)
    {
        string output = _folder["out.gguf"];
        PunaCommand.Result result = PunaCommand.Run("quantize", models.Llama4, output, "--type", type);

        Assert.StartsWith(output, result.Done(), StringComparison.Ordinal);
        Assert.Contains("bits per weight", result.Output, StringComparison.Ordinal);
        Assert.Contains("[1/", result.Error, StringComparison.Ordinal); // a line per tensor where there is no terminal
        Assert.Equal(["out.gguf"], _folder.Names());
        JsonElement answer = PunaCommand.Run("run", output, "--prompt", "hello", "--max-tokens", "3", "--json").Json();
        Assert.InRange(answer.GetProperty("completion_tokens").GetInt32(), 0, 3);
    }

    [Fact]
    public void An_existing_file_and_the_input_are_safe()
    {
        string output = _folder.Write("out.gguf", [1]);
        Assert.Contains("--force", PunaCommand.Run("quantize", models.Llama, output, "--type", "Q8_0").Refused(2), StringComparison.Ordinal);
        Assert.Equal([1], File.ReadAllBytes(output));
        PunaCommand.Run("quantize", models.Llama, output, "--type", "Q8_0", "--force").Done();

        Assert.Contains("the file that is read", PunaCommand.Run("quantize", output, output, "--type", "Q8_0", "--force").Refused(2), StringComparison.Ordinal);
        Assert.Contains("--allow-requantize", PunaCommand.Run("quantize", output, _folder["again.gguf"], "--type", "Q4_0").Refused(2), StringComparison.Ordinal);
        PunaCommand.Run("quantize", output, _folder["again.gguf"], "--type", "Q4_0", "--allow-requantize").Done();
    }

    [Fact]
    public void Being_told_to_stop_leaves_nothing()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "needs POSIX signals");
        using Process process = StartLong();
        using (Process kill = Process.Start("/bin/kill", ["-TERM", process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)])) kill.WaitForExit();
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();

        Assert.Equal(1, process.ExitCode);
        Assert.EndsWith("puna: stopped.\n", error, StringComparison.Ordinal);
        Assert.Equal(["large.gguf"], _folder.Names());
    }

    [Fact]
    public void Being_killed_leaves_no_output_under_its_name()
    {
        using Process process = StartLong();
        process.Kill();
        process.WaitForExit();

        Assert.False(File.Exists(_folder["out.gguf"]));
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>A quantization of a hundred megabytes to a slow type, in the middle of its work.</summary>
    private Process StartLong()
    {
        const int Width = 256, Rows = 100_000;
        using (GgufWriter writer = GgufWriter.Create(_folder["large.gguf"]))
        {
            writer.AddString("general.architecture", "llama");
            writer.Add("llama.block_count", 1u);
            writer.DeclareTensor("token_embd.weight", ElementType.F32, Width, Rows);
            Random random = new(1);
            float[] block = new float[Width * 1000];
            for (int i = 0; i < block.Length; i++) block[i] = random.NextSingle() - 0.5f;
            for (int i = 0; i < Rows; i += 1000) writer.Write("token_embd.weight", MemoryMarshal.AsBytes<float>(block));
            writer.Complete();
        }

        Process process = PunaCommand.Start("quantize", _folder["large.gguf"], _folder["out.gguf"], "--type", "Q4_K", "--threads", "1");
        Assert.StartsWith("[1/1]", process.StandardError.ReadLine(), StringComparison.Ordinal);
        return process;
    }
}
