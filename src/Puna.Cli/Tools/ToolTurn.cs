using System.Text.Json;
using Puna.Chat.Templates;
using Puna.Chat.Tools;
using Puna.Cli.Conversations;

namespace Puna.Cli.Tools;

/// <summary>Carries out the tool calls of one answer after another, with the user's leave.</summary>
/// <param name="tools">What can be called.</param>
/// <param name="terminal">Where leave is asked for.</param>
/// <param name="allowAll">Ask for none.</param>
internal sealed class ToolTurn(ToolBox tools, ChatTerminal terminal, bool allowAll)
{
    /// <summary>Answers with calls to one question, after which the model gets no more results: it may be going in circles.</summary>
    private const int MaxRounds = 8;

    private bool _allowAll = allowAll;

    internal IReadOnlyCollection<string> Names => tools.Names;

    /// <summary>Definitions for the chat template; null where there are none.</summary>
    internal IReadOnlyList<JsonElement>? Definitions => tools.Definitions.Count > 0 ? tools.Definitions : null;

    /// <summary>Carries out calls and adds them, with their results, to what the model reads next.</summary>
    /// <returns>False where the turn has had calls enough.</returns>
    internal async Task<bool> CarryOutAsync(IReadOnlyList<ToolCall> calls, int round, List<TemplateMessage> messages, CancellationToken cancellation)
    {
        if (round == MaxRounds)
        {
            terminal.Report($"the model asked for tools {MaxRounds} times; it gets no more results to this question.");
            return false;
        }

        messages.Add(new TemplateMessage("assistant", "") { ToolCalls = [.. calls.Select((call, i) => new TemplateToolCall(call.Name, call.Arguments, Id(round, i)))] });
        for (int i = 0; i < calls.Count; i++)
        {
            string result = IsAllowed(calls[i]) ? await tools.CallAsync(calls[i], cancellation).ConfigureAwait(false) : "Error: the user did not allow this call.";
            messages.Add(new TemplateMessage("tool", result) { ToolCallId = Id(round, i) });
        }

        return true;
    }

    private static string Id(int round, int call) => $"call_{round}_{call}";

    private bool IsAllowed(ToolCall call)
    {
        string written = $"{call.Name} {call.Arguments.GetRawText()}";
        if (!_allowAll)
        {
            string answer = terminal.Ask($"The model wants to call {written}. Run it? [y]es, [n]o, [a]ll from now on: ");
            _allowAll = answer is "a" or "all";
            return _allowAll || answer is "y" or "yes";
        }

        terminal.Report($"called {written}");
        return true;
    }
}
