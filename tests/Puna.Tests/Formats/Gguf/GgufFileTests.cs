using Puna.Formats;
using Puna.Formats.Gguf;
using Puna.Tensors;

namespace Puna.Tests.Formats.Gguf;

public sealed class GgufFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private GgufFile Open(GgufBytes content) => GgufFile.Open(_folder.Write("model.gguf", content.ToArray()));

    [Fact]
    public void Tensors_are_views_of_the_bytes_in_the_file()
    {
        byte[] data = [.. Enumerable.Range(0, 8).Select(i => (byte)i)];
        using GgufFile file = Open(new GgufBytes().Header(2, 0)
            .Tensor("second", ElementType.I8, 32, 4, 2).Tensor("first", ElementType.I16, 0, 2).Pad().Raw([9, 8, 7, 6]).Pad().Raw(data));

        Tensor second = file.GetTensor("second");
        Assert.Equal([4L, 2L], second.Shape);
        Assert.Equal(data[4..], second.Row(1).ToArray());
        Assert.Equal([9, 8, 7, 6], file.GetTensor("first").Row(0).ToArray());
        Assert.Equal(new TensorLocation(file.Path, file.Parts[0].DataOffset + 32, 8), file.Locate("second"));
        Assert.Equal(12, file.TensorBytes);
        Assert.Equal(["second", "first"], file.Tensors.Select(t => t.Name));
        Assert.False(file.TryGetTensor("third", out _));
        Assert.Equal("third", Assert.Throws<ModelFileException>(() => file.GetTensor("third")).Field);
    }

    [Fact]
    public void Version_2_reads_as_version_3_does()
    {
        using GgufFile file = Open(new GgufBytes().Header(1, 1, version: 2)
            .Key("k", GgufValueType.UInt16).U16(7).Tensor("t", ElementType.F32, 0, 1).Pad().Raw([0, 0, 0x80, 0x3f]));

        Assert.Equal(2u, file.Version);
        Assert.Equal(7, file.Metadata.GetInt32("k"));
        Assert.Equal(1f, BitConverter.ToSingle(file.GetTensor("t").Row(0)));
    }

    [Fact]
    public void Stated_alignment_moves_the_data()
    {
        using GgufFile file = Open(new GgufBytes().Header(1, 1)
            .Key("general.alignment", GgufValueType.UInt32).U32(256).Tensor("t", ElementType.I8, 256, 1).Pad(256).Zeros(256).Raw([42]));

        Assert.Equal(256, file.Alignment);
        Assert.Equal(42, file.GetTensor("t").Row(0)[0]);
    }

    [Fact]
    public void File_without_tensors_needs_no_data_section()
    {
        using GgufFile file = Open(new GgufBytes().Header(0, 1).Key("k", GgufValueType.Bool).Raw([1]));
        Assert.Empty(file.Tensors);
        Assert.True(file.Metadata.GetBool("k"));
    }

    [Fact]
    public void Big_endian_metadata_reads_in_every_type()
    {
        using GgufFile file = Open(new GgufBytes(bigEndian: true).Header(1, 6)
            .Key("u16", GgufValueType.UInt16).U16(0x1234)
            .Key("i32", GgufValueType.Int32).U32(unchecked((uint)-5))
            .Key("f32", GgufValueType.Float32).U32(BitConverter.SingleToUInt32Bits(1.5f))
            .Key("f64", GgufValueType.Float64).U64(BitConverter.DoubleToUInt64Bits(-2.25))
            .ArrayKey("texts", GgufValueType.String, 2).Str("x").Str("yz")
            .ArrayKey("numbers", GgufValueType.UInt32, 2).U32(1).U32(70000)
            .Tensor("t", ElementType.I8, 0, 3).Pad().Raw([1, 2, 3]));

        Assert.True(file.Parts[0].IsBigEndian);
        Assert.Equal(0x1234, file.Metadata.GetInt32("u16"));
        Assert.Equal(-5, file.Metadata.GetInt32("i32"));
        Assert.Equal(1.5f, file.Metadata.GetFloat32("f32"));
        Assert.Equal(-2.25, file.Metadata.GetFloat64("f64"));
        Assert.Equal(["x", "yz"], file.Metadata.GetStringArray("texts").ToArray());
        Assert.Equal([1, 70000], file.Metadata.GetInt32Array("numbers"));
        Assert.Equal([1, 2, 3], file.GetTensor("t").Row(0).ToArray());
    }

    [Theory, InlineData(ElementType.F32), InlineData(ElementType.Q4_0), InlineData(ElementType.TQ1_0)]
    public void Big_endian_data_of_wide_types_is_refused(ElementType type)
    {
        string path = _folder.Write("big.gguf", new GgufBytes(bigEndian: true).Header(1, 0).Tensor("t", type, 0, 256).Pad().Zeros(1024).ToArray());
        ModelFileException error = Assert.Throws<ModelFileException>(() => GgufFile.Open(path));
        Assert.Contains("little-endian", error.Message);
        Assert.Equal("t", error.Field);
    }

    [Fact]
    public void Metadata_cannot_be_read_after_disposal()
    {
        GgufFile file = Open(new GgufBytes().Header(0, 1).Key("k", GgufValueType.UInt8).Raw([1]));
        file.Dispose();
        Assert.Throws<ObjectDisposedException>(() => file.Metadata.GetInt32("k"));
    }

    [Fact]
    public void Refused_file_is_not_kept_open()
    {
        string path = _folder.Write("model.gguf", [1, 2, 3, 4]);
        Assert.Throws<ModelFileException>(() => GgufFile.Open(path));
        using FileStream exclusive = new(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        Assert.Equal(4, exclusive.Length);
    }

    // Facts as the model's author and converter state them; read with an independent script.
    [Theory, InlineData("stories260K-q8_0.gguf", ElementType.Q8_0), InlineData("stories260K-f32.gguf", ElementType.F32)]
    public void Real_model_shows_its_known_facts(string name, ElementType weights)
    {
        using GgufFile file = GgufFile.Open(SharedModels.RequirePath(name));

        Assert.Equal("llama", file.Metadata.GetString("general.architecture"));
        Assert.Equal(5, file.Metadata.GetInt32("llama.block_count"));
        Assert.Equal(64u, file.Metadata.GetUInt32("llama.embedding_length"));
        Assert.Equal(8, file.Metadata.GetInt64("llama.attention.head_count"));
        Assert.Equal(4UL, file.Metadata.GetUInt64("llama.attention.head_count_kv"));
        GgufStringArray tokens = file.Metadata.GetStringArray("tokenizer.ggml.tokens");
        Assert.Equal(512, tokens.Count);
        Assert.Equal("<s>", tokens.GetString(1));
        Assert.Equal(512, file.Metadata.GetFloat32Array("tokenizer.ggml.scores").Length);

        Tensor embedding = file.GetTensor("token_embd.weight");
        Assert.Equal([64L, 512L], embedding.Shape);
        Assert.Equal(weights, embedding.Type);
        Assert.Equal(file.Tensors.Sum(t => t.ByteLength), file.TensorBytes);
        Assert.Equal(new FileInfo(file.Path).Length, file.FileBytes);
        TensorDataCheck.Validate(file);
    }
}
