using System.Runtime.InteropServices;
using Puna.Conversion;
using Puna.Formats.Gguf;
using Puna.Tensors;
using Puna.Tensors.Quantization;
using Puna.Tests.Formats;
using Puna.Tests.Models;

namespace Puna.Tests.Conversion;

public sealed class ModelConverterTests(TinyModelFolder models) : IClassFixture<TinyModelFolder>, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Recipes => [.. QuantizationRecipe.All.Select(r => r.Name)];

    [Theory, MemberData(nameof(Recipes))]
    public void Every_tensor_gets_the_type_of_the_recipe_and_its_bytes(string name)
    {
        QuantizationRecipe recipe = Recipe(name);
        using GgufFile before = GgufFile.Open(models.Llama4);
        using GgufFile after = GgufFile.Open(Convert(models.Llama4, "out.gguf", name));

        Assert.Equal(recipe.FileType, after.Metadata.GetInt32("general.file_type"));
        Assert.Equal(2, after.Metadata.GetInt32("general.quantization_version"));
        foreach (Tensor tensor in before.Tensors)
        {
            Tensor converted = after.GetTensor(tensor.Name);
            Assert.Equal(recipe.TypeOf(tensor.Name, [.. tensor.Shape], 4, tied: false), converted.Type);
            byte[] expected = new byte[converted.ByteLength];
            Quantizer.Quantize(converted.Type, MemoryMarshal.Cast<byte, float>(Bytes(tensor)), expected);
            Assert.True(expected.AsSpan().SequenceEqual(Bytes(converted)), tensor.Name);
        }
    }

    [Fact]
    public void Metadata_stays()
    {
        using GgufFile before = GgufFile.Open(models.Llama4);
        using GgufFile after = GgufFile.Open(Convert(models.Llama4, "out.gguf", "Q8_0"));

        foreach (GgufMetadataEntry entry in before.Metadata.Entries.Where(e => e.Key is not ("general.file_type" or "general.quantization_version")))
        {
            Assert.True(after.Metadata.TryGetEntry(entry.Key, out GgufMetadataEntry? copied), entry.Key);
            Assert.Equal((entry.Type, entry.Count), (copied.Type, copied.Count));
        }
    }

    [Fact]
    public void The_number_of_threads_changes_no_byte()
    {
        byte[] one = File.ReadAllBytes(Convert(models.Llama4, "one.gguf", "Q4_0", new ConversionOptions { Threads = 1 }));

        foreach (int threads in (int[])[2, 5])
            Assert.Equal(one, File.ReadAllBytes(Convert(models.Llama4, $"{threads}.gguf", "Q4_0", new ConversionOptions { Threads = threads })));
    }

    [Fact]
    public void Quantized_weights_are_quantized_again_only_when_allowed()
    {
        string q8 = Convert(models.Llama, "q8.gguf", "Q8_0");

        ConversionException error = Assert.Throws<ConversionException>(() => Convert(q8, "q4.gguf", "Q4_0"));
        Assert.Contains("already quantized (Q8_0)", error.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(_folder["q4.gguf"]));
        Assert.True(File.Exists(Convert(q8, "q4.gguf", "Q4_0", new ConversionOptions { AllowRequantize = true })));
        Assert.True(File.Exists(Convert(q8, "f32.gguf", "F32"))); // only decodes
        Assert.Equal(File.ReadAllBytes(q8), File.ReadAllBytes(Convert(q8, "same.gguf", "Q8_0")));
    }

    [Fact]
    public void An_existing_file_is_replaced_only_when_asked_to()
    {
        _folder.Write("out.gguf", [1, 2, 3]);

        Assert.Throws<ConversionException>(() => Convert(models.Llama, "out.gguf", "Q8_0"));
        Assert.Equal([1, 2, 3], File.ReadAllBytes(_folder["out.gguf"]));
        Convert(models.Llama, "out.gguf", "Q8_0", new ConversionOptions { Overwrite = true });
        Assert.True(new FileInfo(_folder["out.gguf"]).Length > 3);
    }

    [Fact]
    public void The_input_is_never_the_output()
    {
        string input = _folder["in.gguf"];
        File.Copy(models.Llama, input);
        byte[] before = File.ReadAllBytes(input);
        File.CreateSymbolicLink(_folder["link.gguf"], input);

        foreach (string output in (string[])["in.gguf", "link.gguf"])
            Assert.Throws<ConversionException>(() => Convert(input, output, "Q8_0", new ConversionOptions { Overwrite = true }));
        Assert.Equal(before, File.ReadAllBytes(input));
    }

    [Fact]
    public void A_value_without_a_form_is_named_by_tensor_and_row_and_leaves_no_file()
    {
        byte[] damaged = File.ReadAllBytes(models.Llama);
        using (GgufFile file = GgufFile.Open(models.Llama))
        {
            long offset = file.Locate("blk.1.ffn_up.weight").Offset + (5 * TinyModel.HiddenSize * sizeof(float)); // row 5
            BitConverter.TryWriteBytes(damaged.AsSpan((int)offset), float.NaN);
        }

        string input = _folder.Write("damaged.gguf", damaged);
        ConversionException error = Assert.Throws<ConversionException>(() => Convert(input, "out.gguf", "Q8_0"));

        Assert.StartsWith("tensor blk.1.ffn_up.weight, row 5:", error.Message, StringComparison.Ordinal);
        Assert.Equal(["damaged.gguf"], _folder.Names());
    }

    [Fact]
    public void Stopping_leaves_no_file()
    {
        using CancellationTokenSource stop = new();
        StopAfter progress = new(stop, tensor: 7);

        Assert.ThrowsAny<OperationCanceledException>(() =>
            ModelConverter.Convert(models.Llama4, _folder["out.gguf"], Recipe("Q8_0"), progress: progress, cancellation: stop.Token));
        Assert.Empty(_folder.Names());
        Assert.Equal(7, progress.Last.Index);
    }

    [Fact]
    public void Progress_counts_all_tensors_and_bytes()
    {
        StopAfter progress = new(null, tensor: int.MaxValue);

        ConversionResult result = ModelConverter.Convert(models.Llama4, _folder["out.gguf"], Recipe("Q8_0"), progress: progress, cancellation: TestContext.Current.CancellationToken);

        Assert.Equal((result.Tensors, result.Tensors), (progress.Last.Index, progress.Last.Count));
        Assert.Equal((result.Bytes, result.Bytes), (progress.Last.BytesWritten, progress.Last.BytesTotal));
        Assert.Equal(result.Bytes, result.BytesByType.Values.Sum());
    }

    [Fact]
    public void Another_architecture_is_refused_by_name()
    {
        using (GgufWriter writer = GgufWriter.Create(_folder["bert.gguf"]))
        {
            writer.AddString("general.architecture", "bert");
            writer.Complete();
        }

        ConversionException error = Assert.Throws<ConversionException>(() => Convert(_folder["bert.gguf"], "out.gguf", "Q8_0"));
        Assert.Contains("'bert'", error.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private string Convert(string input, string output, string recipe, ConversionOptions? options = null)
    {
        ModelConverter.Convert(input, _folder[output], Recipe(recipe), options, cancellation: TestContext.Current.CancellationToken);
        return _folder[output];
    }

    private static QuantizationRecipe Recipe(string name) =>
        QuantizationRecipe.TryParse(name, out QuantizationRecipe? recipe) ? recipe : throw new ArgumentException(name);

    private static unsafe ReadOnlySpan<byte> Bytes(Tensor tensor) => new(tensor.Data, (int)tensor.ByteLength);

    private sealed class StopAfter(CancellationTokenSource? stop, int tensor) : IProgress<ConversionStep>
    {
        internal ConversionStep Last { get; private set; }

        public void Report(ConversionStep value)
        {
            Last = value;
            if (value.Index == tensor) stop!.Cancel();
        }
    }
}
