using System.Text;
using Puna.Formats;
using Puna.Formats.Gguf;
using Puna.Tensors;

namespace Puna.Tests.Formats.Gguf;

public sealed class GgufMalformedTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private ModelFileException Refused(byte[] content)
    {
        string path = _folder.Write("model.gguf", content);
        ModelFileException error = Assert.Throws<ModelFileException>(() => GgufFile.Open(path).Dispose());
        Assert.Equal(path, error.File);
        Assert.StartsWith("model.gguf: ", error.Message);
        Assert.NotNull(error.Remedy);
        Assert.EndsWith(error.Remedy, error.Message);
        return error;
    }

    private ModelFileException Refused(GgufBytes content) => Refused(content.ToArray());

    /// <summary>A whole little file: two metadata pairs, two tensors.</summary>
    private static GgufBytes Valid() => new GgufBytes().Header(2, 3)
        .Key("general.architecture", GgufValueType.String).Str("test")
        .Key("test.block_count", GgufValueType.UInt32).U32(1)
        .ArrayKey("test.tokens", GgufValueType.String, 2).Str("a").Str("bc")
        .Tensor("a.weight", ElementType.F32, 0, 8, 2)
        .Tensor("b.weight", ElementType.Q8_0, 64, 32)
        .Pad().Zeros(64).Zeros(34);

    [Fact]
    public void Valid_file_opens()
    {
        using GgufFile file = GgufFile.Open(_folder.Write("model.gguf", Valid().ToArray()));
        Assert.Equal(["a.weight", "b.weight"], file.Tensors.Select(t => t.Name));
    }

    [Fact]
    public void File_cut_anywhere_is_refused_with_the_byte_and_a_remedy()
    {
        byte[] whole = Valid().ToArray();
        for (int length = 1; length < whole.Length; length++) // 0 is the test below
        {
            ModelFileException error = Refused(whole[..length]);
            Assert.NotNull(error.Offset);
            Assert.InRange(error.Offset.Value, 0, length);
        }
    }

    [Fact]
    public void Empty_file_is_refused() => Assert.Contains("empty", Refused([]).Message);

    [Fact]
    public void Folder_in_place_of_the_file_is_refused() =>
        Assert.Contains("directory", Assert.Throws<ModelFileException>(() => GgufFile.Open(_folder.Root)).Message);

    [Fact]
    public void Absent_file_is_an_error_of_the_operating_system() =>
        Assert.ThrowsAny<IOException>(() => GgufFile.Open(_folder["absent.gguf"]));

    public static TheoryData<string, string> ForeignFiles => new()
    {
        { "\u0018\0\0\0\0\0\0\0{\"a\":1}", "safetensors" },
        { "PK\u0003\u0004rest", "ZIP" },
        { "\u0080\u0002}q\0", "pickle" },
        { "\n<!DOCTYPE html><html>", "web page" },
        { "version https://git-lfs.github.com/spec/v1\noid sha256:0", "git lfs pull" },
        { "lmgg\u0001\0\0\0", "before GGUF" },
        { "\u001f\u008b\u0008\0", "gzip" },
        { "{\"weight_map\": {}}", "JSON" },
        { "what is this", "download is whole" },
    };

    [Theory, MemberData(nameof(ForeignFiles))]
    public void Foreign_file_is_recognised(string content, string hint)
    {
        ModelFileException error = Refused(Encoding.Latin1.GetBytes(content));
        Assert.Equal("magic", error.Field);
        Assert.Contains(hint, error.Message);
    }

    [Theory, InlineData(0u), InlineData(1u), InlineData(4u), InlineData(0x0200_0000u), InlineData(uint.MaxValue)]
    public void Version_other_than_2_and_3_is_refused(uint version)
    {
        ModelFileException error = Refused(new GgufBytes().Header(0, 0, version));
        Assert.Equal(4, error.Offset);
        Assert.Equal($"{version}", error.Found);
    }

    [Theory, InlineData(1000UL), InlineData(1UL << 32), InlineData(1UL << 63), InlineData(ulong.MaxValue)]
    public void Counts_beyond_the_file_are_refused_before_anything_is_allocated(ulong count)
    {
        byte[] manyTensors = new GgufBytes().Header(count, 0).Zeros(100).ToArray();
        byte[] manyEntries = new GgufBytes().Header(0, count).Zeros(100).ToArray();
        byte[] longArray = new GgufBytes().Header(0, 1).ArrayKey("k", GgufValueType.UInt8, count).Zeros(100).ToArray();
        byte[] longStrings = new GgufBytes().Header(0, 1).ArrayKey("k", GgufValueType.String, count).Zeros(100).ToArray();
        byte[] longString = new GgufBytes().Header(0, 1).Key("k", GgufValueType.String).U64(count).Zeros(100).ToArray();

        long before = GC.GetAllocatedBytesForCurrentThread();
        foreach (byte[] content in (byte[][])[manyTensors, manyEntries, longArray, longStrings, longString])
            Assert.Equal($"{count}", Refused(content).Found);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    [Fact]
    public void String_length_error_reads_as_promised()
    {
        ModelFileException error = Refused(new GgufBytes().Header(0, 1).U64(long.MaxValue).Zeros(12));
        Assert.Equal("model.gguf: metadata entry 0: key: string length 9223372036854775807 exceeds the 12 bytes left (byte 24). " +
            "The file is cut short or damaged: download it again.", error.Message);
    }

    [Fact]
    public void Nested_array_is_refused() =>
        Assert.Contains("array of arrays", Refused(new GgufBytes().Header(0, 1).ArrayKey("k", GgufValueType.Array, 1).Zeros(50)).Message);

    [Theory, InlineData(13u), InlineData(uint.MaxValue)]
    public void Unknown_value_types_are_refused(uint type)
    {
        ModelFileException value = Refused(new GgufBytes().Header(0, 1).Str("key.x").U32(type).Zeros(50));
        ModelFileException element = Refused(new GgufBytes().Header(0, 1).Key("key.x", GgufValueType.Array).U32(type).U64(1).Zeros(50));
        Assert.All([value, element], error => Assert.Equal(("key.x", $"{type}"), (error.Field, error.Found)));
    }

    [Fact]
    public void Bool_other_than_0_and_1_is_refused()
    {
        ModelFileException lone = Refused(new GgufBytes().Header(0, 1).Key("k", GgufValueType.Bool).Raw([2]));
        Assert.Equal(24 + 9 + 4, lone.Offset);
        ModelFileException inArray = Refused(new GgufBytes().Header(0, 1).ArrayKey("k", GgufValueType.Bool, 3).Raw([1, 0, 255]));
        Assert.Equal("255", inArray.Found);
    }

    [Fact]
    public void Repeated_key_is_refused()
    {
        ModelFileException error = Refused(new GgufBytes().Header(0, 2)
            .Key("k", GgufValueType.UInt8).Raw([1]).Key("k", GgufValueType.UInt8).Raw([2]));
        Assert.Equal("k", error.Field);
    }

    [Fact]
    public void Names_that_are_empty_too_long_or_not_UTF8_are_refused()
    {
        Assert.Contains("empty", Refused(new GgufBytes().Header(0, 1).Key("", GgufValueType.UInt8).Raw([1, 0])).Message);
        Assert.Contains("65535", Refused(new GgufBytes().Header(0, 1).Key(new string('k', 65536), GgufValueType.UInt8).Raw([1])).Message);
        Assert.Contains("UTF-8", Refused(new GgufBytes().Header(0, 1).Str([0xff, 0xfe]).U32(0).Raw([1])).Message);
        Assert.Contains("63", Refused(new GgufBytes().Header(1, 0).Tensor(new string('t', 64), ElementType.F32, 0, 1).Pad().Zeros(4)).Message);
    }

    [Fact]
    public void Control_characters_of_a_name_are_escaped_in_the_message()
    {
        ModelFileException error = Refused(new GgufBytes().Header(1, 0).Tensor("\u001b[2J", 99, 0, 1).Pad().Zeros(4));
        Assert.Contains("\\u001b[2J", error.Message);
        Assert.DoesNotContain("\u001b", error.Message);
    }

    [Theory, InlineData(0u), InlineData(4u), InlineData(24u), InlineData(33u), InlineData(1u << 22), InlineData(1u << 31)]
    public void Bad_alignment_is_refused(uint alignment)
    {
        ModelFileException error = Refused(new GgufBytes().Header(0, 1).Key("general.alignment", GgufValueType.UInt32).U32(alignment));
        Assert.Equal(("general.alignment", $"{alignment}"), (error.Field, error.Found));
    }

    [Fact]
    public void Alignment_of_the_wrong_type_is_refused() =>
        Assert.Equal("String", Refused(new GgufBytes().Header(0, 1).Key("general.alignment", GgufValueType.String).Str("32")).Found);

    [Theory, InlineData(0), InlineData(5), InlineData(100)]
    public void Number_of_dimensions_is_limited(int dimensions)
    {
        ModelFileException error = Refused(new GgufBytes().Header(1, 0).Tensor("t", ElementType.F32, 0, [.. Enumerable.Repeat(1UL, dimensions)]).Pad().Zeros(4));
        Assert.Equal(("t", $"{dimensions}"), (error.Field, error.Found));
    }

    public static TheoryData<ElementType, ulong[]> BadShapes => new()
    {
        { ElementType.F32, [0] },
        { ElementType.F32, [4, 0] },
        { ElementType.F32, [ulong.MaxValue] },
        { ElementType.I8, [1UL << 62, 2] },
        { ElementType.F32, [1UL << 32, 1UL << 32] },
        { ElementType.Q4_K, [1UL << 61, 1UL << 61, 1UL << 61, 1UL << 61] },
        { ElementType.IQ1_S, [1UL << 62, 4] }, // the bytes would fit, the elements do not
        { ElementType.Q8_0, [31] },
        { ElementType.Q6_K, [128, 256] },
    };

    [Theory, MemberData(nameof(BadShapes))]
    public void Shape_of_zero_of_part_blocks_or_beyond_63_bits_is_refused(ElementType type, ulong[] shape) =>
        Assert.Equal("t", Refused(new GgufBytes().Header(1, 0).Tensor("t", type, 0, shape).Pad().Zeros(64)).Field);

    [Theory, InlineData(4u, "retired"), InlineData(5u, "retired"), InlineData(31u, "retired"), InlineData(38u, "retired"),
     InlineData(40u, "unknown"), InlineData(133u, "unknown"), InlineData(1000u, "unknown"), InlineData(uint.MaxValue, "unknown")]
    public void Type_ids_outside_the_format_are_refused_by_tensor_and_id(uint id, string word)
    {
        ModelFileException error = Refused(new GgufBytes().Header(1, 0).Tensor("blk.0.attn_q.weight", id, 0, 256).Pad().Zeros(1024));
        Assert.Contains($"tensor 'blk.0.attn_q.weight': its type id {id} is {word}", error.Message);
    }

    [Theory, InlineData(1UL), InlineData(16UL), InlineData(ulong.MaxValue)]
    public void Offset_off_the_alignment_is_refused(ulong offset) =>
        Assert.Equal($"{offset}", Refused(new GgufBytes().Header(1, 0).Tensor("t", ElementType.F32, offset, 1).Pad().Zeros(64)).Found);

    [Theory, InlineData(64UL), InlineData(1UL << 40), InlineData(0x7fff_ffff_ffff_ffe0UL)]
    public void Data_beyond_the_end_is_refused(ulong offset)
    {
        ModelFileException error = Refused(new GgufBytes().Header(1, 0).Tensor("t", ElementType.F32, offset, 8).Pad().Zeros(64));
        Assert.Equal($"{offset}+32", error.Found);
        Assert.Equal("64", error.Limit);
    }

    [Fact]
    public void Overlapping_tensors_are_refused_by_both_names()
    {
        ModelFileException error = Refused(new GgufBytes().Header(3, 0)
            .Tensor("late", ElementType.F32, 64, 8).Tensor("first", ElementType.F32, 0, 9).Tensor("inside", ElementType.F32, 32, 8)
            .Pad().Zeros(96));
        Assert.Contains("'first' and 'inside' overlap", error.Message);
    }

    [Fact]
    public void Repeated_tensor_name_is_refused() => Assert.Equal("t", Refused(new GgufBytes().Header(2, 0)
        .Tensor("t", ElementType.F32, 0, 8).Tensor("t", ElementType.F32, 32, 8).Pad().Zeros(64)).Field);
}
