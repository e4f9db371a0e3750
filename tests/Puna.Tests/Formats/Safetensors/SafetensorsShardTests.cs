using System.Text;
using Puna.Formats;
using Puna.Formats.Safetensors;
using static Puna.Tests.Formats.Safetensors.SafetensorsBytes;

namespace Puna.Tests.Formats.Safetensors;

public sealed class SafetensorsShardTests : IDisposable
{
    private const string Index = "model.safetensors.index.json";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private void WriteShard(string file, params string[] tensors)
    {
        IEnumerable<string> items = tensors.Select((name, i) => Tensor(name, "I8", "[1]", i, i + 1));
        _folder.Write(file, File($"{{{string.Join(',', items)}}}", tensors.Length));
    }

    private void WriteIndex(string json) => _folder.Write(Index, Encoding.UTF8.GetBytes(json));

    private void WriteSound()
    {
        WriteShard("one.safetensors", "a", "b");
        WriteShard("two.safetensors", "c");
        WriteIndex("""{"metadata":{"total_size":3},"weight_map":{"a":"one.safetensors","b":"one.safetensors","c":"two.safetensors"}}""");
    }

    private ModelFileException Refused() => Assert.Throws<ModelFileException>(() => SafetensorsModel.Open(_folder.Root).Dispose());

    [Fact]
    public void Shards_open_as_one_by_folder_or_index()
    {
        WriteSound();
        foreach (string path in (string[])[_folder.Root, _folder[Index]])
        {
            using SafetensorsModel model = SafetensorsModel.Open(path);
            Assert.Equal(["a", "b", "c"], model.Tensors.Select(t => t.Name));
            Assert.Equal([_folder["one.safetensors"], _folder["two.safetensors"]], model.Shards);
            Assert.Equal(_folder["two.safetensors"], model.Locate("c").Path);
        }
    }

    [Fact]
    public void Missing_shard_is_named()
    {
        WriteSound();
        System.IO.File.Delete(_folder["two.safetensors"]);
        Assert.Contains("'two.safetensors' is missing", Refused().Message);
    }

    [Fact]
    public void Listed_tensor_that_no_shard_holds_is_refused()
    {
        WriteSound();
        WriteShard("one.safetensors", "a");
        ModelFileException error = Refused();
        Assert.Equal(("b", _folder[Index]), (error.Field, error.File));
    }

    [Fact]
    public void Tensor_the_index_does_not_list_is_refused()
    {
        WriteSound();
        WriteShard("two.safetensors", "c", "d");
        Assert.Equal(("d", _folder["two.safetensors"]), (Refused().Field, Refused().File));
    }

    [Fact]
    public void Tensor_in_another_shard_than_listed_is_refused()
    {
        WriteSound();
        WriteShard("two.safetensors", "c", "a");
        ModelFileException error = Refused();
        Assert.Contains("places it in 'one.safetensors'", error.Message);
    }

    [Theory, InlineData("../one.safetensors"), InlineData("/etc/one.safetensors"), InlineData("sub/one.safetensors"), InlineData("..\\\\one.safetensors"),
     InlineData("C:one.safetensors"), InlineData(".hidden.safetensors"), InlineData(".safetensors"), InlineData("one.bin"), InlineData(""), InlineData("..")]
    public void Shard_name_that_could_leave_the_folder_is_refused(string name)
    {
        WriteSound();
        WriteIndex("{\"weight_map\":{\"a\":\"" + name + "\"}}");
        ModelFileException error = Refused();
        Assert.Equal(("$.weight_map.a", _folder[Index]), (error.Field, error.File));
    }

    [Fact]
    public void Shard_name_with_a_zero_character_is_refused()
    {
        WriteIndex("""{"weight_map":{"a":"one\u0000.safetensors"}}""");
        Assert.Equal("$.weight_map.a", Refused().Field);
    }

    [Theory, InlineData(""), InlineData("[]"), InlineData("{}"), InlineData("{\"weight_map\":[]}"), InlineData("{\"weight_map\":{}}"),
     InlineData("{\"weight_map\":{\"a\":1}}"), InlineData("{\"weight_map\":{\"a\":\"\\ud800\"}}"), InlineData("{\"weight_map\":{\"\\ud800\":\"x.safetensors\"}}"),
     InlineData("{\"weight_map\":{\"a\":\"one.safetensors\",\"a\":\"one.safetensors\"}}"), InlineData("<html>")]
    public void Damaged_index_is_refused(string json)
    {
        WriteShard("one.safetensors", "a");
        WriteIndex(json);
        Assert.Equal(_folder[Index], Refused().File);
    }

    [Fact]
    public void Damaged_shard_is_the_one_named()
    {
        WriteSound();
        _folder.Write("two.safetensors", File("{}", 5));
        Assert.Equal(_folder["two.safetensors"], Refused().File);
    }
}
