using Puna.Tensors;
using Puna.Training.Export;
using Puna.Training.Model;
using Puna.Training.Numerics;
using Puna.Training.Optimization;
using Puna.Training.Vocabulary;

namespace Puna.Training.Commands;

/// <summary>Writes the weights of a checkpoint as a GGUF file.</summary>
internal static class ExportCommand
{
    public static void Run(Options options)
    {
        (RunSettings settings, FloatBuffer weights, long step) = Checkpoint.LoadWeights(options.Text("checkpoint"));
        using (weights)
        {
            string path = options.Text("out");
            if (!Enum.TryParse(options.Text("type", "Q8_0"), out ElementType type)) throw new OptionException("--type is F32, F16 or Q8_0.");
            GgufExporter.Write(path, new ParameterLayout(settings.Shape), weights, DemoVocabulary.Load(options.Text("vocabulary")), type);
            Console.WriteLine($"{path}: step {step}, {new FileInfo(path).Length / 1e6:F2} MB, SHA-256 {Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(path)))}");
        }
    }
}

/// <summary>Logits of this program's own forward pass for given tokens, as raw float32 [tokens, vocabulary].</summary>
internal static unsafe class LogitsCommand
{
    public static void Run(Options options)
    {
        int[] ids = [.. options.Text("ids").Split(',').Select(int.Parse)];
        (RunSettings settings, FloatBuffer weights, _) = Checkpoint.LoadWeights(options.Text("checkpoint"));
        using (weights)
        {
            using Network network = new(new ParameterLayout(settings.Shape), ids.Length);
            using FloatBuffer logits = new((long)ids.Length * settings.Shape.Vocabulary);
            network.Forward(weights, new TokenBatch(ids, [ids.Length], new float[ids.Length]));
            network.Logits(logits.Data);
            File.WriteAllBytes(options.Text("out"), System.Runtime.InteropServices.MemoryMarshal.AsBytes(logits.Span).ToArray());
        }
    }
}
