using System.Diagnostics;
using Microsoft.Extensions.AI;

namespace Puna.Tests.Library;

public sealed class EmbeddingGeneratorTests(TinyChatFixture fixture) : IClassFixture<TinyChatFixture>
{
    private static readonly string[] Texts = ["hello", "hello you and the rest", "in it"];

    private IEmbeddingGenerator<string, Embedding<float>> Generator => fixture.Model.AsEmbeddingGenerator();

    [Fact]
    public async Task Embeddings_come_in_order_with_length_one_and_their_tokens()
    {
        GeneratedEmbeddings<Embedding<float>> embeddings = await Generator.GenerateAsync(Texts, cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal(3, embeddings.Count);
        Assert.All(embeddings, e => Assert.Equal(1, e.Vector.Span.ToArray().Sum(x => (double)x * x), 1e-6));
        Assert.Equal(Texts.Sum(t => fixture.Model.Tokenizer.Encode(t, fixture.Model.AddsBos).Length), embeddings.Usage!.InputTokenCount);
        Assert.Equal((await Generator.GenerateAsync(Texts[1], cancellationToken: TestContext.Current.CancellationToken)).Vector.ToArray(), embeddings[1].Vector.ToArray());
        Assert.NotEqual(embeddings[0].Vector.ToArray(), embeddings[1].Vector.ToArray());
    }

    [Fact]
    public async Task Fewer_dimensions_are_the_first_ones_with_length_one_again()
    {
        float[] whole = (await Generator.GenerateAsync("hello", cancellationToken: TestContext.Current.CancellationToken)).Vector.ToArray();
        float[] part = (await Generator.GenerateAsync("hello", new EmbeddingGenerationOptions { Dimensions = 5 }, TestContext.Current.CancellationToken)).Vector.ToArray();

        Assert.Equal(5, part.Length);
        Assert.Equal(1, part.Sum(x => (double)x * x), 1e-6);
        for (int i = 0; i < 5; i++) Assert.Equal(whole[i] / whole[0], part[i] / part[0], 1e-4);
    }

    [Fact]
    public async Task What_cannot_be_honoured_is_refused_by_name()
    {
        await Assert.ThrowsAsync<UnsupportedChatFeatureException>(() => Generator.GenerateAsync(Texts, new EmbeddingGenerationOptions { ModelId = "other" }, TestContext.Current.CancellationToken));
        await Assert.ThrowsAsync<UnsupportedChatFeatureException>(() => Generator.GenerateAsync(Texts, new EmbeddingGenerationOptions { AdditionalProperties = new() { ["pooling"] = "last" } }, TestContext.Current.CancellationToken));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Generator.GenerateAsync(Texts, new EmbeddingGenerationOptions { Dimensions = 100_000 }, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task One_text_that_cannot_be_embedded_stops_the_others()
    {
        using PunaEmbeddingGenerator generator = fixture.Model.AsEmbeddingGenerator();
        List<int[]> texts = [.. Enumerable.Range(0, 150).Select(_ => fixture.Model.Tokenizer.Encode(string.Concat(Enumerable.Repeat("hello you ", 20)), addBos: true))];
        long start = Stopwatch.GetTimestamp();
        await generator.EmbedAsync(texts, cancellationToken: TestContext.Current.CancellationToken);
        TimeSpan all = Stopwatch.GetElapsedTime(start);

        start = Stopwatch.GetTimestamp();
        await Assert.ThrowsAsync<ArgumentException>(() => generator.EmbedAsync([.. texts, []], cancellationToken: TestContext.Current.CancellationToken));
        Assert.InRange(Stopwatch.GetElapsedTime(start), TimeSpan.Zero, all / 2);
    }

    [Fact]
    public void Tells_what_it_is()
    {
        EmbeddingGeneratorMetadata metadata = Generator.GetService<EmbeddingGeneratorMetadata>()!;

        Assert.Equal((fixture.Model.Name, fixture.Model.Config.HiddenSize), (metadata.DefaultModelId, metadata.DefaultModelDimensions));
        Assert.Same(fixture.Model, Generator.GetService<PunaModel>());
    }
}
