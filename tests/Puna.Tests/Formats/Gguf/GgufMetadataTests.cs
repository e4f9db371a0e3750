using Puna.Formats;
using Puna.Formats.Gguf;

namespace Puna.Tests.Formats.Gguf;

public sealed class GgufMetadataTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private GgufFile Open(Action<GgufWriter> declare)
    {
        using GgufWriter writer = GgufWriter.Create(_folder["model.gguf"]);
        declare(writer);
        writer.Complete();
        return GgufFile.Open(_folder["model.gguf"]);
    }

    [Fact]
    public void Integer_getters_accept_every_integer_type_that_fits()
    {
        using GgufFile file = Open(w =>
        {
            w.Add("u8", (byte)200);
            w.Add("i8", (sbyte)-3);
            w.Add("u16", (ushort)60000);
            w.Add("i16", (short)-300);
            w.Add("u32", uint.MaxValue);
            w.Add("i32", int.MinValue);
            w.Add("u64", ulong.MaxValue);
            w.Add("i64", long.MinValue);
        });
        GgufMetadata metadata = file.Metadata;

        Assert.Equal([200, -3, 60000, -300, int.MinValue], ((string[])["u8", "i8", "u16", "i16", "i32"]).Select(metadata.GetInt32));
        Assert.Equal([200L, -3L, uint.MaxValue, int.MinValue, long.MinValue], ((string[])["u8", "i8", "u32", "i32", "i64"]).Select(metadata.GetInt64));
        Assert.Equal([200u, 60000u, uint.MaxValue], ((string[])["u8", "u16", "u32"]).Select(metadata.GetUInt32));
        Assert.Equal([200UL, ulong.MaxValue], ((string[])["u8", "u64"]).Select(metadata.GetUInt64));
    }

    [Fact]
    public void Integer_that_does_not_fit_is_refused_with_its_value()
    {
        using GgufFile file = Open(w =>
        {
            w.Add("negative", -1);
            w.Add("huge", ulong.MaxValue);
            w.AddArray<long>("list", [1, 1L << 31]);
        });
        GgufMetadata metadata = file.Metadata;

        Assert.Equal("-1", Assert.Throws<ModelFileException>(() => metadata.GetUInt32("negative")).Found);
        Assert.Equal("-1", Assert.Throws<ModelFileException>(() => metadata.GetUInt64("negative")).Found);
        Assert.Contains("18446744073709551615", Assert.Throws<ModelFileException>(() => metadata.TryGetInt64("huge", out _)).Message);
        Assert.Contains("'list'[1] is 2147483648", Assert.Throws<ModelFileException>(() => metadata.GetInt32Array("list")).Message);
    }

    [Fact]
    public void Wrong_type_names_file_key_and_both_types()
    {
        using GgufFile file = Open(w =>
        {
            w.AddString("text", "8");
            w.AddStringArray("texts", ["a", "b"]);
            w.Add("number", 8u);
            w.Add("real", 0.5f);
            w.Add("truth", true);
        });
        GgufMetadata metadata = file.Metadata;

        ModelFileException error = Assert.Throws<ModelFileException>(() => metadata.GetUInt32("texts"));
        Assert.Equal((file.Path, "texts", "String[2]", "UInt32"), (error.File, error.Field, error.Found, error.Limit));
        Action[] wrong =
        [
            () => metadata.GetInt32("text"), () => metadata.GetInt32("real"), () => metadata.GetInt32("truth"),
            () => metadata.GetFloat32("number"), () => metadata.GetBool("number"), () => metadata.GetString("number"),
            () => metadata.GetString("texts"), () => metadata.GetStringArray("text"), () => metadata.GetInt32Array("number"),
            () => metadata.GetFloat32Array("texts"), () => metadata.GetBoolArray("texts"), () => metadata.GetInt64Array("texts"),
            () => metadata.TryGetString("number", out _), () => metadata.TryGetStringArray("text", out _),
        ];
        Assert.All(wrong, action => Assert.Throws<ModelFileException>(action));
    }

    [Fact]
    public void Absent_key_is_an_error_for_Get_and_false_for_TryGet()
    {
        using GgufFile file = Open(w => w.Add("present", 1));
        GgufMetadata metadata = file.Metadata;

        Assert.Contains("'absent' is missing", Assert.Throws<ModelFileException>(() => metadata.GetInt32("absent")).Message);
        Assert.False(metadata.TryGetInt32("absent", out _));
        Assert.False(metadata.TryGetString("absent", out _));
        Assert.False(metadata.TryGetStringArray("absent", out _));
        Assert.False(metadata.TryGetFloat64Array("absent", out _));
        Assert.True(metadata.Contains("present"));
    }

    [Fact]
    public void Array_getters_convert_between_types_of_a_kind()
    {
        using GgufFile file = Open(w =>
        {
            w.AddArray<byte>("bytes", [1, 255]);
            w.AddArray<float>("floats", [0.5f, -1f]);
            w.AddArray<double>("doubles", [0.1]);
            w.AddArray<int>("none", []);
        });
        GgufMetadata metadata = file.Metadata;

        Assert.Equal([1, 255], metadata.GetInt32Array("bytes"));
        Assert.Equal([1UL, 255UL], metadata.GetUInt64Array("bytes"));
        Assert.Equal([0.5, -1.0], metadata.GetFloat64Array("floats"));
        Assert.Equal([(float)0.1], metadata.GetFloat32Array("doubles"));
        Assert.Empty(metadata.GetInt32Array("none"));
    }

    [Fact]
    public void Strings_that_are_not_UTF8_keep_their_bytes()
    {
        byte[] broken = [0x61, 0xff, 0xc3];
        using GgufFile file = Open(w =>
        {
            w.AddString("lone", broken);
            w.AddStringArray("list", [[], broken, [0x62]]);
        });

        Assert.Equal(broken, file.Metadata.GetUtf8("lone").ToArray());
        Assert.Equal("a\ufffd\ufffd", file.Metadata.GetString("lone"));
        GgufStringArray list = file.Metadata.GetStringArray("list");
        Assert.Equal(broken, list[1].ToArray());
        Assert.Equal(["", "a\ufffd\ufffd", "b"], list.ToArray());
        Assert.Throws<ArgumentOutOfRangeException>(() => list[3].Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => list[-1].Length);
    }

    [Fact]
    public void Entries_keep_the_order_of_the_file()
    {
        using GgufFile file = Open(w =>
        {
            w.Add("z", 1);
            w.AddStringArray("a", ["x"]);
        });

        Assert.Equal(["z", "a"], file.Metadata.Entries.Select(e => e.Key));
        Assert.Equal(["Int32", "String[1]"], file.Metadata.Entries.Select(e => e.TypeName));
    }

    [Fact]
    public void Vocabulary_of_Llama_4_size_costs_next_to_nothing_to_open()
    {
        string[] tokens = [.. Enumerable.Range(0, 202_048).Select(i => $"t{i}")];
        string[] merges = [.. Enumerable.Range(0, 439_802).Select(i => $"a b{i}")];
        using (GgufWriter writer = GgufWriter.Create(_folder["vocabulary.gguf"]))
        {
            writer.AddStringArray("tokens", tokens);
            writer.AddStringArray("merges", merges);
            writer.AddArray<int>("types", new int[tokens.Length]);
            writer.Complete();
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        using GgufFile file = GgufFile.Open(_folder["vocabulary.gguf"]);
        long opened = GC.GetAllocatedBytesForCurrentThread();
        GgufStringArray read = file.Metadata.GetStringArray("merges");
        long indexed = GC.GetAllocatedBytesForCurrentThread();

        Assert.InRange(opened - before, 0, 64 << 10); // nothing per string
        Assert.InRange(indexed - opened, 0, (4 * merges.Length) + (4 << 10)); // four bytes per string
        Assert.Equal(merges[^1], read.GetString(read.Count - 1));
        Assert.Equal(tokens[100_000], file.Metadata.GetStringArray("tokens").GetString(100_000));
    }
}
