using System.Globalization;
using System.Runtime.InteropServices;
using Puna.Tests;

namespace Puna.Host.Tests.Cli;

/// <summary>
/// The engine against the training program, which was written apart from it. The data comes from
/// <c>dotnet run -c Release --project train/Puna.Training -- golden --out tests/Puna.Host.Tests/Golden</c>.
/// </summary>
public sealed class TrainerLogitsTests
{
    private const double RelativeLimit = 1e-4;

    [Theory]
    [InlineData("cpu")]
    [InlineData("reference")]
    public void Logits_agree_with_those_of_the_training_program(string backend)
    {
        string folder = RepositoryFiles.Find("tests/Puna.Host.Tests/Golden"), output = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName() + ".npy");
        try
        {
            PunaCommand.Result result = PunaCommand.Run("logits", Path.Combine(folder, "golden.gguf"), "--ids-file", Path.Combine(folder, "golden-ids.txt"),
                "--kv", "f32", "--backend", backend, "--out", output);
            Assert.Equal(0, result.ExitCode);
            float[] expected = MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(Path.Combine(folder, "golden-logits.f32"))).ToArray();
            byte[] npy = File.ReadAllBytes(output);
            float[] actual = MemoryMarshal.Cast<byte, float>(npy.AsSpan(10 + BitConverter.ToUInt16(npy, 8))).ToArray();

            Assert.Equal(expected.Length, actual.Length);
            double difference = 0, size = 0;
            for (int i = 0; i < expected.Length; i++)
            {
                difference += Math.Pow(actual[i] - expected[i], 2);
                size += Math.Pow(expected[i], 2);
            }

            Assert.True(Math.Sqrt(difference / size) < RelativeLimit, Math.Sqrt(difference / size).ToString("E1", CultureInfo.InvariantCulture));
        }
        finally
        {
            File.Delete(output);
        }
    }
}
