using System.Text.Json;
using Puna.Formats.Safetensors;
using Puna.Tests.Formats;

namespace Puna.Host.Tests.Cli;

public sealed class InspectTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Shows_the_same_of_a_folder_of_shards_and_of_its_index()
    {
        using (SafetensorsWriter writer = SafetensorsWriter.CreateSharded(_folder.Root, maxShardBytes: 64))
        {
            foreach (string name in (string[])["a", "b"]) writer.DeclareTensor(name, Tensors.ElementType.F32, [16]);
            foreach (string name in (string[])["a", "b"]) writer.Write(name, new byte[64]);
            writer.Complete();
        }

        Assert.Equal("", PunaCommand.Run("inspect", _folder.Root, "--json").Json().GetProperty("architecture").GetString()); // no config: still shown
        _folder.Write("config.json", [.. "{ \"model_type\": \"llama4\" }"u8]);

        JsonElement folder = PunaCommand.Run("inspect", _folder.Root, "--json").Json();
        JsonElement index = PunaCommand.Run("inspect", _folder["model.safetensors.index.json"], "--json").Json();

        Assert.Equal(("llama4", "llama4"), (folder.GetProperty("architecture").GetString(), index.GetProperty("architecture").GetString()));
        Assert.Equal(32, folder.GetProperty("parameters").GetInt64());
        Assert.Equal(folder.GetProperty("tensors").GetRawText(), index.GetProperty("tensors").GetRawText());
    }

    public void Dispose() => _folder.Dispose();
}
