using System.Text;
using Puna.Formats;
using Puna.Formats.Safetensors;
using Puna.Tensors;
using static Puna.Tests.Formats.Safetensors.SafetensorsBytes;

namespace Puna.Tests.Formats.Safetensors;

public sealed class SafetensorsModelTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private SafetensorsModel Open(string header, int dataBytes) =>
        SafetensorsModel.Open(_folder.Write("model.safetensors", File(header, dataBytes)));

    private ModelFileException Refused(byte[] content)
    {
        string path = _folder.Write("model.safetensors", content);
        ModelFileException error = Assert.Throws<ModelFileException>(() => SafetensorsModel.Open(path).Dispose());
        Assert.Equal(path, error.File);
        Assert.NotNull(error.Remedy);
        return error;
    }

    private ModelFileException Refused(string header, int dataBytes) => Refused(File(header, dataBytes));

    [Fact]
    public void Shapes_come_reversed_and_data_in_place()
    {
        byte[] data = [.. Enumerable.Range(0, 16).Select(i => (byte)i)];
        string header = $"{{\"__metadata__\":{{\"format\":\"pt\"}},{Tensor("w", "BF16", "[2,3]", 4, 16)},{Tensor("s", "F32", "[]", 0, 4)}}}  ";
        using SafetensorsModel model = SafetensorsModel.Open(_folder.Write("x.safetensors", File(Encoding.UTF8.GetBytes(header), data)));

        Tensor w = model.GetTensor("w");
        Assert.Equal([3L, 2L], w.Shape);
        Assert.Equal(ElementType.BF16, w.Type);
        Assert.Equal(data[10..16], w.Row(1).ToArray());
        Assert.Equal([1L], model.GetTensor("s").Shape);
        Assert.Empty(model.Entries[1].Shape);
        Assert.Equal(new TensorLocation(model.Path, 8 + header.Length + 4, 12), model.Locate("w"));
        Assert.Equal("pt", model.Metadata["format"]);
        Assert.Equal(16, model.TensorBytes);
        Assert.Equal(["w", "s"], model.Tensors.Select(t => t.Name));
    }

    [Theory, InlineData("F64", ElementType.F64, 8), InlineData("F32", ElementType.F32, 4), InlineData("F16", ElementType.F16, 2),
     InlineData("BF16", ElementType.BF16, 2), InlineData("F8_E4M3", ElementType.F8_E4M3, 1), InlineData("I64", ElementType.I64, 8),
     InlineData("I32", ElementType.I32, 4), InlineData("I16", ElementType.I16, 2), InlineData("I8", ElementType.I8, 1)]
    public void Dtypes_with_an_element_type_become_tensors(string dtype, ElementType type, int bytes)
    {
        using SafetensorsModel model = Open($"{{{Tensor("t", dtype, "[3]", 0, 3 * bytes)}}}", 3 * bytes);
        Assert.Equal(type, model.GetTensor("t").Type);
    }

    [Theory, InlineData("U8", 3), InlineData("BOOL", 3), InlineData("U16", 6), InlineData("U32", 12), InlineData("U64", 24), InlineData("F8_E5M2", 3)]
    public void Other_dtypes_are_raw_bytes_and_refused_as_tensors(string dtype, int bytes)
    {
        using SafetensorsModel model = Open($"{{{Tensor("t", dtype, "[3]", 0, bytes)}}}", bytes);

        Assert.Equal(bytes, model.GetBytes("t").Length);
        Assert.Equal(dtype, Assert.Single(model.Entries).Dtype);
        Assert.Empty(model.Tensors);
        Assert.Contains(dtype, Assert.Throws<ModelFileException>(() => model.GetTensor("t")).Message);
    }

    [Fact]
    public void Tensor_without_elements_is_listed_and_refused_as_a_tensor()
    {
        using SafetensorsModel model = Open($"{{{Tensor("empty", "F32", "[4,0]", 0, 0)},{Tensor("t", "I8", "[1]", 0, 1)}}}", 1);
        Assert.Equal(0, model.GetBytes("empty").Length);
        Assert.Throws<ModelFileException>(() => model.GetTensor("empty"));
        Assert.Equal("absent", Assert.Throws<ModelFileException>(() => model.GetTensor("absent")).Field);
    }

    [Fact]
    public void Unknown_dtype_is_refused_by_name()
    {
        ModelFileException error = Refused($"{{{Tensor("t", "F7", "[1]", 0, 1)}}}", 1);
        Assert.Equal(("t", "F7"), (error.Field, error.Found));
        Assert.Contains("BF16", error.Limit);
    }

    [Fact]
    public void File_cut_anywhere_is_refused()
    {
        byte[] whole = File($"{{{Tensor("a", "F32", "[2]", 0, 8)},{Tensor("b", "I8", "[3]", 8, 11)}}}", 11);
        for (int length = 0; length < whole.Length; length++) Refused(whole[..length]);
    }

    [Theory, InlineData(ulong.MaxValue), InlineData(1UL << 63), InlineData(100_000_001UL), InlineData(15UL)]
    public void Header_length_beyond_file_or_limit_is_refused(ulong length)
    {
        ModelFileException error = Refused(File("{}            "u8, [], length));
        Assert.Equal(("header length", $"{length}", 0L), (error.Field, error.Found, error.Offset));
    }

    public static TheoryData<string, int> BadHeaders => new()
    {
        { " {}", 0 }, { "[]", 0 }, { "{", 0 }, { "{}}", 0 }, { "{} x", 0 }, { "{\"a\":1}", 0 }, { "{/**/}", 0 }, { "{\"a\":{},}", 0 },
        { "{\"a\":{}}", 0 },
        { "{\"a\":{\"dtype\":\"I8\",\"shape\":[1]}}", 1 },
        { "{\"a\":{\"dtype\":1,\"shape\":[1],\"data_offsets\":[0,1]}}", 1 },
        { "{\"a\":{\"dtype\":\"I8\",\"shape\":1,\"data_offsets\":[0,1]}}", 1 },
        { "{\"a\":{\"dtype\":\"I8\",\"shape\":[-1],\"data_offsets\":[0,1]}}", 1 },
        { "{\"a\":{\"dtype\":\"I8\",\"shape\":[1.5],\"data_offsets\":[0,1]}}", 1 },
        { "{\"a\":{\"dtype\":\"I8\",\"shape\":[1e400],\"data_offsets\":[0,1]}}", 1 },
        { "{\"a\":{\"dtype\":\"I8\",\"shape\":[\"1\"],\"data_offsets\":[0,1]}}", 1 },
        { "{\"a\":{\"dtype\":\"I8\",\"shape\":[1],\"data_offsets\":[0]}}", 1 },
        { "{\"a\":{\"dtype\":\"I8\",\"shape\":[1],\"data_offsets\":[0,1,1]}}", 1 },
        { "{\"a\":{\"dtype\":\"I8\",\"dtype\":\"I8\",\"shape\":[1],\"data_offsets\":[0,1]}}", 1 },
        { "{\"a\":{\"dtype\":\"I8\",\"shape\":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1],\"data_offsets\":[0,1]}}", 1 },
        { "{\"a\":{\"dtype\":\"I8\",\"shape\":[1],\"data_offsets\":[0,1],\"x\":[[[[[[[[1]]]]]]]]}}", 1 },
        { "{\"__metadata__\":[]}", 0 }, { "{\"__metadata__\":{\"a\":1}}", 0 }, { "{\"__metadata__\":{\"a\":\"1\",\"a\":\"2\"}}", 0 },
        { "{\"\\ud800\":{}}", 0 }, { "{\"__metadata__\":{\"a\":\"\\udc00\"}}", 0 },
    };

    [Theory, MemberData(nameof(BadHeaders))]
    public void Header_of_another_structure_is_refused_with_its_byte(string header, int dataBytes)
    {
        ModelFileException error = Refused(header, dataBytes);
        Assert.InRange(error.Offset!.Value, 8, 8 + header.Length);
    }

    [Fact]
    public void Header_that_is_not_UTF8_is_refused() =>
        Assert.Contains("Unicode", Refused(File([(byte)'{', (byte)'"', 0xff, (byte)'"', (byte)':', (byte)'{', (byte)'}', (byte)'}'], [])).Message);

    [Fact]
    public void Repeated_name_is_refused_also_when_escaped_otherwise()
    {
        ModelFileException error = Refused($"{{{Tensor("ab", "I8", "[1]", 0, 1)},{Tensor("a\\u0062", "I8", "[1]", 1, 2)}}}", 2);
        Assert.Contains("'ab' occurs twice", error.Message);
    }

    public static TheoryData<string, int, string> BadPlacements => new()
    {
        { Tensor("t", "F32", "[2]", 0, 4), 4, "not the 8 of" },
        { Tensor("t", "F32", "[2]", 8, 0), 8, "before they begin" },
        { Tensor("t", "F32", "[2]", 0, 8), 7, "ends at 8" },
        { Tensor("t", "F32", "[2]", 0, 8), 9, "data at 9" },
        { Tensor("t", "I8", "[2]", 1, 3), 3, "hole from 0" },
        { Tensor("a", "I8", "[2]", 0, 2) + "," + Tensor("t", "I8", "[2]", 3, 5), 5, "hole from 2" },
        { Tensor("a", "I8", "[2]", 0, 2) + "," + Tensor("t", "I8", "[2]", 1, 3), 3, "inside the tensor before it" },
        { Tensor("a", "I8", "[2]", 0, 2) + "," + Tensor("t", "I8", "[2]", 0, 2), 2, "inside the tensor before it" },
        { Tensor("t", "F32", "[4611686018427387904,4611686018427387904]", 0, 8), 8, "overflows" },
        { Tensor("t", "F32", "[4611686018427387904]", 0, 8), 8, "overflows" },
        { Tensor("t", "I8", "[4]", 9223372036854775803, 9223372036854775807), 4, "ends at" },
        { Tensor("t", "F4", "[3]", 0, 1), 1, "not the 12/8" },
        { "", 1, "data at 1" },
    };

    [Theory, MemberData(nameof(BadPlacements))]
    public void Data_must_be_in_the_file_without_holes_overlaps_or_rests(string tensors, int dataBytes, string reason) =>
        Assert.Contains(reason, Refused($"{{{tensors}}}", dataBytes).Message);

    [Theory, InlineData("GGUF\u0003\0\0\0\0", "GGUF file"), InlineData("version https://git-lfs.github.com/spec/v1", "git lfs pull"),
     InlineData("<html><body></body></html>", "web page"), InlineData("PK\u0003\u0004....", "ZIP")]
    public void Foreign_file_is_recognised(string content, string hint) =>
        Assert.Contains(hint, Refused(Encoding.Latin1.GetBytes(content)).Message);

    [Fact]
    public void Folder_with_a_single_model_opens()
    {
        _folder.Write("model.safetensors", File($"{{{Tensor("t", "I8", "[1]", 0, 1)}}}", 1));
        using SafetensorsModel model = SafetensorsModel.Open(_folder.Root);
        Assert.Equal("t", Assert.Single(model.Tensors).Name);
    }

    [Fact]
    public void Folder_without_a_model_is_refused() =>
        Assert.Contains("model.safetensors.index.json", Assert.Throws<ModelFileException>(() => SafetensorsModel.Open(_folder.Root)).Message);

    [Fact]
    public void Absent_file_is_an_error_of_the_operating_system() =>
        Assert.ThrowsAny<IOException>(() => SafetensorsModel.Open(_folder["absent.safetensors"]));
}
