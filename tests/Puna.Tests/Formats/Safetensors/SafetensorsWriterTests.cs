using System.Text;
using Puna.Formats.Safetensors;
using Puna.Tensors;

namespace Puna.Tests.Formats.Safetensors;

public sealed class SafetensorsWriterTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<ElementType> Types => [.. SafetensorsDtypes.All.Where(d => d.Type is not null).Select(d => d.Type!.Value)];

    private static byte[] RandomBytes(int seed, int count)
    {
        byte[] bytes = new byte[count];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    [Theory, MemberData(nameof(Types))]
    public void Every_dtype_survives_writing_in_pieces(ElementType type)
    {
        byte[] data = RandomBytes(seed: 1, (int)type.ByteSize(15));
        using (SafetensorsWriter writer = SafetensorsWriter.CreateFile(_folder["x.safetensors"], new Dictionary<string, string> { ["format"] = "pt" }))
        {
            writer.DeclareTensor("odd", ElementType.I8, 3);
            writer.DeclareTensor("näme", type, 5, 3);
            writer.DeclareTensor("scalar", type);
            foreach (byte[] piece in data.Chunk(7)) writer.Write("näme", piece);
            writer.Write("scalar", RandomBytes(seed: 2, type.BlockBytes()));
            writer.Write("odd", [1, 2, 3]);
            writer.Complete();
        }

        using SafetensorsModel model = SafetensorsModel.Open(_folder["x.safetensors"]);
        Assert.Equal([5L, 3L], model.GetTensor("näme").Shape);
        Assert.Equal(data, model.GetBytes("näme").ToArray());
        Assert.Equal([1, 2, 3], model.GetBytes("odd").ToArray());
        Assert.Equal("pt", model.Metadata["format"]);
        Assert.All(model.Entries, e => Assert.Equal(0, e.Location.Offset % e.Type!.Value.BlockBytes()));
    }

    [Fact]
    public void Shards_keep_to_their_limit_and_open_as_one()
    {
        using (SafetensorsWriter writer = SafetensorsWriter.CreateSharded(_folder.Root, maxShardBytes: 10))
        {
            foreach ((string name, int size) in ((string, int)[])[("a", 6), ("b", 4), ("c", 25), ("d", 1)]) writer.DeclareTensor(name, ElementType.I8, size);
            writer.Write("d", [4]);
            writer.Write("c", RandomBytes(seed: 3, 25));
            writer.Write("b", new byte[4]);
            writer.Write("a", new byte[6]);
            writer.Complete();
        }

        Assert.Equal(["model-00001-of-00003.safetensors", "model-00002-of-00003.safetensors", "model-00003-of-00003.safetensors",
            "model.safetensors.index.json"], _folder.Names());
        using SafetensorsModel model = SafetensorsModel.Open(_folder.Root);
        Assert.Equal(["a", "b", "c", "d"], model.Tensors.Select(t => t.Name));
        Assert.Equal(model.Locate("a").Path, model.Locate("b").Path);
        Assert.Equal(RandomBytes(seed: 3, 25), model.GetBytes("c").ToArray());
        Assert.Contains("\"total_size\": 36", File.ReadAllText(_folder["model.safetensors.index.json"]));
    }

    [Fact]
    public void Sharded_model_that_fits_one_file_is_one_file()
    {
        using (SafetensorsWriter writer = SafetensorsWriter.CreateSharded(_folder.Root, maxShardBytes: 10))
        {
            writer.DeclareTensor("a", ElementType.I8, 10);
            writer.Write("a", new byte[10]);
            writer.Complete();
        }

        Assert.Equal(["model.safetensors"], _folder.Names());
    }

    [Fact]
    public void Tensors_of_an_open_model_copy_to_equal_files()
    {
        foreach (string name in (string[])["a.safetensors", "b.safetensors"])
        {
            using SafetensorsWriter writer = SafetensorsWriter.CreateFile(_folder[name]);
            writer.DeclareTensor("x", ElementType.F32, 3, 2);
            if (name[0] == 'a')
            {
                writer.Write("x", RandomBytes(seed: 5, 24));
            }
            else
            {
                using SafetensorsModel source = SafetensorsModel.Open(_folder["a.safetensors"]);
                writer.WriteTensor(source.GetTensor("x"));
            }

            writer.Complete();
        }

        Assert.Equal(File.ReadAllBytes(_folder["a.safetensors"]), File.ReadAllBytes(_folder["b.safetensors"]));
    }

    [Fact]
    public void Bytes_are_those_of_the_format()
    {
        using (SafetensorsWriter writer = SafetensorsWriter.CreateFile(_folder["x.safetensors"]))
        {
            writer.DeclareTensor("t", ElementType.F16, 2, 1);
            writer.Write("t", [1, 2, 3, 4]);
            writer.Complete();
        }

        byte[] header = Encoding.UTF8.GetBytes("{\"t\":{\"dtype\":\"F16\",\"shape\":[1,2],\"data_offsets\":[0,4]}}".PadRight(56));
        Assert.Equal(SafetensorsBytes.File(header, [1, 2, 3, 4]), File.ReadAllBytes(_folder["x.safetensors"]));
    }

    [Fact]
    public void Abandoned_writer_leaves_no_trace_and_the_old_file()
    {
        _folder.Write("x.safetensors", "old"u8.ToArray());
        using (SafetensorsWriter writer = SafetensorsWriter.CreateFile(_folder["x.safetensors"]))
        {
            writer.DeclareTensor("t", ElementType.I8, 2);
            writer.Write("t", [1]);
            Assert.Contains("'t' has 1 of 2 bytes", Assert.Throws<InvalidOperationException>(writer.Complete).Message);
        }

        Assert.Equal(["x.safetensors"], _folder.Names());
        Assert.Equal("old", File.ReadAllText(_folder["x.safetensors"]));
    }

    [Fact]
    public void Failed_renaming_leaves_no_shard_behind()
    {
        using (SafetensorsWriter writer = SafetensorsWriter.CreateSharded(_folder.Root, maxShardBytes: 1))
        {
            writer.DeclareTensor("a", ElementType.I8, 1);
            writer.DeclareTensor("b", ElementType.I8, 1);
            writer.Write("a", [1]);
            writer.Write("b", [2]);
            Directory.CreateDirectory(_folder["model-00002-of-00002.safetensors"]); // appears while the data is written
            Assert.ThrowsAny<IOException>(writer.Complete);
        }

        Assert.Empty(_folder.Names());
    }

    [Fact]
    public void Folder_that_holds_a_model_is_refused()
    {
        _folder.Write("model.safetensors", [0]);
        Assert.Contains("already holds model.safetensors", Assert.Throws<IOException>(() => SafetensorsWriter.CreateSharded(_folder.Root, 1)).Message);
        Assert.Throws<IOException>(() => SafetensorsWriter.CreateSharded(_folder["absent"], 1));
    }

    [Fact]
    public void Bad_declarations_and_data_are_refused()
    {
        using SafetensorsWriter writer = SafetensorsWriter.CreateFile(_folder["x.safetensors"]);
        writer.DeclareTensor("t", ElementType.I8, 2);

        Action[] bad =
        [
            () => writer.DeclareTensor("t", ElementType.I8, 1), () => writer.DeclareTensor("", ElementType.I8, 1),
            () => writer.DeclareTensor("__metadata__", ElementType.I8, 1), () => writer.DeclareTensor("q", ElementType.Q8_0, 32),
            () => writer.DeclareTensor("z", ElementType.I8, 0), () => writer.DeclareTensor("n", ElementType.I8, new long[17]),
            () => writer.Write("absent", [1]), () => writer.Write("t", [1, 2, 3]),
        ];
        Assert.All(bad, action => Assert.ThrowsAny<ArgumentException>(action));
        Assert.Throws<InvalidOperationException>(() => writer.DeclareTensor("late", ElementType.I8, 1));
    }
}
