using Puna.Formats.Gguf;
using Puna.Tensors;

namespace Puna.Compare;

/// <summary>What a token costs at least, whatever engine computes it; the cache is not counted.</summary>
/// <param name="BytesPerToken">Weights read to generate one token, in bytes.</param>
/// <param name="LayerProducts">Multiply-adds of one token in the layers.</param>
/// <param name="OutputProducts">Multiply-adds of the output projection, made for the last token of a prompt only.</param>
public sealed record ModelCost(double BytesPerToken, double LayerProducts, double OutputProducts)
{
    /// <summary>Reads the shapes of a file.</summary>
    public static ModelCost Of(string path)
    {
        using GgufFile file = GgufFile.Open(path);
        string architecture = file.Metadata.GetString("general.architecture");
        double share = file.Metadata.TryGetInt32($"{architecture}.expert_count", out int experts) && experts > 0
            ? (double)file.Metadata.GetInt32($"{architecture}.expert_used_count") / experts
            : 1;

        bool tied = !file.TryGetTensor("output.weight", out _);
        double bytes = 0, layers = 0, output = 0;
        foreach (Tensor tensor in file.Tensors.Where(t => t.Shape.Count > 1))
        {
            bool isEmbedding = tensor.Name == "token_embd.weight";
            if (isEmbedding && !tied) continue; // one row of it is read

            double used = tensor.Shape.Count == 3 ? share : 1;
            bytes += used * tensor.ByteLength;
            if (isEmbedding || tensor.Name == "output.weight") output += tensor.Elements;
            else layers += used * tensor.Elements;
        }

        return new ModelCost(bytes, layers, output);
    }

    /// <summary>Operations a second (a product and a sum are two) of a prompt read at a rate.</summary>
    public double PrefillOperations(int tokens, double tokensPerSecond) => 2 * (LayerProducts + (OutputProducts / tokens)) * tokensPerSecond;
}
