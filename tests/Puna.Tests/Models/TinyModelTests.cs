using Puna.Engine;
using Puna.Engine.Sampling;
using Puna.Tensors;

namespace Puna.Tests.Models;

public sealed class TinyModelTests(TinyModelFolder files) : IClassFixture<TinyModelFolder>
{
    [Fact]
    public void The_Llama_4_has_experts_chunks_and_a_layer_without_rope()
    {
        using PunaModel model = PunaModel.Load(files.Llama4, TinyModelFolder.OneThread);

        Assert.Equal("llama4", model.Config.Architecture);
        Assert.Equal(TinyModel.Experts, model.Config.NExperts);
        Assert.Equal([TinyModel.ChunkSize, TinyModel.ChunkSize, TinyModel.ChunkSize, 0], model.Config.Layers.Select(l => l.ChunkSize));
        Assert.Equal([true, true, true, false], model.Config.Layers.Select(l => l.UsesRope));
    }

    [Theory, InlineData(false), InlineData(true)]
    public void Special_tokens_and_words_have_ids(bool llama4)
    {
        TinyModel tiny = llama4 ? TinyModel.Llama4 : TinyModel.Llama;
        using PunaModel model = PunaModel.Load(llama4 ? files.Llama4 : files.Llama, TinyModelFolder.OneThread);

        Assert.Equal(tiny.Vocabulary.IdOf("<|begin_of_text|>"), model.Tokenizer.BosId);
        Assert.True(model.Tokenizer.IsEndOfGeneration(tiny.Vocabulary.IdOf(tiny.Vocabulary.EndOfTurn)));
        Assert.Equal(3, model.Tokenizer.Encode("hello you", addBos: true).Length);
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Generates_various_tokens(bool llama4)
    {
        using PunaModel model = PunaModel.Load(llama4 ? files.Llama4 : files.Llama, TinyModelFolder.OneThread);
        Generation generation = model.Engine.Submit(new GenerationRequest
        {
            Prompt = model.Tokenizer.Encode("hello", addBos: true),
            Sampling = new SamplingOptions { Seed = 1 },
            MaxTokens = 40,
            IgnoreEndOfGeneration = true,
        });

        HashSet<int> ids = [];
        await foreach (GenerationStep step in generation.ReadAsync()) ids.Add(step.Id);

        Assert.Equal(40, generation.CompletionTokens);
        Assert.True(ids.Count > 10, $"only {ids.Count} different tokens of 40");
    }

    [Fact]
    public void The_same_settings_give_the_same_file()
    {
        string first = files.Path("a.gguf", TinyModel.Llama4 with { Type = ElementType.Q8_0 });
        string second = files.Path("b.gguf", TinyModel.Llama4 with { Type = ElementType.Q8_0 });

        Assert.Equal(File.ReadAllBytes(first), File.ReadAllBytes(second));
    }
}
