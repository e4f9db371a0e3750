using Puna.Formats;
using Puna.Formats.Gguf;
using Puna.Tensors;

namespace Puna.Tests.Formats.Gguf;

public sealed class GgufFuzzTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Damaged_files_give_typed_errors_only()
    {
        byte[][] sound = [Written(), HandMade(bigEndian: false, version: 2), HandMade(bigEndian: true, version: 3)];
        FuzzRun.Run(firstSeed: 1_000_000, (number, mutator) =>
        {
            byte[] bytes = mutator.Damage(sound[number % sound.Length], sound[mutator.Next(sound.Length)]);
            string path = _folder.Write("m.gguf", bytes);
            return (bytes.Length, () => ReadAll(path));
        });
    }

    [Fact]
    public void Damaged_parts_of_a_split_set_give_typed_errors_only()
    {
        const int Parts = 3;
        byte[][] sound = [.. Enumerable.Range(0, Parts).Select(Part)];
        string[] names = [.. Enumerable.Range(1, Parts).Select(i => $"s-{i:D5}-of-{Parts:D5}.gguf")];
        for (int i = 0; i < Parts; i++) _folder.Write(names[i], sound[i]);
        int damaged = 0;
        FuzzRun.Run(firstSeed: 2_000_000, (number, mutator) =>
        {
            _folder.Write(names[damaged], sound[damaged]); // heal the one before
            damaged = mutator.Next(Parts);
            byte[] bytes = mutator.Damage(sound[damaged], sound[mutator.Next(Parts)]);
            _folder.Write(names[damaged], bytes);
            string opened = _folder[names[mutator.Next(Parts)]];
            return (bytes.Length + sound.Sum(s => s.Length), () => ReadAll(opened));
        });
    }

    /// <summary>Opens a file and touches everything it offers.</summary>
    private static void ReadAll(string path)
    {
        using GgufFile file = GgufFile.Open(path);
        foreach (GgufMetadataEntry entry in file.Metadata.Entries) ReadValue(file.Metadata, entry);
        foreach (Tensor tensor in file.Tensors)
        {
            Assert.Equal(tensor.RowBytes, tensor.Row(tensor.Rows - 1).Length);
            Assert.InRange(file.Locate(tensor.Name).Offset, 0, file.FileBytes - tensor.ByteLength);
        }

        TensorDataCheck.Validate(file);
    }

    private static void ReadValue(GgufMetadata metadata, GgufMetadataEntry entry)
    {
        switch (entry.ElementType)
        {
            case GgufValueType.String when entry.IsArray:
                metadata.GetStringArray(entry.Key).ToArray();
                break;
            case GgufValueType.String:
                metadata.GetString(entry.Key);
                break;
            case GgufValueType.Bool when entry.IsArray:
                metadata.GetBoolArray(entry.Key);
                break;
            case GgufValueType.Bool:
                metadata.GetBool(entry.Key);
                break;
            case GgufValueType.Float32 or GgufValueType.Float64 when entry.IsArray:
                metadata.GetFloat64Array(entry.Key);
                break;
            case GgufValueType.Float32 or GgufValueType.Float64:
                metadata.GetFloat32(entry.Key);
                break;
            default:
                if (entry.IsArray) metadata.GetInt64Array(entry.Key);
                else metadata.GetInt64(entry.Key);
                break;
        }
    }

    private byte[] Written()
    {
        using (GgufWriter writer = GgufWriter.Create(_folder["w.gguf"], alignment: 64))
        {
            writer.AddString("general.architecture", "test");
            writer.Add("test.block_count", 2u);
            writer.Add("test.eps", 1e-5f);
            writer.Add("test.flag", true);
            writer.AddStringArray("test.tokens", ["<s>", "a", "Ġthe"]);
            writer.AddArray<int>("test.types", [1, 2, 3]);
            writer.AddArray<bool>("test.flags", [true, false]);
            writer.AddArray<float>("test.scores", [0f, -1f]);
            writer.DeclareTensor("token_embd.weight", ElementType.Q8_0, 32, 3);
            writer.DeclareTensor("norm.weight", ElementType.F32, 8);
            writer.DeclareTensor("experts.weight", ElementType.Q4_0, 32, 2, 2);
            writer.Write("token_embd.weight", new byte[3 * 34]);
            writer.Write("norm.weight", new byte[32]);
            writer.Write("experts.weight", new byte[4 * 18]);
            writer.Complete();
        }

        return File.ReadAllBytes(_folder["w.gguf"]);
    }

    private static byte[] HandMade(bool bigEndian, uint version) => new GgufBytes(bigEndian).Header(2, 3, version)
        .Key("a", GgufValueType.UInt16).U16(300)
        .ArrayKey("texts", GgufValueType.String, 2).Str("x").Str("yz")
        .Key("d", GgufValueType.Float64).U64(0)
        .Tensor("t", ElementType.I8, 0, 5, 2).Tensor("u", ElementType.MXFP4, 32, 32).Pad().Zeros(64).ToArray();

    private static byte[] Part(int number) => new GgufBytes().Header(1, 3)
        .Key("split.no", GgufValueType.UInt16).U16((ushort)number)
        .Key("split.count", GgufValueType.UInt16).U16(3)
        .Key("split.tensors.count", GgufValueType.Int32).U32(3)
        .Tensor($"t{number}", ElementType.F16, 0, 4).Pad().Zeros(8).ToArray();
}
