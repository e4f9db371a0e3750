using Puna.Models;
using Puna.Tokenizers;

namespace Puna.Safety.LlamaGuard;

/// <summary>
/// A Llama Guard model: judges the last message of a user or an assistant in a conversation. The verdict comes of one pass over the prompt, from the
/// logits of "safe" and "unsafe" behind the pair of line feeds with which every guard begins its answer; categories are
/// decoded only when a threshold is reached, and only those of the prompt can come out. Safe for concurrent callers, who
/// take turns.
/// </summary>
public sealed class LlamaGuardModel : IDisposable
{
    private const string LineFeeds = "\n\n", Safe = "safe", Unsafe = "unsafe";

    private readonly PunaModel _model;
    private readonly PrefixCache _prefixes;
    private readonly Lock _turn = new();
    private bool _disposed;
    private readonly int _lineFeeds, _safe, _unsafe, _lineFeed;

    private LlamaGuardModel(PunaModel model, LlamaGuardKind kind, LlamaGuardOptions options)
    {
        _model = model;
        Kind = kind;
        Options = options;
        _lineFeeds = Single(LineFeeds);
        _lineFeed = Single("\n");
        _safe = Single(Safe);
        _unsafe = Single(Unsafe);
        _prefixes = new PrefixCache(model.Decoder, options.CachedPrefixes);
    }

    public LlamaGuardKind Kind { get; }

    public LlamaGuardOptions Options { get; }

    /// <summary>Fingerprint of the weights in hexadecimal: which model judged.</summary>
    public string Identity => field ??= Convert.ToHexStringLower(_model.Fingerprint.Span);

    /// <summary>Loads a guard from a GGUF file or a safetensors directory.</summary>
    /// <exception cref="ModelException">The file is no guard: its name tells of none and no kind is given, its vocabulary lacks the verdict's words, or it does not answer a trial prompt with a verdict.</exception>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public static LlamaGuardModel Load(string path, LlamaGuardOptions? options = null)
    {
        options ??= new LlamaGuardOptions();
        options.Check();
        PunaModel model = PunaModel.Load(path, new PunaModelOptions { Threads = options.Threads });
        LlamaGuardModel? guard = null;
        try
        {
            LlamaGuardKind kind = options.Kind ?? LlamaGuardKinds.Detect(model.Name) ?? LlamaGuardKinds.Detect(Path.GetFileName(Path.TrimEndingDirectorySeparator(path)))
                ?? throw new ModelException(path, $"neither the model's name ('{model.Name}') nor the file's tells of a Llama Guard. An ordinary model would be asked for verdicts that it was not made for; if it is one, give its kind.");
            guard = new LlamaGuardModel(model, kind, options);
            guard.Try();
            return guard;
        }
        catch (GuardFailureException error)
        {
            guard?._prefixes.Dispose();
            model.Dispose();
            throw new ModelException(path, $"the model does not answer as a {LlamaGuardKinds.Names[(int)(options.Kind ?? guard!.Kind)]} does: {error.Message}");
        }
        catch
        {
            guard?._prefixes.Dispose();
            model.Dispose();
            throw;
        }
    }

    /// <summary>Judges the last message of a user or an assistant; system texts and tools' results have no place in a guard's prompt.</summary>
    /// <exception cref="GuardFailureException">The model did not answer with a verdict, or a message is too long for it.</exception>
    /// <exception cref="ArgumentException">There is nothing to judge.</exception>
    /// <exception cref="NotSupportedException">A message has images, which cannot be judged yet.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public LlamaGuardVerdict Judge(IReadOnlyList<GuardMessage> messages, CancellationToken cancellationToken = default) => Judge(messages, Options.Prompt, Options.Thresholds, cancellationToken);

    /// <summary>As the other, by another policy and other thresholds than the model was loaded with.</summary>
    /// <inheritdoc cref="Judge(IReadOnlyList{GuardMessage}, CancellationToken)"/>
    public LlamaGuardVerdict Judge(IReadOnlyList<GuardMessage> messages, LlamaGuardPromptOptions promptOptions, LlamaGuardThresholds thresholds, CancellationToken cancellationToken = default)
    {
        thresholds.Check();
        if (messages.Any(m => m.Images > 0)) throw new NotSupportedException("A message has images. Puna judges text alone so far; an image that no guard has seen must not pass as safe.");

        List<GuardTurn> turns = Fit(GuardTurns.Of(messages, promptOptions.GuardMarkers));
        LlamaGuardPrompt prompt = LlamaGuardPrompt.Render(Kind, turns, promptOptions);
        int[] tokens = [.. Encode(prompt), _lineFeeds];
        if (tokens.Length + 32 > _model.Config.ContextLength) throw new GuardFailureException($"The guard's prompt has {tokens.Length} tokens; the model's context holds {_model.Config.ContextLength}.");

        lock (_turn)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return Judge(prompt, tokens, thresholds, cancellationToken);
        }
    }

    /// <summary>Tokens of a prompt, as the model reads it. Words of messages never become special tokens.</summary>
    public int[] Encode(LlamaGuardPrompt prompt) => _model.Tokenizer.Encode(prompt.Segments, addBos: false);

    /// <summary>Frees the cache and the model.</summary>
    public void Dispose()
    {
        lock (_turn)
        {
            _disposed = true;
            _prefixes.Dispose();
            _model.Dispose();
        }
    }

    private LlamaGuardVerdict Judge(LlamaGuardPrompt prompt, int[] tokens, LlamaGuardThresholds thresholds, CancellationToken cancellationToken)
    {
        ReadOnlySpan<float> logits = _prefixes.Run(tokens, cancellationToken);
        int computed = _prefixes.Computed;
        float probability = 1 / (1 + MathF.Exp(logits[_safe] - logits[_unsafe])), mass = Mass(logits);
        if (!(mass >= Options.MinMass)) throw new GuardFailureException($"'safe' and 'unsafe' have a probability of {mass:0.###} together, less than {Options.MinMass:0.###}.");

        string[] allowed = [.. prompt.Categories.Select(c => c.Code)];
        if (probability < thresholds.Lowest(prompt.JudgesAgent, allowed))
            return new LlamaGuardVerdict(false, probability, [], new Dictionary<string, float>(), mass, prompt.JudgesAgent, tokens.Length, computed);

        (List<string> codes, Dictionary<string, float> shares, int decoded) = Decode(tokens, allowed, cancellationToken);
        Dictionary<string, float> scores = allowed.ToDictionary(code => code, code => codes.Contains(code) ? probability : probability * shares.GetValueOrDefault(code));
        codes.RemoveAll(code => probability < thresholds.Of(prompt.JudgesAgent, code));
        return new LlamaGuardVerdict(codes.Count > 0, probability, codes, scores, mass, prompt.JudgesAgent, tokens.Length, computed + decoded);
    }

    /// <summary>Decodes the list of codes greedily, one code at least.</summary>
    private (List<string> Codes, Dictionary<string, float> Shares, int Computed) Decode(int[] prompt, string[] allowed, CancellationToken cancellationToken)
    {
        CodeGrammar grammar = new(_model.Tokenizer, allowed);
        List<int> tokens = [.. prompt, _unsafe, _lineFeed];
        List<string> codes = [];
        Dictionary<string, float> shares = [];
        int computed = 0;
        CodeGrammar.Node node = grammar.Start;
        while (codes.Count <= allowed.Length)
        {
            ReadOnlySpan<float> logits = _prefixes.Run([.. tokens], cancellationToken);
            computed += _prefixes.Computed;
            List<(int Token, CodeGrammar.Node? Next)> options = [.. node.Open(codes).Select(token => (token, (CodeGrammar.Node?)node.Children[token]))];
            if (shares.Count == 0 && options.Count > 1) Share(logits, options, shares);
            string? complete = node.Code is { } code && !codes.Contains(code) ? code : null;
            if (complete is not null)
            {
                options.AddRange(grammar.Next.Open([.. codes, complete]).Where(token => !node.Children.ContainsKey(token)).Select(token => (token, (CodeGrammar.Node?)grammar.Next.Children[token])));
                options.AddRange(_model.Tokenizer.EndOfGenerationIds.Select(token => (token, (CodeGrammar.Node?)null)));
            }

            if (options.Count == 0) // all codes are written, and the vocabulary names no end of a turn
            {
                codes.Add(complete!);
                break;
            }

            (int best, CodeGrammar.Node? next) = options[0];
            foreach ((int token, CodeGrammar.Node? candidate) in options)
            {
                if (logits[token] > logits[best]) (best, next) = (token, candidate);
            }

            bool continues = next is not null && node.Children.ContainsValue(next);
            if (!continues && complete is not null) codes.Add(complete);
            if (next is null) break;
            node = next;
            tokens.Add(best);
        }

        return (codes, shares, computed);
    }

    /// <summary>P(first code = k | unsafe), from the first place where codes part; codes that part later share.</summary>
    private static void Share(ReadOnlySpan<float> logits, List<(int Token, CodeGrammar.Node? Next)> options, Dictionary<string, float> shares)
    {
        double max = double.NegativeInfinity, total = 0;
        foreach ((int token, _) in options) max = Math.Max(max, logits[token]);
        foreach ((int token, _) in options) total += Math.Exp(logits[token] - max);
        foreach ((int token, CodeGrammar.Node? next) in options)
        {
            string[] codes = [.. next!.Codes().Distinct()];
            foreach (string code in codes) shares[code] = (float)(Math.Exp(logits[token] - max) / total / codes.Length);
        }
    }

    /// <summary>The judged turn whole, earlier ones newest first while they fit; the first one left is a user's.</summary>
    private List<GuardTurn> Fit(List<GuardTurn> turns)
    {
        int used = Length(turns[^1]), first = turns.Count - 1;
        while (first > 0 && used + Length(turns[first - 1]) <= Options.ConversationTokens) used += Length(turns[--first]);
        if (turns[first].IsAgent && first < turns.Count - 1) first++;
        return first == 0 ? turns : turns[first..];
    }

    private int Length(GuardTurn turn) => _model.Tokenizer.Encode(turn.Text, addBos: false).Length + 4;

    private float Mass(ReadOnlySpan<float> logits)
    {
        double max = double.NegativeInfinity, total = 0;
        foreach (float logit in logits) max = Math.Max(max, logit);
        foreach (float logit in logits) total += Math.Exp(logit - max);
        return (float)((Math.Exp(logits[_safe] - max) + Math.Exp(logits[_unsafe] - max)) / total);
    }

    private void Try() => Judge([new GuardMessage("user", "Hello")]);

    private int Single(string text)
    {
        int[] ids = _model.Tokenizer.Encode(text, addBos: false);
        return ids.Length == 1 ? ids[0] : throw new ModelException(_model.Path, $"the vocabulary spells '{text.ReplaceLineEndings("\\n")}' in {ids.Length} tokens; every Llama Guard has it as one.");
    }
}
