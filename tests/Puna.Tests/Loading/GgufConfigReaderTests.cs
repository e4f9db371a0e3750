using Puna.Models;
using Puna.Tests.Models;

namespace Puna.Tests.Loading;

public sealed class GgufConfigReaderTests(TinyModelFolder files) : IClassFixture<TinyModelFolder>
{
    [Theory]
    [InlineData("few", new long[] { 4 }, "rope_freqs.weight is [4]; 16 RoPE factors are needed")]
    [InlineData("many", new long[] { 1 << 20 }, "rope_freqs.weight is [1048576]; 16 RoPE factors are needed")]
    [InlineData("rows", new long[] { 1, 16 }, "rope_freqs.weight is [1, 16]; 16 RoPE factors are needed")]
    public void RoPE_factors_of_another_number_are_refused_unread(string name, long[] shape, string words)
    {
        foreach (TinyModel model in (TinyModel[])[TinyModel.Llama, TinyModel.Llama4])
        {
            string path = files.Path($"{name}-{model.Name}.gguf", model with { RopeFactors = shape });

            ModelException error = Assert.Throws<ModelException>(() => PunaModel.Load(path, TinyModelFolder.OneThread));

            Assert.Contains(words, error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_number_of_threads_that_cannot_be_is_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => PunaModel.Load(files.Llama, new PunaModelOptions { Threads = 0 }));
}
