using System.Text;
using System.Text.Json;
using Puna.Formats;
using Puna.Formats.Safetensors;

namespace Puna.Tests.Formats.Safetensors;

public sealed class HuggingFaceConfigTests
{
    private const string Llama4 = """
        {
          "architectures": ["Llama4ForConditionalGeneration"], "model_type": "llama4", "image_token_index": 200092,
          "text_config": {
            "hidden_size": 5120, "rope_theta": 500000.0, "use_qk_norm": true, "attention_chunk_size": null, "floor_scale": 8192.0,
            "eos_token_id": [200001, 200007, 200008], "rope_scaling": { "factor": 16, "rope_type": "llama3" }, "model_type": "llama4_text"
          },
          "vision_config": { "hidden_size": 1408, "patch_size": 14 },
          "quantization_config": { "quant_method": "compressed-tensors" }, "bos_token_id": 200000
        }
        """;

    private static HuggingFaceConfig Parse(string json) => HuggingFaceConfig.Parse("dir/config.json", Encoding.UTF8.GetBytes(json));

    [Fact]
    public void Names_are_found_in_text_config_first_then_outside()
    {
        HuggingFaceConfig config = Parse(Llama4);

        Assert.Equal(5120, config.GetInt32("hidden_size"));
        Assert.Equal("llama4_text", config.GetString("model_type"));
        Assert.Equal(200092, config.GetInt32("image_token_index"));
        Assert.Equal(16, config.GetInt64("rope_scaling.factor"));
        Assert.Equal(500000.0, config.GetFloat64("rope_theta"));
        Assert.Equal(8192, config.GetInt32("floor_scale"));
        Assert.True(config.GetBool("use_qk_norm"));
        Assert.Equal([200001, 200007, 200008], config.GetInt32Array("eos_token_id"));
        Assert.Equal([200000], config.GetInt32Array("bos_token_id"));
        Assert.Equal(["Llama4ForConditionalGeneration"], config.GetStringArray("architectures"));
    }

    [Fact]
    public void Flat_configuration_reads_the_same() => Assert.Equal(64, Parse("""{"hidden_size":64}""").GetInt32("hidden_size"));

    [Fact]
    public void Sections_and_quantization_are_reachable()
    {
        HuggingFaceConfig config = Parse(Llama4);

        Assert.True(config.TryGetSection("vision_config", out HuggingFaceConfig? vision));
        Assert.Equal(1408, vision.GetInt32("hidden_size"));
        Assert.Equal("$.vision_config", vision.JsonPath);
        Assert.Equal("compressed-tensors", config.QuantizationConfig!.Value.GetProperty("quant_method").GetString());
        Assert.Null(Parse("{}").QuantizationConfig);
        Assert.False(config.TryGetSection("audio_config", out _));
    }

    [Fact]
    public void Null_counts_as_absent_but_can_be_told_apart()
    {
        HuggingFaceConfig config = Parse(Llama4);

        Assert.False(config.TryGetInt32("attention_chunk_size", out _));
        Assert.True(config.IsNull("attention_chunk_size"));
        Assert.False(config.IsNull("no_such_name"));
        Assert.Contains("is null", Assert.Throws<ModelFileException>(() => config.GetInt32("attention_chunk_size")).Message);
        Assert.Contains("is missing", Assert.Throws<ModelFileException>(() => config.GetInt32("no_such_name")).Message);
    }

    [Fact]
    public void Wrong_type_names_file_path_and_value()
    {
        HuggingFaceConfig config = Parse(Llama4);

        ModelFileException error = Assert.Throws<ModelFileException>(() => config.GetInt32("rope_scaling.rope_type"));
        Assert.Equal(("dir/config.json", "$.text_config.rope_scaling.rope_type"), (error.File, error.Field));
        Action[] wrong =
        [
            () => config.GetInt32("use_qk_norm"), () => config.GetBool("hidden_size"), () => config.GetString("hidden_size"),
            () => config.GetFloat64("model_type"), () => config.GetInt32Array("model_type"), () => config.GetStringArray("eos_token_id"),
            () => config.TryGetSection("model_type", out _), () => config.TryGetInt32("model_type", out _),
        ];
        Assert.All(wrong, action => Assert.Throws<ModelFileException>(action));
    }

    [Theory, InlineData("2147483648"), InlineData("1.5"), InlineData("1e300")]
    public void Number_that_is_no_int32_is_refused(string number) =>
        Assert.Equal(number, Assert.Throws<ModelFileException>(() => Parse($$"""{"n":{{number}}}""").GetInt32("n")).Found);

    [Theory, InlineData(""), InlineData("[]"), InlineData("{"), InlineData("{\"a\":1,\"a\":2}"), InlineData("{\"a\":NaN}"), InlineData("<!DOCTYPE html>")]
    public void Text_that_is_no_JSON_object_is_refused(string json) => Assert.Throws<ModelFileException>(() => Parse(json));

    [Fact]
    public void Syntax_error_names_its_byte()
    {
        ModelFileException error = Assert.Throws<ModelFileException>(() => Parse("{\n  \"a\": 1,\n  ?\n}"));
        Assert.Equal(14, error.Offset);
        Assert.IsAssignableFrom<JsonException>(error.InnerException);
    }

    [Fact]
    public void Half_of_a_surrogate_pair_is_refused() =>
        Assert.Throws<ModelFileException>(() => Parse("""{"name":"\ud800"}""").GetString("name"));

    [Fact]
    public void Configuration_opens_by_folder()
    {
        using TemporaryFolder folder = new();
        folder.Write("config.json", "{\"n\":7}"u8.ToArray());
        Assert.Equal(7, HuggingFaceConfig.Open(folder.Root).GetInt32("n"));
        Assert.Throws<ModelFileException>(() => HuggingFaceConfig.Open(folder["absent.json"]));
    }
}
