using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Puna.Engine;
using Puna.Engine.Constraints;
using Puna.Engine.Sampling;
using Puna.Extraction.Answers;
using Puna.Extraction.Documents;
using Puna.Extraction.Evidence;
using Puna.Extraction.Parts;
using Puna.Prompting;

namespace Puna.Extraction;

/// <summary>
/// Extracts the data that a JSON Schema describes from documents: the answer is held to the schema while it is written, and each of its values
/// is looked up in the document. The same document gives the same result, alone or among others. Safe for concurrent callers, whose
/// documents the model reads side by side.
/// </summary>
public sealed class DocumentExtractor
{
    /// <summary>Fewest tokens that a part of a document can be limited to.</summary>
    public const int MinPartTokens = 16;

    private const string Version = "1"; // counts changes of prompt, rules and results

    private readonly PunaModel _model;
    private readonly JsonObject _schema;
    private readonly ExtractionOptions _options;
    private readonly Constraint _constraint;

    /// <summary>An extractor over a model that outlives it.</summary>
    /// <param name="model">The model that reads.</param>
    /// <param name="schema">JSON Schema of the answer.</param>
    /// <param name="options">How, or null for the defaults.</param>
    /// <exception cref="ConstraintException">The schema cannot be enforced exactly; the error names the place.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of range.</exception>
    public DocumentExtractor(PunaModel model, JsonObject schema, ExtractionOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(schema);
        _options = options ?? new ExtractionOptions();
        _options.Validate();
        _model = model;
        _schema = schema;
        _constraint = Constraint.FromJsonSchema(schema.ToJsonString());
        SettingsHash = Convert.ToHexStringLower(SHA256.HashData(
        [
            .. model.Fingerprint.Span,
            .. Encoding.UTF8.GetBytes($"{Version} {model.Options.KvType} {model.Options.Backend} {model.Engine.ContextLength} {_options} {ExtractionPrompt.Write(schema, "")} {model.Options.ChatTemplate}"),
        ]));
    }

    /// <summary>Identity of all that decides a result beside the document: the model, the schema, the options and the prompt.</summary>
    public string SettingsHash { get; }

    /// <summary>Extracts from a document.</summary>
    /// <exception cref="ExtractionException">An answer does not end within its limit, or the schema leaves no room for the document.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task<ExtractionResult> ExtractAsync(SourceDocument document, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(document);
        List<(int Start, int End)> parts = Split(document.Text);
        List<AnswerNode> answers = [];
        int promptTokens = 0, completionTokens = 0;
        foreach ((int start, int end) in parts)
        {
            int[] prompt = Encode(document.Text[start..end]);
            Generation generation = _model.Engine.Submit(new GenerationRequest
            {
                Prompt = prompt,
                Sampling = new SamplingOptions { Temperature = 0, Logprobs = true },
                MaxTokens = _options.MaxTokens,
                Constraint = _constraint,
            });
            TokenTrace trace = new();
            await foreach (GenerationStep step in generation.ReadAsync(cancellationToken).ConfigureAwait(false)) trace.Add(step);
            cancellationToken.ThrowIfCancellationRequested();
            if (generation.FinishReason == FinishReason.Cancelled) throw new ObjectDisposedException(nameof(PunaModel), "The model was disposed while it answered.");
            if (generation.FinishReason != FinishReason.Stop) throw new ExtractionException($"the answer did not end within {generation.CompletionTokens} tokens: allow more, or shorten the document. It began: {Beginning(trace.Text)}");

            answers.Add(AnswerReader.Read(trace, new EvidenceFinder(document, start, end)));
            promptTokens += generation.PromptTokens;
            completionTokens += generation.CompletionTokens;
        }

        AnswerNode merged = AnswerMerge.Merge(answers);
        if (answers.Count > 1 && !new ConstraintProbe(_model.Tokenizer).Accepts(_constraint, merged.ToJson())) merged = AnswerMerge.Best(answers);
        using JsonDocument value = JsonDocument.Parse(merged.ToJson(), new JsonDocumentOptions { MaxDepth = AnswerReader.MaxDepth });
        return new ExtractionResult(document.Name, document.Hash, value.RootElement.Clone(),
            [.. merged.Leaves().Select(leaf => new ExtractedField(leaf.Pointer, leaf.Leaf.Value, leaf.Leaf.Confidence, leaf.Leaf.Evidence))], parts.Count, promptTokens, completionTokens);
    }

    private int[] Encode(string text) => _model.EncodeChat([new("user", ExtractionPrompt.Write(_schema, text))]);

    private List<(int Start, int End)> Split(string text)
    {
        int frame = Encode("").Length;
        int room = _model.Engine.ContextLength - frame - Math.Min(_options.MaxTokens, _model.Engine.ContextLength / 2);
        if (room < MinPartTokens) throw new ExtractionException($"the schema takes {frame} of {_model.Engine.ContextLength} tokens of context and leaves no room for a document. Use a larger context, or a smaller schema.");

        int limit = Math.Min(_options.PartTokens ?? int.MaxValue, room);
        // A token stands for at least one byte, so a text of few bytes need not be counted.
        if (Encoding.UTF8.GetByteCount(text) <= limit) return [(0, text.Length)];
        return new DocumentSplitter(text, part => Encode(part).Length - frame, limit, (int)(limit * _options.Overlap)).Split();
    }

    private static string Beginning(string text) => text.Length <= 200 ? text : text[..(char.IsHighSurrogate(text[199]) ? 199 : 200)] + "…";
}
