using System.Text;
using Puna.Chat.Templates;
using Puna.Engine;
using Puna.Engine.Constraints;
using Puna.Engine.Sampling;

namespace Puna.Training.Evaluation;

/// <summary>Greedy answers of a model file, through the engine that users run.</summary>
internal sealed class ModelAnswers(string path, int threads) : IDisposable
{
    private readonly PunaModel _model = PunaModel.Load(path, new PunaModelOptions { Threads = threads });

    /// <summary>The answer to a conversation that ends with a user's message; held to a form, if there is one.</summary>
    public string Answer(IEnumerable<(string Role, string Content)> messages, Constraint? form = null)
    {
        Generation generation = _model.Engine.Submit(new GenerationRequest
        {
            Prompt = _model.EncodeChat([.. messages.Select(m => new TemplateMessage(m.Role, m.Content))]),
            Sampling = new SamplingOptions { Temperature = 0 },
            MaxTokens = 400,
            Constraint = form,
        });
        StringBuilder text = new();
        foreach (GenerationStep step in generation.ReadAsync(CancellationToken.None).ToBlockingEnumerable()) text.Append(step.Text);
        return text.ToString();
    }

    public void Dispose() => _model.Dispose();
}
