using Puna.Formats.Gguf;
using Puna.Tensors;

namespace Puna.Tests.Formats.Gguf;

public class GgufFileTests
{
    [Fact]
    public void A_real_model_file_shows_its_known_facts()
    {
        using GgufFile file = GgufFile.Open(SharedModels.RequirePath("stories260K-q8_0.gguf"));

        Assert.Equal(3u, file.Version);
        Assert.Equal("llama", file.Metadata.GetString("general.architecture"));
        Assert.Equal(5, file.Metadata.GetInt32("llama.block_count"));
        Assert.Equal(64u, file.Metadata.GetUInt32("llama.embedding_length"));
        GgufStringArray tokens = file.Metadata.GetStringArray("tokenizer.ggml.tokens");
        Assert.Equal(512, tokens.Count);
        Assert.Equal("<s>", tokens.GetString(1));
        Tensor embedding = file.GetTensor("token_embd.weight");
        Assert.Equal([64L, 512L], embedding.Shape);
        Assert.Equal(ElementType.Q8_0, embedding.Type);
        Assert.Equal(file.Tensors.Sum(t => t.ByteLength), file.TensorBytes);
    }
}
