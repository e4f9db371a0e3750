using System.CommandLine;
using Puna.Compute.Cpu;
using Puna.Demo;
using Puna.Engine;
using Puna.Tensors;

namespace Puna.Cli;

/// <summary>Arguments and options about the model, the same in every command that runs one.</summary>
internal sealed class ModelOptions
{
    private const string Lookup = "lookup";

    private readonly Option<string?> _modelOption = new("--model", "-m");
    private readonly Option<int?> _threads = new("--threads", "-t") { Description = "Threads to compute with (default: one per core)" };
    private readonly Option<string> _kv = new("--kv") { Description = "Element type of the KV cache", DefaultValueFactory = _ => "f16" };
    private readonly Option<int?> _context = new("--context") { Description = "Most tokens of prompt and answer together (default: the model's own limit, at most 32768)" };
    private readonly Option<string?> _draft = new("--draft") { Description = $"Speculative decoding: '{Lookup}' guesses that a text goes on as before, a model with the same vocabulary guesses by itself; answers stay the same", HelpName = $"model|{Lookup}" };
    private readonly Option<int> _draftTokens = new("--draft-tokens") { Description = "Most tokens guessed at once, by all requests together", DefaultValueFactory = _ => new PunaModelOptions().DraftTokens };
    private readonly Option<string> _backend = new("--backend") { Description = "Where to compute; reference is slow and exact", DefaultValueFactory = _ => "cpu" };
    private readonly Option<string?> _cpuLevel = new("--cpu-level") { Description = "The most that matrix products may use of the processor, for comparing (default: all of it)" };
    private readonly Option<bool> _correctRope = new("--correct-rope") { Description = "Use Meta's RoPE factors in place of those of early Scout conversions" };
    private readonly Option<string?> _chatTemplate = new("--chat-template") { Description = "File of a Jinja chat template to use in place of the model's own" };

    /// <summary>Adds all of them to a command.</summary>
    /// <param name="command">The command.</param>
    /// <param name="chats">The command writes conversations as prompts.</param>
    /// <param name="modelIsOptional">Without a model the command uses the built-in one.</param>
    /// <param name="modelIsOption">The model is given by <c>--model</c> rather than by its place, which is another's.</param>
    internal ModelOptions(Command command, bool chats = false, bool modelIsOptional = false, bool modelIsOption = false)
    {
        if (chats)
        {
            command.Add(_chatTemplate);
            foreach (Option ofEngine in (Option[])[_context, _draft, _draftTokens]) command.Add(ofEngine); // measuring commands do without the engine
        }

        if (modelIsOptional)
        {
            Model.Arity = ArgumentArity.ZeroOrOne;
            Model.Description += "; without it, the small built-in model";
        }

        _kv.AcceptOnlyFromAmong("f32", "f16", "q8_0", "q4_0");
        _backend.AcceptOnlyFromAmong("cpu", "reference");
        if (modelIsOption)
        {
            _modelOption.Description = Model.Description;
            command.Add(_modelOption);
        }
        else
        {
            command.Add(Model);
        }

        command.Add(_threads);
        command.Add(_kv);
        command.Add(_backend);
        _cpuLevel.AcceptOnlyFromAmong([.. Enum.GetNames<CpuLevel>().Select(name => name.ToLowerInvariant())]);
        command.Add(_cpuLevel);
        command.Add(_correctRope);
    }

    internal Argument<string> Model { get; } = NewModelArgument();

    internal static Argument<string> NewModelArgument() => new("model") { Description = "A GGUF file (any part of a split) or a safetensors directory" };

    /// <summary>The chat template's file, where one is given.</summary>
    internal string? TemplateFile(ParseResult parsed) => parsed.GetValue(_chatTemplate);

    internal static ElementType ParseType(string name) =>
        ElementTypes.TryParse(name, out ElementType? type) ? type.Value : throw new UsageException($"'{name}' is not an element type.");

    /// <summary>Threads and level that products may use, where they are given.</summary>
    /// <exception cref="UsageException">Fewer than one thread.</exception>
    internal (int? Threads, CpuLevel? Level) Processor(ParseResult parsed)
    {
        int? threads = parsed.GetValue(_threads);
        if (threads < 1) throw new UsageException($"--threads {threads}: at least 1 is needed.");
        return (threads, parsed.GetValue(_cpuLevel) is { } level ? Enum.Parse<CpuLevel>(level, ignoreCase: true) : null);
    }

    /// <summary>Path of the model that was given, or of the built-in one.</summary>
    internal string PathOf(ParseResult parsed) => (parsed.CommandResult.Command.Arguments.Contains(Model) ? parsed.GetValue(Model) : parsed.GetValue(_modelOption)) ?? DemoModel.Path;

    /// <summary>How a model is to be loaded.</summary>
    internal PunaModelOptions Read(ParseResult parsed)
    {
        (int? threads, CpuLevel? level) = Processor(parsed);
        int? context = parsed.GetValue(_context);
        if (context < 1) throw new UsageException($"--context {context}: at least 1 is needed.");

        string? draft = parsed.GetValue(_draft);
        int draftTokens = parsed.GetResult(_draftTokens)?.GetValueOrDefault<int>() ?? new PunaModelOptions().DraftTokens; // measuring commands have no such option
        if (draftTokens is < 1 or > EngineOptions.MaxDraftTokens) throw new UsageException($"--draft-tokens {draftTokens}: 1 to {EngineOptions.MaxDraftTokens} are possible.");
        if (draft is null && parsed.GetResult(_draftTokens) is { Implicit: false }) throw new UsageException($"--draft-tokens {draftTokens}: nothing is guessed without --draft. Add --draft {Lookup}, or --draft with a model.");

        return new PunaModelOptions
        {
            Threads = threads,
            KvType = ParseType(parsed.GetValue(_kv)!),
            ContextLength = context,
            PromptLookup = draft == Lookup,
            DraftModel = draft == Lookup ? null : draft,
            DraftTokens = draftTokens,
            Backend = parsed.GetValue(_backend) == "reference" ? BackendKind.Reference : BackendKind.Cpu,
            CpuLevel = level,
            MaxSequences = 1,
            ChatTemplate = parsed.GetValue(_chatTemplate) is { } file ? File.ReadAllText(file) : null,
            CorrectEarlyScoutRope = parsed.GetValue(_correctRope),
        };
    }

    /// <summary>Loads the model, and says on standard error what the user should know about it.</summary>
    internal PunaModel Load(ParseResult parsed, Func<PunaModelOptions, PunaModelOptions>? more = null)
    {
        PunaModelOptions options = Read(parsed);
        PunaModel model = PunaModel.Load(PathOf(parsed), more?.Invoke(options) ?? options);
        foreach (string warning in model.Warnings) Console.Error.WriteLine($"WARNING: {warning}");
        return model;
    }
}
