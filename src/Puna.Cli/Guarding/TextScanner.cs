using System.CommandLine;
using Puna.Safety.Injections;
using Puna.Safety.LlamaGuard;
using Puna.Safety.Obfuscation;
using Puna.Safety.PromptGuard;

namespace Puna.Cli.Guarding;

/// <summary>A scanner that gives a text a probability: one that is shipped, by its name, or a guard model, by its path.</summary>
internal abstract class TextScanner : IDisposable
{
    /// <summary>Names that <c>--scanner</c> takes.</summary>
    internal static readonly string[] Names = [InjectionClassifier.Name];

    internal abstract string Name { get; }

    /// <summary>Where a text is flagged when nothing else is said.</summary>
    internal abstract float Threshold { get; }

    /// <summary>SHA-256 of the weights.</summary>
    internal abstract string Identity { get; }

    /// <summary>Opens the scanner of a name or a path.</summary>
    internal static TextScanner Open(string? scanner, string? model, ObfuscationPasses passes, int? threads, Func<LlamaGuardOptions> guard)
    {
        if (scanner is null == model is null) throw new UsageException($"give either a model or --scanner ({string.Join(", ", Names)}).");
        if (scanner is not null) return scanner == InjectionClassifier.Name ? new Classifier(passes) : throw new UsageException($"--scanner {scanner}: choose one of {string.Join(", ", Names)}, or give the path of a guard model in place of --scanner.");
        return PromptGuardModel.Recognizes(model!) ? new PromptGuard(PromptGuardModel.Load(model!, new PromptGuardOptions { Threads = threads }), passes) : new Harm(LlamaGuardModel.Load(model!, guard() with { Threads = threads }));
    }

    /// <summary>The argument for a model, which <c>--scanner</c> makes unnecessary.</summary>
    internal static Argument<string?> NewModelArgument() => new("model")
    {
        Description = "A Llama Guard (GGUF file or safetensors directory) or a Prompt Guard (safetensors directory)",
        Arity = ArgumentArity.ZeroOrOne,
    };

    internal static Option<string?> NewScannerOption() => new("--scanner") { Description = $"A scanner that needs no model, in place of MODEL: {string.Join(", ", Names)}" };

    internal static Option<string> NewUndoOption() =>
        new("--undo") { Description = "Ways to hide text that are undone for an injection scanner: all, none, or a list such as base64,spacing", DefaultValueFactory = _ => "all" };

    /// <summary>Probability of what the scanner looks for, by category where it has several.</summary>
    internal abstract (float Probability, IReadOnlyDictionary<string, float> Categories) Score(string role, string text, CancellationToken cancellation);

    public abstract void Dispose();

    /// <summary>A scanner of injections, which also knows where they are.</summary>
    internal abstract class Injections : TextScanner
    {
        internal abstract IReadOnlyList<InjectionFinding> Scan(string role, string text, CancellationToken cancellation);

        internal override (float Probability, IReadOnlyDictionary<string, float> Categories) Score(string role, string text, CancellationToken cancellation)
        {
            IReadOnlyList<InjectionFinding> findings = Scan(role, text, cancellation);
            return (findings.Count > 0 ? findings[0].Score : 0, new Dictionary<string, float>());
        }
    }

    private sealed class Classifier(ObfuscationPasses passes) : Injections
    {
        internal override string Name => InjectionClassifier.Name;

        internal override float Threshold => InjectionClassifier.Threshold;

        internal override string Identity => InjectionClassifier.Shipped.Identity;

        internal override IReadOnlyList<InjectionFinding> Scan(string role, string text, CancellationToken cancellation) => InjectionClassifier.Shipped.ScanReadings(text, passes, cancellation);

        public override void Dispose()
        {
        }
    }

    private sealed class PromptGuard(PromptGuardModel model, ObfuscationPasses passes) : Injections
    {
        internal override string Name => "prompt-guard";

        internal override float Threshold => 0.9f; // where LlamaFirewall blocks

        internal override string Identity => model.Identity;

        internal override IReadOnlyList<InjectionFinding> Scan(string role, string text, CancellationToken cancellation) =>
            model.ScanReadings(text, passes, new PromptGuardScan { ThirdParty = role == "tool" }, cancellation);

        public override void Dispose() => model.Dispose();
    }

    /// <summary>A Llama Guard.</summary>
    internal sealed class Harm(LlamaGuardModel model) : TextScanner
    {
        internal LlamaGuardModel Model => model;

        internal override string Name => LlamaGuardKinds.Names[(int)model.Kind];

        internal override float Threshold => model.Options.Thresholds.User;

        internal override string Identity => model.Identity;

        internal override (float Probability, IReadOnlyDictionary<string, float> Categories) Score(string role, string text, CancellationToken cancellation)
        {
            LlamaGuardVerdict verdict = model.Judge([new GuardMessage(role, text)], cancellation);
            return (verdict.Probability, verdict.CategoryScores);
        }

        public override void Dispose() => model.Dispose();
    }
}
