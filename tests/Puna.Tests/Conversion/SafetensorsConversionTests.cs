using Puna.Conversion;
using Puna.Formats.Gguf;
using Puna.Tensors;
using Puna.Tensors.Quantization;
using Puna.Tests.Formats;
using Puna.Tests.Models;
using Puna.Tokenizers;

namespace Puna.Tests.Conversion;

public sealed class SafetensorsConversionTests(TinyModelFolder models) : IClassFixture<TinyModelFolder>, IDisposable
{
    // Sums of at most 96 products of about 1 in float32, through 4 layers: 96 * 4 * 2^-24 relative, of logits below 30.
    private const float Rounding = 1e-3f;

    private static readonly int[] Tokens = [284, 7, 100, 256, 33, 260, 1, 90];

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<bool> Families => [false, true];

    [Theory, MemberData(nameof(Families))]
    public void Tensors_come_back_bit_for_bit(bool llama4)
    {
        string original = Original(llama4);
        using GgufFile before = GgufFile.Open(original);
        using GgufFile after = GgufFile.Open(Convert(HuggingFaceDirectory.Write(_folder["hf"], original)));

        Assert.Equal(before.Tensors.Select(t => t.Name).Order(StringComparer.Ordinal), after.Tensors.Select(t => t.Name).Order(StringComparer.Ordinal));
        foreach (Tensor tensor in before.Tensors)
        {
            Tensor converted = after.GetTensor(tensor.Name);
            Assert.Equal(tensor.Shape, converted.Shape);
            Assert.True(Bytes(tensor).SequenceEqual(Bytes(converted)), tensor.Name);
        }
    }

    [Theory, MemberData(nameof(Families))]
    public void Directory_and_converted_file_give_the_same_logits(bool llama4)
    {
        string directory = HuggingFaceDirectory.Write(_folder["hf"], Original(llama4));
        float[] expected = ModelLogits.Of(Original(llama4), Tokens, firstPos: 28); // across the edge of a chunk

        Assert.InRange(ModelLogits.Distance(expected, ModelLogits.Of(directory, Tokens, firstPos: 28)), 0, Rounding);
        Assert.Equal(expected, ModelLogits.Of(Convert(directory), Tokens, firstPos: 28));
    }

    [Theory, MemberData(nameof(Families))]
    public void Settings_and_vocabulary_come_back(bool llama4)
    {
        string original = Original(llama4);
        using PunaModel before = PunaModel.Load(original, new PunaModelOptions { Threads = 1 });
        using PunaModel after = PunaModel.Load(Convert(HuggingFaceDirectory.Write(_folder["hf"], original)), new PunaModelOptions { Threads = 1 });

        Assert.Equal(before.Config.Layers, after.Config.Layers);
        Assert.Equal(before.Config.ContextLength, after.Config.ContextLength);
        Assert.Equal(before.Config.RmsEps, after.Config.RmsEps);
        Assert.Equal(before.Config.Rope.Frequencies.ToArray(), after.Config.Rope.Frequencies.ToArray());
        Assert.Equal(before.ChatTemplateSource, after.ChatTemplateSource);
        Assert.Equal((before.Tokenizer.BosId, before.Tokenizer.EosId), (after.Tokenizer.BosId, after.Tokenizer.EosId));
        Assert.Equal(before.Tokenizer.EndOfGenerationIds, after.Tokenizer.EndOfGenerationIds);
        foreach (string text in (string[])["hello you and the others", " 12345\n\n\tif (x) {}", "<|eot|>naïve"])
            Assert.Equal(before.Tokenizer.Encode(text, addBos: true, parseSpecial: true), after.Tokenizer.Encode(text, addBos: true, parseSpecial: true));
    }

    [Fact]
    public void Llama3_rope_scaling_becomes_a_tensor_of_divisors()
    {
        const string Scaling = "\"rope_scaling\": { \"rope_type\": \"llama3\", \"factor\": 8.0, \"low_freq_factor\": 1.0, \"high_freq_factor\": 4.0, \"original_max_position_embeddings\": 64 },";
        string directory = HuggingFaceDirectory.Write(_folder["hf"], models.Llama, Scaling), converted = Convert(directory);
        using (GgufFile file = GgufFile.Open(converted))
        {
            float[] divisors = new float[TinyModel.HeadDim / 2];
            Dequantizer.Dequantize(ElementType.F32, file.GetTensor("rope_freqs.weight").Row(0), divisors);
            Assert.Equal(1f, divisors[0]);  // a wavelength of 2π, far below 64 / 4
            Assert.Equal(8f, divisors[^1]); // one of some 35,000, far above 64
        }

        float[] unscaled = ModelLogits.Of(models.Llama, Tokens, firstPos: 300), scaled = ModelLogits.Of(directory, Tokens, firstPos: 300);
        Assert.InRange(ModelLogits.Distance(scaled, ModelLogits.Of(converted, Tokens, firstPos: 300)), 0, Rounding);
        Assert.True(ModelLogits.Distance(unscaled, scaled) > 10 * Rounding, "the scaling changes nothing, so this test shows nothing");
    }

    [Fact]
    public void What_llama_cpp_takes_for_granted_is_written_out()
    {
        using GgufFile file = GgufFile.Open(Convert(HuggingFaceDirectory.Write(_folder["hf"], models.Llama4)));

        Assert.True(file.Metadata.GetBool("llama4.use_qk_norm"));
        Assert.Equal(TinyModel.ChunkSize, file.Metadata.GetInt32("llama4.attention.chunk_size"));
        Assert.Equal(4, file.Metadata.GetInt32("llama4.attention.nope_interval"));
        Assert.Equal(2, file.Metadata.GetInt32("llama4.interleave_moe_layer_step"));
        Assert.Equal(TinyModel.IntermediateSize, file.Metadata.GetInt32("llama4.expert_feed_forward_length"));
    }

    [Fact]
    public void The_licence_of_the_model_card_is_carried_over()
    {
        using GgufFile file = GgufFile.Open(Convert(HuggingFaceDirectory.Write(_folder["hf"], models.Llama)));

        Assert.Equal(("other", "tiny-licence", "LICENSE"),
            (file.Metadata.GetString("general.license"), file.Metadata.GetString("general.license.name"), file.Metadata.GetString("general.license.link")));
    }

    public void Dispose() => _folder.Dispose();

    private string Original(bool llama4) => llama4 ? models.Llama4 : models.Llama;

    private string Convert(string directory)
    {
        Assert.True(QuantizationRecipe.TryParse("F32", out QuantizationRecipe? recipe));
        string output = _folder["converted.gguf"];
        ModelConverter.Convert(directory, output, recipe, new ConversionOptions { Threads = 2, Overwrite = true }, cancellation: TestContext.Current.CancellationToken);
        return output;
    }

    private static unsafe ReadOnlySpan<byte> Bytes(Tensor tensor) => new(tensor.Data, (int)tensor.ByteLength);
}
