using Puna.Formats.Gguf;
using Puna.Tensors;

namespace Puna.Tests.Formats.Gguf;

public sealed class GgufWriterTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<ElementType> GgufTypes => [.. ElementTypes.All.Where(t => t != ElementType.F8_E4M3)];

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 40)];

    /// <summary>Every metadata type, lone and as an array, with the edges of its range.</summary>
    private static void AddEveryType(GgufWriter writer)
    {
        AddBoth(writer, "u8", byte.MinValue, byte.MaxValue);
        AddBoth(writer, "i8", sbyte.MinValue, sbyte.MaxValue);
        AddBoth(writer, "u16", ushort.MinValue, ushort.MaxValue);
        AddBoth(writer, "i16", short.MinValue, short.MaxValue);
        AddBoth(writer, "u32", uint.MinValue, uint.MaxValue);
        AddBoth(writer, "i32", int.MinValue, int.MaxValue);
        AddBoth(writer, "u64", ulong.MinValue, ulong.MaxValue);
        AddBoth(writer, "i64", long.MinValue, long.MaxValue);
        AddBoth(writer, "f32", float.MinValue, float.NaN);
        AddBoth(writer, "f64", double.Epsilon, double.PositiveInfinity);
        AddBoth(writer, "bool", true, false);
        writer.AddString("str", "Grüße, 世界");
        writer.AddString("str.empty", "");
        writer.AddStringArray("str[]", ["", "a", "Ġthe"]);
        writer.AddStringArray("str[0]", Array.Empty<string>());
        writer.AddStringArray("raw[]", [[0xff], "ok"u8.ToArray()]);
    }

    private static void AddBoth<T>(GgufWriter writer, string key, T first, T second) where T : unmanaged
    {
        writer.Add(key, first);
        writer.AddArray(key + "[]", [first, second, first]);
        writer.AddArray<T>(key + "[0]", []);
    }

    private static void AssertEveryType(GgufMetadata m)
    {
        Assert.Equal(38, m.Entries.Count);
        Assert.Equal([0, 255, 0], m.GetInt32Array("u8[]"));
        Assert.Equal([-128, 127, -128], m.GetInt32Array("i8[]"));
        Assert.Equal([0, 65535, 0], m.GetInt32Array("u16[]"));
        Assert.Equal([short.MinValue, short.MaxValue, short.MinValue], m.GetInt32Array("i16[]"));
        Assert.Equal([0u, uint.MaxValue, 0u], m.GetUInt32Array("u32[]"));
        Assert.Equal([int.MinValue, int.MaxValue, int.MinValue], m.GetInt32Array("i32[]"));
        Assert.Equal([0UL, ulong.MaxValue, 0UL], m.GetUInt64Array("u64[]"));
        Assert.Equal([long.MinValue, long.MaxValue, long.MinValue], m.GetInt64Array("i64[]"));
        Assert.Equal([float.MinValue, float.NaN, float.MinValue], m.GetFloat32Array("f32[]"));
        Assert.Equal([double.Epsilon, double.PositiveInfinity, double.Epsilon], m.GetFloat64Array("f64[]"));
        Assert.Equal([true, false, true], m.GetBoolArray("bool[]"));
        Assert.Equal(long.MinValue, m.GetInt64("i64"));
        Assert.Equal(float.MinValue, m.GetFloat32("f32"));
        Assert.Equal(double.Epsilon, m.GetFloat64("f64"));
        Assert.True(m.GetBool("bool"));
        Assert.Equal("Grüße, 世界", m.GetString("str"));
        Assert.Equal("", m.GetString("str.empty"));
        Assert.Equal(["", "a", "Ġthe"], m.GetStringArray("str[]").ToArray());
        Assert.Empty(m.GetStringArray("str[0]").ToArray());
        Assert.Equal([0xff], m.GetStringArray("raw[]")[0].ToArray());
        foreach (string type in (string[])["u8", "i8", "u16", "i16", "u32", "i32", "u64", "i64", "f32", "f64", "bool"])
            Assert.Equal(0, m.GetEntry(type + "[0]").Count);
    }

    [Fact]
    public void Every_metadata_type_survives_writing_and_reading()
    {
        using (GgufWriter writer = GgufWriter.Create(_folder["m.gguf"]))
        {
            AddEveryType(writer);
            writer.Complete();
        }

        using GgufFile file = GgufFile.Open(_folder["m.gguf"]);
        AssertEveryType(file.Metadata);
    }

    [Fact]
    public void Copied_metadata_is_the_same_to_the_byte()
    {
        using (GgufWriter writer = GgufWriter.Create(_folder["a.gguf"]))
        {
            AddEveryType(writer);
            writer.Complete();
        }

        using (GgufFile source = GgufFile.Open(_folder["a.gguf"]))
        using (GgufWriter writer = GgufWriter.Create(_folder["b.gguf"]))
        {
            writer.CopyMetadata(source.Metadata);
            writer.Complete();
        }

        Assert.Equal(File.ReadAllBytes(_folder["a.gguf"]), File.ReadAllBytes(_folder["b.gguf"]));
    }

    [Fact]
    public void Copy_leaves_out_named_keys_split_keys_and_the_alignment()
    {
        using (GgufWriter writer = GgufWriter.Create(_folder["a.gguf"], alignment: 64))
        {
            writer.Add("general.file_type", 0u);
            writer.AddString("general.name", "kept");
            writer.Add("split.count", (ushort)1);
            writer.Complete();
        }

        using (GgufFile source = GgufFile.Open(_folder["a.gguf"]))
        using (GgufWriter writer = GgufWriter.Create(_folder["b.gguf"]))
        {
            writer.Add("general.file_type", 15u);
            writer.CopyMetadata(source.Metadata, "general.file_type");
            writer.Complete();
        }

        using GgufFile copy = GgufFile.Open(_folder["b.gguf"]);
        Assert.Equal(["general.file_type", "general.name"], copy.Metadata.Entries.Select(e => e.Key));
        Assert.Equal(15, copy.Metadata.GetInt32("general.file_type"));
        Assert.Equal(32, copy.Alignment);
    }

    [Fact]
    public void Copy_of_a_big_endian_file_is_little_endian_with_equal_values()
    {
        _folder.Write("big.gguf", new GgufBytes(bigEndian: true).Header(0, 5)
            .Key("u32", GgufValueType.UInt32).U32(7)
            .ArrayKey("u16s", GgufValueType.UInt16, 2).U16(1).U16(0x0203)
            .Key("text", GgufValueType.String).Str("abc")
            .ArrayKey("texts", GgufValueType.String, 2).Str("x").Str("yz")
            .Key("f64", GgufValueType.Float64).U64(BitConverter.DoubleToUInt64Bits(0.1)).ToArray());

        using (GgufFile source = GgufFile.Open(_folder["big.gguf"]))
        using (GgufWriter writer = GgufWriter.Create(_folder["little.gguf"]))
        {
            writer.CopyMetadata(source.Metadata);
            writer.Complete();
        }

        using GgufFile copy = GgufFile.Open(_folder["little.gguf"]);
        Assert.False(copy.Parts[0].IsBigEndian);
        Assert.Equal(7, copy.Metadata.GetInt32("u32"));
        Assert.Equal([1, 0x0203], copy.Metadata.GetInt32Array("u16s"));
        Assert.Equal("abc", copy.Metadata.GetString("text"));
        Assert.Equal(["x", "yz"], copy.Metadata.GetStringArray("texts").ToArray());
        Assert.Equal(0.1, copy.Metadata.GetFloat64("f64"));
    }

    [Theory, MemberData(nameof(GgufTypes))]
    public void Every_element_type_survives_writing_in_pieces(ElementType type)
    {
        byte[] first = RandomBytes(seed: 1, checked((int)type.ByteSize(3 * 512))), second = RandomBytes(seed: 2, (int)type.ByteSize(256));
        using (GgufWriter writer = GgufWriter.Create(_folder["m.gguf"], alignment: 128))
        {
            writer.DeclareTensor("first", type, 512, 3);
            writer.DeclareTensor("second", type, 256, 1, 1, 1);
            foreach (byte[] piece in first.Chunk(7)) writer.Write("first", piece);
            writer.Write("second", second);
            writer.Complete();
        }

        using GgufFile file = GgufFile.Open(_folder["m.gguf"]);
        Assert.Equal(128, file.Alignment);
        Assert.All(file.Tensors, t => Assert.Equal(type, t.Type));
        Assert.All(file.Tensors, t => Assert.Equal(0, file.Locate(t.Name).Offset % 128));
        Assert.Equal([512L, 3L], file.GetTensor("first").Shape);
        Assert.Equal(first, Data(file.GetTensor("first")));
        Assert.Equal(second, Data(file.GetTensor("second")));
    }

    /// <summary>Any number of tensors of any types and shapes, with metadata of any length before them.</summary>
    [Theory, MemberData(nameof(Seeds))]
    public void Random_model_survives_writing_and_reading(int seed)
    {
        Random random = new(seed);
        ElementType[] types = [.. ElementTypes.All.Where(t => t != ElementType.F8_E4M3)];
        int alignment = 8 << random.Next(8);
        List<(string Name, ElementType Type, long[] Shape, byte[] Data)> tensors = [];
        for (int i = random.Next(12); i > 0; i--)
        {
            ElementType type = types[random.Next(types.Length)];
            long[] shape = [type.BlockLength() * (1 + random.Next(4)), .. Enumerable.Range(0, random.Next(4)).Select(_ => 1L + random.Next(4))];
            tensors.Add(($"tensor.{i}", type, shape, RandomBytes(random.Next(), (int)type.ByteSize(shape.Aggregate((a, b) => a * b)))));
        }

        string[] texts = [.. Enumerable.Range(0, random.Next(20)).Select(_ => new string((char)random.Next(0x20, 0xd7ff), random.Next(30)))];
        using (GgufWriter writer = GgufWriter.Create(_folder["m.gguf"], alignment))
        {
            writer.AddStringArray("texts", texts);
            foreach (var t in tensors) writer.DeclareTensor(t.Name, t.Type, t.Shape);
            foreach (var t in tensors)
            {
                for (int at = 0, size; at < t.Data.Length; at += size)
                {
                    size = Math.Min(1 + random.Next(100), t.Data.Length - at);
                    writer.Write(t.Name, t.Data.AsSpan(at, size));
                }
            }

            writer.Complete();
        }

        using GgufFile file = GgufFile.Open(_folder["m.gguf"]);
        Assert.Equal(texts, file.Metadata.GetStringArray("texts").ToArray());
        Assert.Equal(tensors.Select(t => (t.Name, t.Type)), file.Tensors.Select(t => (t.Name, t.Type)));
        Assert.All(tensors.Zip(file.Tensors), pair =>
        {
            Assert.Equal(pair.First.Shape, pair.Second.Shape);
            Assert.Equal(pair.First.Data, Data(pair.Second));
            Assert.Equal(0, file.Locate(pair.Second.Name).Offset % alignment);
        });
    }

    [Fact]
    public void Tensors_of_an_open_file_copy_to_equal_files()
    {
        using (GgufWriter writer = GgufWriter.Create(_folder["a.gguf"]))
        {
            writer.DeclareTensor("x", ElementType.Q8_0, 64, 2);
            writer.DeclareTensor("y", ElementType.F32, 3);
            writer.Write("x", RandomBytes(seed: 3, 136));
            writer.Write("y", RandomBytes(seed: 4, 12));
            writer.Complete();
        }

        using (GgufFile source = GgufFile.Open(_folder["a.gguf"]))
        using (GgufWriter writer = GgufWriter.Create(_folder["b.gguf"]))
        {
            foreach (Tensor t in source.Tensors) writer.DeclareTensor(t.Name, t.Type, [.. t.Shape]);
            foreach (Tensor t in source.Tensors) writer.WriteTensor(t);
            writer.Complete();
        }

        Assert.Equal(File.ReadAllBytes(_folder["a.gguf"]), File.ReadAllBytes(_folder["b.gguf"]));
    }

    [Fact]
    public void Split_set_written_part_by_part_opens_as_one()
    {
        for (int part = 0; part < 3; part++)
        {
            using GgufWriter writer = GgufWriter.Create(_folder[$"s-{part + 1:D5}-of-00003.gguf"]);
            if (part == 0) writer.AddString("general.architecture", "test");
            writer.Add("split.no", (ushort)part);
            writer.Add("split.count", (ushort)3);
            writer.Add("split.tensors.count", 2);
            if (part > 0)
            {
                writer.DeclareTensor($"t{part}", ElementType.I8, 2);
                writer.Write($"t{part}", [(byte)part, 9]);
            }

            writer.Complete();
        }

        using GgufFile file = GgufFile.Open(_folder["s-00003-of-00003.gguf"]);
        Assert.Equal("test", file.Metadata.GetString("general.architecture"));
        Assert.Equal([2, 9], file.GetTensor("t2").Row(0).ToArray());
    }

    [Fact]
    public void Abandoned_writer_leaves_no_trace_and_the_old_file()
    {
        _folder.Write("m.gguf", "old"u8.ToArray());
        using (GgufWriter writer = GgufWriter.Create(_folder["m.gguf"]))
        {
            writer.DeclareTensor("t", ElementType.I8, 4);
            writer.Write("t", [1, 2]);
            Assert.Equal(2, _folder.Names().Length); // the temporary file lies beside the target
            Assert.Contains("'t' has 2 of 4 bytes", Assert.Throws<InvalidOperationException>(writer.Complete).Message);
        }

        Assert.Equal(["m.gguf"], _folder.Names());
        Assert.Equal("old", File.ReadAllText(_folder["m.gguf"]));
    }

    [Fact]
    public void Complete_replaces_the_old_file_and_leaves_nothing_else()
    {
        _folder.Write("m.gguf", "old"u8.ToArray());
        using (GgufWriter writer = GgufWriter.Create(_folder["m.gguf"])) writer.Complete();

        Assert.Equal(["m.gguf"], _folder.Names());
        using GgufFile file = GgufFile.Open(_folder["m.gguf"]);
        Assert.Empty(file.Tensors);
    }

    [Fact]
    public void Failed_renaming_removes_the_temporary_file()
    {
        using (GgufWriter writer = GgufWriter.Create(_folder["m.gguf"]))
        {
            Directory.CreateDirectory(_folder["m.gguf"]); // appears while the data is written
            Assert.ThrowsAny<IOException>(writer.Complete);
        }

        Assert.Empty(_folder.Names());
    }

    [Fact]
    public void Target_that_cannot_be_created_is_refused_at_once()
    {
        Assert.ThrowsAny<IOException>(() => GgufWriter.Create(_folder["absent/m.gguf"]));
        Assert.ThrowsAny<IOException>(() => GgufWriter.Create(_folder.Root));
    }

    [Fact]
    public void Data_out_of_order_or_too_long_is_refused()
    {
        using GgufWriter writer = GgufWriter.Create(_folder["m.gguf"]);
        writer.DeclareTensor("a", ElementType.I8, 2);
        writer.DeclareTensor("b", ElementType.I8, 2);

        Assert.Throws<InvalidOperationException>(() => writer.Write("b", [1]));
        Assert.Throws<ArgumentException>(() => writer.Write("a", [1, 2, 3]));
        writer.Write("a", [1, 2]);
        writer.Write("b", [3, 4]);
        Assert.Throws<InvalidOperationException>(() => writer.Write("b", [5]));
        Assert.Throws<InvalidOperationException>(() => writer.Add("late", 1));
        Assert.Throws<InvalidOperationException>(() => writer.DeclareTensor("late", ElementType.I8, 1));
        writer.Complete();
        Assert.Throws<InvalidOperationException>(writer.Complete);
    }

    [Fact]
    public void Declarations_the_reader_would_refuse_are_refused()
    {
        using GgufWriter writer = GgufWriter.Create(_folder["m.gguf"]);
        writer.Add("key", 1);
        writer.DeclareTensor("t", ElementType.I8, 1);

        Action[] bad =
        [
            () => writer.Add("key", 2), () => writer.Add("", 1), () => writer.Add(new string('k', 65536), 1),
            () => writer.Add("decimal", 1m), () => writer.Add("general.alignment", 64u),
            () => writer.DeclareTensor("t", ElementType.I8, 1), () => writer.DeclareTensor("", ElementType.I8, 1),
            () => writer.DeclareTensor(new string('t', 64), ElementType.I8, 1), () => writer.DeclareTensor("x", ElementType.F8_E4M3, 1),
            () => writer.DeclareTensor("x", (ElementType)4, 1), () => writer.DeclareTensor("x", ElementType.I8),
            () => writer.DeclareTensor("x", ElementType.I8, 1, 1, 1, 1, 1), () => writer.DeclareTensor("x", ElementType.I8, 0),
            () => writer.DeclareTensor("x", ElementType.Q8_0, 33),
        ];
        Assert.All(bad, action => Assert.ThrowsAny<ArgumentException>(action));
        Assert.Throws<OverflowException>(() => writer.DeclareTensor("x", ElementType.F32, 1L << 40, 1L << 40));
        Assert.All([0, 4, 33, 1 << 22], alignment => Assert.Throws<ArgumentOutOfRangeException>(() => GgufWriter.Create(_folder["n.gguf"], alignment)));
    }

    [Fact]
    public void Header_bytes_are_those_of_the_format()
    {
        using (GgufWriter writer = GgufWriter.Create(_folder["m.gguf"]))
        {
            writer.AddArray<short>("k", [-1]);
            writer.DeclareTensor("t", ElementType.F32, 2, 1);
            writer.Write("t", new byte[8]);
            writer.Complete();
        }

        byte[] expected = new GgufBytes().Header(1, 1).ArrayKey("k", GgufValueType.Int16, 1).U16(0xffff)
            .Tensor("t", ElementType.F32, 0, 2, 1).Pad().Zeros(8).Pad().ToArray();
        Assert.Equal(expected, File.ReadAllBytes(_folder["m.gguf"]));
    }

    private static byte[] RandomBytes(int seed, int count)
    {
        byte[] bytes = new byte[count];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private static byte[] Data(Tensor tensor)
    {
        List<byte> bytes = [];
        for (long row = 0; row < tensor.Rows; row++) bytes.AddRange(tensor.Row(row));
        return [.. bytes];
    }
}
