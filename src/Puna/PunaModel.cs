using System.Text.Json;
using Microsoft.Extensions.AI;
using Puna.Chat.Templates;
using Puna.Compute;
using Puna.Compute.Cpu;
using Puna.Compute.Reference;
using Puna.Engine;
using Puna.Loading;
using Puna.Models;
using Puna.Prompting;
using Puna.Tensors;
using Puna.Tokenizers;

namespace Puna;

/// <summary>
/// A loaded model: weights in place on disk, tokenizer, chat template and an engine that serves any number of callers.
/// Owns all of them; dispose it last.
/// </summary>
public sealed class PunaModel : IDisposable
{
    private readonly ModelSource _source;
    private readonly IBackend _backend;
    private readonly ModelSource? _draftSource;
    private readonly Models.Decoder? _draftModel;
    private readonly ChatFormat _chatFormat;
    private readonly Lazy<InferenceEngine> _engine;
    private readonly Lazy<byte[]> _fingerprint;

    private PunaModel(ModelSource source, IBackend backend, DecoderWeights weights, ModelSource? draft, Models.Decoder? draftModel, PunaModelOptions options)
    {
        _source = source;
        _draftSource = draft;
        _draftModel = draftModel;
        _backend = backend;
        Options = options;
        Decoder = new Models.Decoder(source.Config, weights, backend);
        _engine = new Lazy<InferenceEngine>(() => new InferenceEngine(Decoder, Tokenizer, options.ForEngine(Config.ContextLength), _draftModel));
        _chatFormat = new ChatFormat(Path, Tokenizer, source.ChatTemplate, options.ChatTemplate);
        _fingerprint = new Lazy<byte[]>(() => ModelFingerprint.Of(source.File));
    }

    /// <summary>How it was loaded.</summary>
    public PunaModelOptions Options { get; }

    /// <summary>Name the file gives itself.</summary>
    public string Name => _source.Name;

    /// <summary>Path it was loaded from.</summary>
    public string Path => _source.File.Path;

    /// <summary>Licence the file states, or null.</summary>
    public string? License => _source.License;

    /// <summary>What the user should know about the file.</summary>
    public IReadOnlyList<string> Warnings =>
        [.. _source.Warnings, .. _draftSource?.Warnings ?? [], .. _backend is CpuBackend { Notice: { } notice } ? (string[])[notice] : []];

    /// <summary>Settings of the network.</summary>
    public DecoderConfig Config => _source.Config;

    /// <summary>Bytes of all weights, those of a draft model among them.</summary>
    public long WeightBytes => _source.File.TensorBytes + (_draftSource?.File.TensorBytes ?? 0);

    /// <summary>Numbers in all weights.</summary>
    public long ParameterCount => _source.File.Tensors.Sum(t => t.Elements);

    /// <summary>Element type that most of the weights' bytes are in, such as <c>Q4_K</c>.</summary>
    public string WeightType => _source.File.Tensors.GroupBy(t => t.Type).MaxBy(g => g.Sum(t => t.ByteLength))!.Key.Name();

    /// <summary>Text to token ids and back.</summary>
    public Tokenizer Tokenizer => _source.Tokenizer;

    /// <summary>The file's own chat template (Jinja), or null.</summary>
    public string? ChatTemplateSource => _source.ChatTemplate;

    /// <summary>Threads that compute.</summary>
    public int ThreadCount => (_backend as CpuBackend)?.Threads ?? 1;

    /// <summary>What computes: the backend and, on the CPU, the most of the processor that its matrix kernels use.</summary>
    public string KernelSet => _backend is CpuBackend cpu ? $"cpu {cpu.Level.ToString().ToLowerInvariant()}" : "reference";

    /// <summary>Whether the file asks for a begin-of-text token before plain text.</summary>
    public bool AddsBos => Tokenizer.AddsBos && Tokenizer.BosId is not null;

    /// <summary>The network.</summary>
    public Models.Decoder Decoder { get; }

    /// <summary>Serves requests; started when first asked for.</summary>
    public InferenceEngine Engine => _engine.Value;

    /// <summary>Identity of the weights, 32 bytes, for binding saved sessions to them.</summary>
    public ReadOnlyMemory<byte> Fingerprint => _fingerprint.Value;

    /// <summary>Loads a model from a GGUF file (any part of a split) or a safetensors directory.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="Formats.ModelFileException">A file is malformed.</exception>
    /// <exception cref="ModelException">The model is not supported, settings and weights do not fit together, or the draft model has another vocabulary.</exception>
    /// <exception cref="TokenizerFormatException">The vocabulary is malformed.</exception>
    /// <exception cref="ArgumentException">Options contradict each other, or one is out of range.</exception>
    public static PunaModel Load(string path, PunaModelOptions? options = null)
    {
        options ??= new PunaModelOptions();
        if (options is { DraftModel: not null, PromptLookup: true })
            throw new ArgumentException($"{nameof(options.DraftModel)} and {nameof(options.PromptLookup)} are both set; tokens are guessed in one way. Leave out one of them.", nameof(options));
        if (options.DraftTokens is < 1 or > EngineOptions.MaxDraftTokens)
            throw new ArgumentException($"{nameof(options.DraftTokens)} is {options.DraftTokens}; allowed are 1 to {EngineOptions.MaxDraftTokens}.", nameof(options));

        ModelSource source = ModelSource.Open(path, options.CorrectEarlyScoutRope);
        DecoderWeights? weights = null;
        ModelSource? draft = null;
        Models.Decoder? draftModel = null;
        IBackend? backend = null;
        try
        {
            if (source.Tokenizer.VocabSize > source.Config.VocabSize)
                throw new ModelException(path, $"the tokenizer has {source.Tokenizer.VocabSize} ids, the embedding {source.Config.VocabSize} rows; they do not belong together.");

            if (options.DraftModel is { } draftPath)
            {
                draft = ModelSource.Open(draftPath, options.CorrectEarlyScoutRope);
                DraftVocabulary.Require(draft, source);
            }

            weights = ReadWeights(source);
            backend = options.Backend == BackendKind.Reference ? new ReferenceBackend() : new CpuBackend(new CpuBackendOptions { Threads = options.Threads, Level = options.CpuLevel });
            if (draft is not null) draftModel = new Models.Decoder(draft.Config, ReadWeights(draft), backend);
            return new PunaModel(source, backend, weights, draft, draftModel, options);
        }
        catch
        {
            draftModel?.Dispose();
            backend?.Dispose();
            weights?.Dispose();
            draft?.Dispose();
            source.Dispose();
            throw;
        }
    }

    private static DecoderWeights ReadWeights(ModelSource source) => DecoderWeights.Read(new FileWeights(source.File), source.Names, source.Config);

    /// <summary>The tokenizer alone. Of a GGUF file nothing but the vocabulary is read, so any architecture will do.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="Formats.ModelFileException">The file is malformed, or has no vocabulary.</exception>
    /// <exception cref="TokenizerFormatException">The vocabulary is malformed.</exception>
    public static Tokenizer LoadTokenizer(string path) => ModelSource.OpenTokenizer(path);

    /// <summary>
    /// This model as an <see cref="IChatClient"/>. Any number of clients and callers may share the model; it must live as
    /// long as they do.
    /// </summary>
    /// <param name="ownsModel">Dispose the model with the client.</param>
    public PunaChatClient AsChatClient(bool ownsModel = false) => new(this, ownsModel);

    /// <summary>This model as an embedding generator. Any number of generators and callers may share the model; it must live as long as they do.</summary>
    public PunaEmbeddingGenerator AsEmbeddingGenerator() => new(this);

    /// <summary>
    /// Writes a conversation in the model's chat format, as text in which the template's words are told from those of the
    /// messages.
    /// </summary>
    /// <param name="messages">The conversation.</param>
    /// <param name="tools">Tool definitions as JSON objects, or null for none.</param>
    /// <param name="addGenerationPrompt">End with an open assistant turn, for the model to fill.</param>
    /// <exception cref="ChatFormatException">The model has no chat format, or its template fails or refuses the conversation.</exception>
    public RenderedPrompt RenderChat(IReadOnlyList<TemplateMessage> messages, IReadOnlyList<JsonElement>? tools = null, bool addGenerationPrompt = true) =>
        _chatFormat.Render(new ChatTemplateInput { Messages = messages, Tools = tools, AddGenerationPrompt = addGenerationPrompt });

    /// <summary>
    /// Tokens of a conversation in the model's chat format, to submit to <see cref="Engine"/>. Whatever messages and tools
    /// say, special tokens come from the template alone.
    /// </summary>
    /// <inheritdoc cref="RenderChat"/>
    public int[] EncodeChat(IReadOnlyList<TemplateMessage> messages, IReadOnlyList<JsonElement>? tools = null, bool addGenerationPrompt = true) =>
        _chatFormat.Encode(RenderChat(messages, tools, addGenerationPrompt));

    /// <summary>Saves what the engine still holds of a finished request, bound to these weights; see <see cref="InferenceEngine.SaveSessionAsync"/>.</summary>
    /// <param name="tokens">Prompt and answer so far.</param>
    /// <param name="path">File to make or replace; only this user may read it.</param>
    /// <returns>How many of the tokens the file spares computing again; 0 when the engine holds none of them, and then no file is written.</returns>
    public Task<int> SaveSessionAsync(IReadOnlyList<int> tokens, string path) => Engine.SaveSessionAsync(tokens, path, Fingerprint);

    /// <summary>Loads a saved session, so that a request that begins with its tokens computes only what is new; see <see cref="InferenceEngine.LoadSessionAsync"/>.</summary>
    /// <param name="path">File from <see cref="SaveSessionAsync"/> with the same model and KV type.</param>
    /// <returns>The tokens of the session.</returns>
    public Task<int[]> LoadSessionAsync(string path) => Engine.LoadSessionAsync(path, Fingerprint);

    /// <summary>Ends the engine and unmaps the files.</summary>
    public void Dispose()
    {
        if (_engine.IsValueCreated) _engine.Value.Dispose();
        Decoder.Dispose();
        _draftModel?.Dispose();
        _backend.Dispose();
        _draftSource?.Dispose();
        _source.Dispose();
    }
}
