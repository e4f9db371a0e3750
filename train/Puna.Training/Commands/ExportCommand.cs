using Puna.Tensors;
using Puna.Training.Export;
using Puna.Training.Model;
using Puna.Training.Numerics;
using Puna.Training.Optimization;
using Puna.Training.Vocabulary;

namespace Puna.Training.Commands;

/// <summary>Writes the weights of a checkpoint as a GGUF file, or as a folder of safetensors where the name does not end in <c>.gguf</c>.</summary>
internal static class ExportCommand
{
    private static readonly ElementType[] Floats = [ElementType.F32, ElementType.F16, ElementType.BF16];

    public static void Run(Options options)
    {
        (RunSettings settings, FloatBuffer weights, long step) = Checkpoint.LoadWeights(options.Text("checkpoint"));
        using (weights)
        {
            string path = options.Text("out");
            bool folder = !path.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase);
            if (!Enum.TryParse(options.Text("type", folder ? "BF16" : "Q8_0"), out ElementType type) || !(folder ? Floats : [ElementType.Q8_0, .. Floats[..2]]).Contains(type))
                throw new OptionException(folder ? "--type of a safetensors folder is F32, F16 or BF16." : "--type of a GGUF file is F32, F16 or Q8_0.");

            ParameterLayout layout = new(settings.Shape);
            DemoVocabulary vocabulary = DemoVocabulary.Load(options.Text("vocabulary"));
            vocabulary.RequireSize(settings.Shape.Vocabulary);
            if (folder) SafetensorsExporter.Write(path, layout, weights, vocabulary, type);
            else GgufExporter.Write(path, layout, weights, vocabulary, type, options.Text("name", GgufExporter.DefaultName));
            string file = folder ? Path.Combine(path, "model.safetensors") : path;
            Console.WriteLine($"{file}: step {step}, {new FileInfo(file).Length / 1e6:F2} MB, SHA-256 {Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(file)))}");
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
