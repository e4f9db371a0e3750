using System.Security.Cryptography;
using Puna.Models;
using Puna.Prompting;
using Puna.Safety.LlamaGuard;

namespace Puna.Safety.Alignment;

/// <summary>How an auditor is loaded and judges.</summary>
public sealed record AlignmentAuditorOptions
{
    /// <summary>Tokens of the trace that are shown: the user's first message and the judged step whole, the others newest first as far as they fit.</summary>
    public int ConversationTokens { get; init; } = 6000;

    /// <summary>Least probability of yes and no together; below it the answer counts as a failure.</summary>
    public float MinMass { get; init; } = 0.5f;

    /// <summary>Threads; null for one per core that the process may use.</summary>
    public int? Threads { get; init; }

    internal void Check()
    {
        if (ConversationTokens < 1) throw new ArgumentException($"{nameof(ConversationTokens)} is {ConversationTokens}; at least 1 is needed.");
        if (!(MinMass >= 0 && MinMass <= 1)) throw new ArgumentException($"{nameof(MinMass)} is {MinMass}; 0 to 1 are possible.");
    }
}

/// <summary>What an auditor says of a step.</summary>
/// <param name="Probability">That the step departs from what the user asked for: yes against no.</param>
/// <param name="Mass">Probability of yes and no together, before they are set against each other.</param>
/// <param name="PromptTokens">Tokens of the prompt.</param>
/// <param name="ComputedTokens">Tokens that had to be computed; the rest was known from earlier prompts.</param>
public readonly record struct AlignmentVerdict(float Probability, float Mass, int PromptTokens, int ComputedTokens);

/// <summary>
/// A chat model as auditor of an agent: does its latest step serve what the user asked for? One pass over the prompt; the
/// verdict is read from the logits of "yes" and "no", so that nothing is decoded. How good it is depends on the model: small ones
/// are no auditors. Safe for concurrent callers, who take turns.
/// </summary>
public sealed class AlignmentAuditor : IDisposable
{
    private const int CachedPrefixes = 4;

    private readonly PunaModel _model;
    private readonly AlignmentAuditorOptions _options;
    private readonly AlignmentPrompt _prompt = new(RandomNumberGenerator.GetHexString(16, lowercase: true));
    private readonly PrefixCache _prefixes;
    private readonly Lock _turn = new();
    private readonly int[] _yes, _no;
    private bool _disposed;

    private AlignmentAuditor(PunaModel model, AlignmentAuditorOptions options)
    {
        _model = model;
        _options = options;
        (_yes, _no) = (Spellings("yes"), Spellings("no"));
        _prefixes = new PrefixCache(model.Decoder, CachedPrefixes);
    }

    /// <summary>Fingerprint of the weights in hexadecimal: which model judged.</summary>
    public string Identity => field ??= Convert.ToHexStringLower(_model.Fingerprint.Span);

    /// <summary>Loads a chat model.</summary>
    /// <exception cref="ModelException">It cannot be loaded, or its vocabulary has no token for yes or for no.</exception>
    /// <exception cref="ChatFormatException">It has no chat format.</exception>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public static AlignmentAuditor Load(string path, AlignmentAuditorOptions? options = null)
    {
        options ??= new AlignmentAuditorOptions();
        options.Check();
        PunaModel model = PunaModel.Load(path, new PunaModelOptions { Threads = options.Threads });
        try
        {
            AlignmentAuditor auditor = new(model, options);
            try
            {
                auditor.Encode([new GuardMessage("user", "Hello")], "Hello"); // a chat format that is not there is told of now
                return auditor;
            }
            catch
            {
                auditor._prefixes.Dispose();
                throw;
            }
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>Judges a step of an agent.</summary>
    /// <param name="before">What was said and done before it, oldest first; a message of the user is among it.</param>
    /// <param name="step">The step: words and calls of tools as JSON.</param>
    /// <param name="cancellationToken">Stops the judging.</param>
    /// <exception cref="GuardFailureException">No message of a user tells what was asked for, the model says neither yes nor no, or the trace is too long for it.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The auditor was disposed.</exception>
    public AlignmentVerdict Judge(IReadOnlyList<GuardMessage> before, string step, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(step);
        int[] tokens = Encode(Fit(before), step);
        if (tokens.Length > _model.Config.ContextLength) throw new GuardFailureException($"The auditor's prompt has {tokens.Length} tokens; the model's context holds {_model.Config.ContextLength}.");

        lock (_turn)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            ReadOnlySpan<float> logits = _prefixes.Run(tokens, cancellationToken);
            double max = double.NegativeInfinity, total = 0;
            foreach (float logit in logits) max = Math.Max(max, logit);
            foreach (float logit in logits) total += Math.Exp(logit - max);
            double yes = Sum(logits, _yes, max) / total, mass = yes + (Sum(logits, _no, max) / total);
            return mass >= _options.MinMass ? new AlignmentVerdict((float)(yes / mass), (float)mass, tokens.Length, _prefixes.Computed)
                : throw new GuardFailureException($"'yes' and 'no' have a probability of {mass:0.###} together, less than {_options.MinMass:0.###}: the model is no auditor.");
        }
    }

    /// <summary>Frees the cache and the model.</summary>
    public void Dispose()
    {
        lock (_turn)
        {
            if (_disposed) return;
            _disposed = true;
            _prefixes.Dispose();
            _model.Dispose();
        }
    }

    private static double Sum(ReadOnlySpan<float> logits, int[] tokens, double max)
    {
        double sum = 0;
        foreach (int token in tokens) sum += Math.Exp(logits[token] - max);
        return sum;
    }

    private int[] Encode(IReadOnlyList<GuardMessage> before, string step) => _model.EncodeChat(_prompt.Render(before, step));

    /// <summary>The user's first message, and of the others the newest that fit.</summary>
    private List<GuardMessage> Fit(IReadOnlyList<GuardMessage> before)
    {
        int first = 0;
        while (first < before.Count && before[first].Role != "user") first++;
        if (first == before.Count) throw new GuardFailureException("No message of a user tells what was asked for, so that a step cannot be held against it.");

        List<GuardMessage> kept = [];
        int left = _options.ConversationTokens - Length(before[first]), at = before.Count - 1;
        for (; at > first && Length(before[at]) <= left; at--)
        {
            left -= Length(before[at]);
            kept.Add(before[at]);
        }

        kept.Add(before[first]);
        for (at = at == first ? first - 1 : -1; at >= 0 && Length(before[at]) <= left; at--) // the operator's words, where all else is there
        {
            left -= Length(before[at]);
            kept.Add(before[at]);
        }

        kept.Reverse();
        return kept;
    }

    private int Length(GuardMessage message) => _model.Tokenizer.Encode(message.Text, addBos: false).Length + 24;

    /// <summary>Tokens that spell a word, whatever its capitals and with a space before it or without.</summary>
    private int[] Spellings(string word)
    {
        int[] tokens = [.. Enumerable.Range(0, _model.Tokenizer.VocabSize).Where(id => string.Equals(System.Text.Encoding.UTF8.GetString(_model.Tokenizer.GetTokenBytes(id)).TrimStart(), word, StringComparison.OrdinalIgnoreCase))];
        return tokens.Length > 0 ? tokens : throw new ModelException(_model.Path, $"the vocabulary has no token for '{word}'; an auditor answers with it.");
    }
}
