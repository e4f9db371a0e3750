using System.ClientModel;
using System.ClientModel.Primitives;
using System.Text.Json;
using OllamaSharp;
using OllamaSharp.Models;
using OpenAI;
using OpenAI.Embeddings;

namespace Puna.Host.Tests.Server;

/// <summary>Embeddings with the clients of OpenAI and Ollama, and what their endpoints take and refuse.</summary>
public sealed class EmbeddingTests(TinyServerFixture fixture) : IClassFixture<TinyServerFixture>
{
    private const string Path = "/v1/embeddings";

    private TinyServer Server => fixture.Server;

    [Fact]
    public async Task OpenAIs_client_gets_what_the_library_gives()
    {
        EmbeddingClient client = new OpenAIClient(new ApiKeyCredential("unused"), new OpenAIClientOptions
        {
            Endpoint = new Uri("http://localhost/v1"),
            Transport = new HttpClientPipelineTransport(Server.Http),
            RetryPolicy = new ClientRetryPolicy(0),
        }).GetEmbeddingClient("tiny");

        OpenAIEmbeddingCollection embeddings = await client.GenerateEmbeddingsAsync(["hello", "in it"], cancellationToken: TestContext.Current.CancellationToken);
        OpenAIEmbedding four = await client.GenerateEmbeddingAsync("hello", new EmbeddingGenerationOptions { Dimensions = 4 }, TestContext.Current.CancellationToken);

        Assert.Equal(await ExpectedAsync("hello"), embeddings[0].ToFloats().ToArray());
        Assert.Equal(await ExpectedAsync("in it"), embeddings[1].ToFloats().ToArray());
        Assert.Equal(4, four.ToFloats().Length);
        Assert.Equal("tiny", embeddings.Model);
    }

    [Fact]
    public async Task Numbers_and_base64_are_the_same_vector_and_tokens_the_same_text()
    {
        int[] tokens = fixture.Model.Tokenizer.Encode("hello", fixture.Model.AddsBos);
        JsonElement numbers = (await Server.PostAsync(Path, """{"input": "hello", "user": "someone"}""")).Ok;
        JsonElement base64 = (await Server.PostAsync(Path, $$"""{"input": [[{{string.Join(',', tokens)}}]], "encoding_format": "base64"}""")).Ok;

        float[] first = [.. numbers.GetProperty("data")[0].GetProperty("embedding").EnumerateArray().Select(x => x.GetSingle())];
        byte[] bytes = base64.GetProperty("data")[0].GetProperty("embedding").GetBytesFromBase64();
        Assert.Equal(first, Enumerable.Range(0, bytes.Length / 4).Select(i => BitConverter.ToSingle(bytes, i * 4)));
        Assert.Equal(tokens.Length, numbers.GetProperty("usage").GetProperty("prompt_tokens").GetInt32());
    }

    [Fact]
    public async Task Ollamas_client_embeds_too()
    {
        OllamaApiClient client = new(Server.Http, "tiny");

        EmbedResponse embedded = await client.EmbedAsync(new EmbedRequest { Model = "tiny", Input = ["hello", "in it"] }, TestContext.Current.CancellationToken);
        JsonElement old = (await Server.PostAsync("/api/embeddings", """{"prompt": "hello"}""")).Ok;

        Assert.Equal(await ExpectedAsync("hello"), embedded.Embeddings[0]);
        Assert.Equal(await ExpectedAsync("in it"), embedded.Embeddings[1]);
        Assert.True(embedded.PromptEvalCount > 1);
        Assert.Equal(await ExpectedAsync("hello"), old.GetProperty("embedding").EnumerateArray().Select(x => x.GetSingle()));
    }

    [Fact]
    public async Task Ollama_cuts_what_is_too_long_unless_told_not_to()
    {
        string input = new('x', 2000);

        Assert.Equal(fixture.Model.Engine.ContextLength - 1, (await Server.PostAsync("/api/embed", $$"""{"input": "{{input}}"}""")).Ok.GetProperty("prompt_eval_count").GetInt32());
        TinyServer.Reply refused = await Server.PostAsync("/api/embed", $$"""{"input": "{{input}}", "truncate": false}""");
        Assert.Equal(System.Net.HttpStatusCode.BadRequest, refused.Status);
    }

    [Theory]
    [InlineData("\"input\": null", "input", "missing")]
    [InlineData("\"input\": []", "input", "an empty array")]
    [InlineData("\"input\": [5.5]", "input[0]", "not the id of a token")]
    [InlineData("\"input\": \"LONG\"", "input", "The prompt has")]
    [InlineData("\"input\": \"a\", \"dimensions\": 0", "dimensions", "allowed: 1 to")]
    [InlineData("\"input\": \"a\", \"dimensions\": 1000000", "dimensions", "allowed: 1 to")]
    [InlineData("\"input\": \"a\", \"encoding_format\": \"int8\"", "encoding_format", "int8")]
    [InlineData("\"input\": \"a\", \"pooling\": \"last\"", "pooling", "not a field")]
    public async Task A_field_at_fault_is_named(string fields, string param, string words)
    {
        JsonElement error = (await Server.PostAsync(Path, $"{{{fields.Replace("LONG", new string('x', 2000), StringComparison.Ordinal)}}}")).Error(400);

        Assert.Equal(param, error.GetProperty("param").GetString());
        Assert.Contains(words, error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task More_texts_than_a_request_may_have_are_refused()
    {
        string input = string.Join(',', Enumerable.Repeat("\"a\"", 2049));

        Assert.Contains("2049 texts", (await Server.PostAsync(Path, $$"""{"input": [{{input}}]}""")).Error(400).GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    private async Task<float[]> ExpectedAsync(string text) => (await fixture.Model.AsEmbeddingGenerator().GenerateAsync([text], cancellationToken: TestContext.Current.CancellationToken))[0].Vector.ToArray();
}
