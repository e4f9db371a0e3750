using System.Text.Json;
using Puna.Formats.Gguf;
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

    [Fact]
    public void What_a_file_says_cannot_control_the_terminal()
    {
        string path = _folder["odd.gguf"];
        using (GgufWriter writer = GgufWriter.Create(path))
        {
            writer.AddString("general.architecture", "ll\e[2Jama");
            writer.DeclareTensor("a\e]0;title\a", Tensors.ElementType.F32, [1]);
            writer.Write("a\e]0;title\a", new byte[4]);
            writer.Complete();
        }

        string shown = PunaCommand.Run("inspect", path).Done(), refused = PunaCommand.Run("run", path, "--prompt", "a").Refused(2);

        Assert.Contains("ll\uFFFD[2Jama", shown, StringComparison.Ordinal);
        Assert.Contains("a\uFFFD]0;title\uFFFD", shown, StringComparison.Ordinal);
        Assert.Contains("ll\uFFFD[2Jama", refused, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();
}
