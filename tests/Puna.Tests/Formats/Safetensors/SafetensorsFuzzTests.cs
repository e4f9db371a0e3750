using System.Text;
using Puna.Formats;
using Puna.Formats.Safetensors;
using Puna.Tensors;

namespace Puna.Tests.Formats.Safetensors;

public sealed class SafetensorsFuzzTests : IDisposable
{
    private const string Index = "model.safetensors.index.json";

    private static readonly string[] JsonPieces =
    [
        "{", "}", "[", "]", ",", ":", "\"", "null", "true", "[[[[[[[[[[", "{\"a\":{\"a\":{\"a\":", "\"\\ud800\"", "\\u0000", "/**/", "\ufeff",
        "\"dtype\":\"F32\"", "\"BOOL\"", "\"F4\"", "\"shape\":[]", "\"data_offsets\":[0,0]", "\"__metadata__\":{}", "\"weight_map\":{}", "../", ".safetensors",
    ];

    private static readonly string[] Numbers =
    [
        "0", "1", "-1", "-0", "0.5", "1e9", "1e400", "2147483648", "4294967296", "9223372036854775807", "9223372036854775808",
        "18446744073709551615", "99999999999999999999999999",
    ];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Damaged_files_give_typed_errors_only()
    {
        byte[] sound = Written();
        int headerLength = (int)BitConverter.ToUInt64(sound);
        byte[] header = sound[8..(8 + headerLength)], data = sound[(8 + headerLength)..];
        FuzzRun.Run(firstSeed: 3_000_000, (number, mutator) =>
        {
            // Half the cases damage the file blindly, half its JSON, keeping the length before it right.
            byte[] bytes = number % 2 == 0 ? mutator.Damage(sound, sound) : SafetensorsBytes.File(DamageJson(header, mutator), data);
            string path = _folder.Write("x.safetensors", bytes);
            return (bytes.Length, () => ReadAll(path));
        });
    }

    [Fact]
    public void Damaged_shards_and_indexes_give_typed_errors_only()
    {
        string[] files = WriteSharded();
        byte[][] sound = [.. files.Select(name => File.ReadAllBytes(_folder[name]))];
        int damaged = 0;
        FuzzRun.Run(firstSeed: 4_000_000, (number, mutator) =>
        {
            _folder.Write(files[damaged], sound[damaged]); // heal the one before
            damaged = mutator.Next(files.Length);
            bool json = files[damaged].EndsWith(".json", StringComparison.Ordinal) && mutator.Next(4) > 0;
            byte[] bytes = json ? DamageJson(sound[damaged], mutator) : mutator.Damage(sound[damaged], sound[mutator.Next(files.Length)]);
            _folder.Write(files[damaged], bytes);
            return (bytes.Length + sound.Sum(s => s.Length), () => ReadAll(_folder.Root));
        });
    }

    [Fact]
    public void Damaged_configurations_give_typed_errors_only()
    {
        byte[] sound = Encoding.UTF8.GetBytes(
            """{"hidden_size":64,"text_config":{"rope_scaling":{"factor":16.0},"eos":[1,2],"flag":true,"chunk":null},"archs":["a","b"],"name":"x"}""");
        FuzzRun.Run(firstSeed: 5_000_000, (number, mutator) =>
        {
            byte[] bytes = number % 2 == 0 ? mutator.Damage(sound, sound) : DamageJson(sound, mutator);
            return (bytes.Length, () => ReadConfig(bytes));
        });
    }

    private static void ReadAll(string path)
    {
        using SafetensorsModel model = SafetensorsModel.Open(path);
        foreach (SafetensorsEntry entry in model.Entries) Assert.Equal(entry.Location.Bytes, model.GetBytes(entry.Name).Length);
        foreach (Tensor tensor in model.Tensors) Assert.Equal(tensor.RowBytes, tensor.Row(tensor.Rows - 1).Length);
        TensorDataCheck.Validate(model);
    }

    private static void ReadConfig(byte[] bytes)
    {
        HuggingFaceConfig config = HuggingFaceConfig.Parse("config.json", bytes);
        config.TryGetInt32("hidden_size", out _);
        config.TryGetFloat64("rope_scaling.factor", out _);
        config.TryGetInt32Array("eos", out _);
        config.TryGetBool("flag", out _);
        config.TryGetStringArray("archs", out _);
        config.TryGetString("name", out _);
        config.TryGetSection("text_config", out _);
        config.IsNull("chunk");
    }

    /// <summary>Changes JSON as JSON: other numbers, pieces put in, taken out, doubled.</summary>
    private static byte[] DamageJson(byte[] json, Mutator mutator)
    {
        string text = Encoding.UTF8.GetString(json);
        for (int times = 1 + mutator.Next(3); times > 0 && text.Length > 0; times--)
        {
            int at = mutator.Next(text.Length), length = 1 + mutator.Next(Math.Min(40, text.Length - at));
            text = mutator.Next(4) switch
            {
                0 => text.Insert(at, JsonPieces[mutator.Next(JsonPieces.Length)]),
                1 => text.Remove(at, length),
                2 => text.Insert(at, text.Substring(at, length)),
                _ => ReplaceNumber(text, at, Numbers[mutator.Next(Numbers.Length)]),
            };
        }

        return Encoding.UTF8.GetBytes(text);
    }

    private static string ReplaceNumber(string text, int near, string number)
    {
        int start = text.AsSpan(near).IndexOfAnyInRange('0', '9');
        if (start < 0) return text;

        start += near;
        int end = start;
        while (end < text.Length && char.IsAsciiDigit(text[end])) end++;
        return string.Concat(text.AsSpan(0, start), number, text.AsSpan(end));
    }

    private byte[] Written()
    {
        using (SafetensorsWriter writer = SafetensorsWriter.CreateFile(_folder["w.safetensors"], new Dictionary<string, string> { ["format"] = "pt" }))
        {
            Declare(writer);
            writer.Complete();
        }

        return File.ReadAllBytes(_folder["w.safetensors"]);
    }

    private string[] WriteSharded()
    {
        using (SafetensorsWriter writer = SafetensorsWriter.CreateSharded(_folder.Root, maxShardBytes: 40))
        {
            Declare(writer);
            writer.Complete();
        }

        string[] names = _folder.Names();
        Assert.Contains(Index, names);
        return names;
    }

    private static void Declare(SafetensorsWriter writer)
    {
        writer.DeclareTensor("model.embed.weight", ElementType.BF16, 4, 3);
        writer.DeclareTensor("model.norm.weight", ElementType.F32, 4);
        writer.DeclareTensor("model.fp8.weight", ElementType.F8_E4M3, 8, 2);
        writer.Write("model.embed.weight", new byte[24]);
        writer.Write("model.norm.weight", new byte[16]);
        writer.Write("model.fp8.weight", new byte[16]);
    }
}
