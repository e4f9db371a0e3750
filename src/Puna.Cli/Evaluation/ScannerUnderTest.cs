using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Puna.Cli.Guarding;
using Puna.Evaluation.Models;
using Puna.Safety.LlamaGuard;
using Puna.Safety.Obfuscation;

namespace Puna.Cli.Evaluation;

/// <summary>A scanner of the safety layer as a model that says <c>safe</c> or <c>unsafe</c>, with its probability on the second line.</summary>
internal sealed class ScannerUnderTest : IModelUnderTest, IDisposable
{
    private readonly TextScanner _scanner;

    private ScannerUnderTest(TextScanner scanner) => _scanner = scanner;

    public string Name => _scanner.Name;

    public bool CanScore => false;

    public bool CanPrefill => false;

    /// <summary>Opens a scanner by its name, or a guard model by its path.</summary>
    internal static ScannerUnderTest Open(string nameOrPath)
    {
        bool isPath = Path.Exists(nameOrPath);
        return new ScannerUnderTest(TextScanner.Open(isPath ? null : nameOrPath, isPath ? nameOrPath : null, PassNames.Parse("all"), threads: null, () => new LlamaGuardOptions()));
    }

    public JsonObject Describe() => new() { ["name"] = Name, ["weights"] = _scanner.Identity, ["threshold"] = _scanner.Threshold };

    public async IAsyncEnumerable<(int Index, ModelAnswer Answer)> AnswerAsync(IReadOnlyList<ModelRequest> requests, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        for (int i = 0; i < requests.Count; i++)
        {
            string text = string.Join('\n', requests[i].Turns.Select(turn => turn.Text));
            float probability = await Task.Run(() => _scanner.Score("user", text, cancellationToken).Probability, cancellationToken).ConfigureAwait(false);
            yield return (i, new ModelAnswer { Text = string.Create(CultureInfo.InvariantCulture, $"{(probability >= _scanner.Threshold ? "unsafe" : "safe")}\n{probability:R}") });
        }
    }

    public void Dispose() => _scanner.Dispose();
}
