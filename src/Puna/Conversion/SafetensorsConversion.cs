using System.Globalization;
using Puna.Compute;
using Puna.Formats.Safetensors;
using Puna.Loading;
using Puna.Models;
using Puna.Tensors;
using Puna.Tensors.Quantization;

namespace Puna.Conversion;

/// <summary>
/// Plans a GGUF file from a Hugging Face directory: GGUF names, fused and transposed experts set right, q and k rows of
/// Llama 2 and 3 put back into pairs, FP8 weights multiplied by their scales, RoPE scaling as a tensor of divisors.
/// </summary>
internal static class SafetensorsConversion
{
    internal static ConversionPlan Plan(string path, QuantizationRecipe recipe)
    {
        string directory = Directory.Exists(path) ? path : Path.GetDirectoryName(Path.GetFullPath(path))!;
        ModelSource source = ModelSource.Open(path, correctEarlyScoutRope: false);
        DecoderWeights? weights = null;
        try
        {
            weights = DecoderWeights.Read(new FileWeights(source.File), source.Names, source.Config);
            double ropeTheta = new HuggingFaceConfigReader(HuggingFaceConfig.Open(directory), path).RopeTheta;
            List<(string Name, long[] Shape, WeightRows Rows)> rows = Rows(weights, source.Config, DecoderMetadata.RopeDivisors(source.Config, ropeTheta));
            bool tied = ReferenceEquals(weights.Output, weights.Embedding);
            PlannedTensor[] tensors = [.. rows.Select(r => new PlannedTensor(r.Name, r.Shape, r.Rows, recipe.TypeOf(r.Name, r.Shape, source.Config.Layers.Count, tied)))];
            DecoderMetadata metadata = new(source.Config, weights, ropeTheta);
            ModelCard card = ModelCard.Read(directory);
            return new ConversionPlan(
                tensors,
                writer =>
                {
                    metadata.AddTo(writer, source.Name, card);
                    VocabularyMetadata.AddTo(writer, directory, source);
                    GgufConversion.AddFileType(writer, recipe);
                },
                ((SafetensorsModel)source.File).Shards, LeftOut(source), weights, source);
        }
        catch
        {
            weights?.Dispose();
            source.Dispose();
            throw;
        }
    }

    /// <summary>All tensors of a GGUF file of this network, in the order in which a forward pass needs them.</summary>
    /// <param name="weights">The network's weights, from a file of any format.</param>
    /// <param name="config">Its settings.</param>
    /// <param name="ropeDivisors">Divisor of every rotation frequency, or null for no such tensor.</param>
    internal static List<(string Name, long[] Shape, WeightRows Rows)> Rows(DecoderWeights weights, DecoderConfig config, float[]? ropeDivisors)
    {
        WeightNames names = WeightNames.Gguf;
        List<(string Name, long[] Shape, WeightRows Rows)> output = [];
        AddMatrix(names.Embedding, weights.Embedding);
        if (ropeDivisors is not null) output.Add(("rope_freqs.weight", [ropeDivisors.Length], new ComputedRow(ropeDivisors)));
        for (int i = 0; i < weights.Layers.Count; i++)
        {
            DecoderLayerWeights layer = weights.Layers[i];
            Func<int, int>? inPairs = config.Rope.Pairing == RopePairing.HalfSplit ? row => SourceRow(row, config.HeadDim) : null;
            AddVector(Of(names.AttentionNorm, i), layer.AttentionNorm);
            AddMatrix(Of(names.Q, i), layer.Q, inPairs);
            AddMatrix(Of(names.K, i), layer.K, inPairs);
            AddMatrix(Of(names.V, i), layer.V);
            AddMatrix(Of(names.O, i), layer.O);
            AddVector(Of(names.FeedForwardNorm, i), layer.FeedForwardNorm);
            if (layer.Dense is { } dense)
            {
                bool shared = layer.Experts is not null;
                AddMatrix(Of(shared ? names.SharedGate! : names.Gate, i), dense.Gate);
                AddMatrix(Of(shared ? names.SharedUp! : names.Up, i), dense.Up);
                AddMatrix(Of(shared ? names.SharedDown! : names.Down, i), dense.Down);
            }

            if (layer.Experts is not { } experts) continue;
            AddMatrix(Of(names.Router!, i), experts.Router);
            AddStack(Of(names.ExpertsGate!, i), experts.Gate);
            AddStack(Of(names.ExpertsUp!, i), experts.Up);
            AddStack(Of(names.ExpertsDown!, i), experts.Down);
        }

        AddVector(names.OutputNorm, weights.OutputNorm);
        if (!ReferenceEquals(weights.Output, weights.Embedding)) AddMatrix(names.Output, weights.Output);
        return output;

        void AddVector(string name, Tensor vector) => output.Add((name, [vector.Elements], new TensorRows(vector)));

        void AddMatrix(string name, Tensor matrix, Func<int, int>? sourceRow = null) =>
            output.Add((name, [matrix.K, matrix.M], new MatrixRows([matrix], sourceRow)));

        void AddStack(string name, Tensor[] matrices)
        {
            if (matrices.FirstOrDefault(m => m.Type != matrices[0].Type) is { } odd)
                throw new ConversionException($"{odd.Name} is {odd.Type.Name()}, {matrices[0].Name} {matrices[0].Type.Name()}; the experts of a layer must be of one type to become one tensor.");
            output.Add((name, [matrices[0].K, matrices[0].M, matrices.Length], new MatrixRows(matrices)));
        }
    }

    /// <summary>
    /// Hugging Face files of Llama 2 and 3 hold the rows of a head with all first components of the rotated pairs before
    /// all second ones; GGUF holds pairs side by side: row 2m + c of a head comes from row c * headDim / 2 + m.
    /// </summary>
    private static int SourceRow(int row, int headDim)
    {
        int inHead = row % headDim;
        return row - inHead + (inHead % 2 * (headDim / 2)) + (inHead / 2);
    }

    /// <summary>Tensors of other parts, such as a vision tower: those outside the language model's prefix.</summary>
    private static List<string> LeftOut(ModelSource source) =>
        [.. source.File.Tensors.Select(t => t.Name).Where(n => !n.StartsWith(source.Names.Prefix, StringComparison.Ordinal))];

    private static string Of(string pattern, int layer) => pattern.Replace("{0}", layer.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
}
