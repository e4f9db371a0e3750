using Microsoft.Extensions.AI;
using Puna.Tensors;
using Puna.Training.Export;
using Puna.Training.Model;
using Puna.Training.Numerics;
using Puna.Training.Vocabulary;
using Xunit;

namespace Puna.Training.Tests;

public sealed class ExportTests
{
    [Fact]
    public async Task A_folder_of_safetensors_and_a_gguf_file_say_the_same()
    {
        DemoVocabulary vocabulary = DemoVocabulary.Of([("t"u8.ToArray(), "h"u8.ToArray()), ("th"u8.ToArray(), "e"u8.ToArray())]);
        ParameterLayout layout = new(new ModelShape { Layers = 4, Hidden = 32, Heads = 4, KvHeads = 2, HeadDim = 8, Experts = 3, ExpertHidden = 32, Vocabulary = vocabulary.Tokens.Count });
        using FloatBuffer weights = layout.Initialize(seed: 11);
        string folder = Directory.CreateTempSubdirectory("puna-export").FullName;
        try
        {
            string gguf = Path.Combine(folder, "model.gguf"), safetensors = Path.Combine(folder, "hf");
            GgufExporter.Write(gguf, layout, weights, vocabulary, ElementType.F32);
            SafetensorsExporter.Write(safetensors, layout, weights, vocabulary, ElementType.F32);

            Assert.Equal(await AnswerAsync(gguf), await AnswerAsync(safetensors));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<string> AnswerAsync(string path)
    {
        using PunaModel model = PunaModel.Load(path);
        using IChatClient client = model.AsChatClient();
        ChatResponse response = await client.GetResponseAsync([new ChatMessage(ChatRole.User, "the other thing, 12 été")], new ChatOptions { Temperature = 0, MaxOutputTokens = 24 });
        Assert.Equal(24, response.Usage!.OutputTokenCount);
        return response.Text;
    }
}
