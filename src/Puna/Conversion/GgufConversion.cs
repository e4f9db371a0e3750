using Puna.Formats.Gguf;
using Puna.Tensors;
using Puna.Tensors.Quantization;

namespace Puna.Conversion;

/// <summary>Plans a GGUF file in other element types; metadata and tensor order stay, a split set becomes one file.</summary>
internal static class GgufConversion
{
    private const string FileTypeKey = "general.file_type";
    private const string QuantizationVersionKey = "general.quantization_version";

    /// <summary>Version of the block layouts, the same since GGUF exists.</summary>
    private const uint QuantizationVersion = 2;

    internal static ConversionPlan Plan(string path, QuantizationRecipe recipe)
    {
        GgufFile file = GgufFile.Open(path);
        try
        {
            string architecture = file.Metadata.GetString("general.architecture");
            if (architecture is not ("llama" or "llama4"))
                throw new ConversionException($"{path}: architecture '{architecture}' cannot be quantized here; which tensors bear how few bits is known for llama and llama4.");

            int layers = file.Metadata.GetInt32($"{architecture}.block_count");
            bool tied = !file.TryGetTensor("output.weight", out _);
            List<PlannedTensor> tensors = [];
            foreach (Tensor tensor in file.Tensors)
            {
                long[] shape = [.. tensor.Shape];
                tensors.Add(new PlannedTensor(tensor.Name, shape, new TensorRows(tensor), TypeOf(tensor, shape, recipe, layers, tied)));
            }

            return new ConversionPlan(tensors, AddMetadata, [.. file.Parts.Select(p => p.Path)], [], file);
        }
        catch
        {
            file.Dispose();
            throw;
        }

        void AddMetadata(GgufWriter writer)
        {
            writer.CopyMetadata(file.Metadata, FileTypeKey, QuantizationVersionKey);
            AddFileType(writer, recipe);
        }
    }

    /// <summary>Says how the weights are stored.</summary>
    internal static void AddFileType(GgufWriter writer, QuantizationRecipe recipe)
    {
        writer.Add(FileTypeKey, (uint)recipe.FileType);
        writer.Add(QuantizationVersionKey, QuantizationVersion);
    }

    /// <summary>Integers, and the towers that some files carry beside the language model, stay as they are.</summary>
    private static ElementType TypeOf(Tensor tensor, long[] shape, QuantizationRecipe recipe, int layers, bool tied)
    {
        bool isInteger = tensor.Type is ElementType.I8 or ElementType.I16 or ElementType.I32 or ElementType.I64;
        bool isOtherTower = tensor.Name.StartsWith("v.", StringComparison.Ordinal) || tensor.Name.StartsWith("mm.", StringComparison.Ordinal);
        return isInteger || isOtherTower ? tensor.Type : recipe.TypeOf(tensor.Name, shape, layers, tied);
    }
}
