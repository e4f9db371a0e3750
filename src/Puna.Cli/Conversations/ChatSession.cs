using System.Text;
using Puna.Chat.Templates;
using Puna.Chat.Tools;
using Puna.Cli.Tools;
using Puna.Engine;

namespace Puna.Cli.Conversations;

/// <summary>Reads a message, carries it out or answers it, and again until the end of input.</summary>
internal sealed class ChatSession(PunaModel model, Conversation conversation, ChatSettings settings, ChatTerminal terminal, ToolTurn tools)
{
    private const string Help = """
        /help                 this list
        /system TEXT          instructions to the model; without TEXT shows them, /system none removes them
        /set NAME VALUE       temperature, top-p, top-k, min-p, repeat-penalty, seed
                              or max-tokens; without NAME shows all
        /save FILE            write the conversation to a file
        /load FILE            go on with a saved conversation
        /clear                forget the conversation, not the instructions
        /exit                 leave; so does Ctrl-D
        Several lines: end a line with \ to go on, or write between two lines of three
        quotation marks. Lines pasted at once are one message.
        Up and Down call up earlier lines. Ctrl-C stops an answer, or takes a line back.
        """;

    private Conversation _conversation = conversation;
    private volatile CancellationTokenSource? _answering;
    private volatile bool _askedToLeave;

    internal async Task RunAsync(CancellationToken cancellation)
    {
        using ChatTerminal owned = terminal;
        if (terminal.IsInteractive) Console.CancelKeyPress += OnCancelKey;
        try
        {
            terminal.Remark($"{model.Name}. /help lists commands, Ctrl-D leaves.");
            if (tools.Names.Count > 0) terminal.Remark($"Tools: {string.Join(", ", tools.Names)}.");
            while (terminal.ReadMessage(out bool isCommand) is { } message)
            {
                _askedToLeave = false;
                if (string.IsNullOrWhiteSpace(message)) continue;
                if (message.Trim() is "/exit" or "/quit") return;

                try
                {
                    if (isCommand) Execute(message);
                    else await AnswerAsync(message, cancellation).ConfigureAwait(false);
                }
                catch (Exception error) when (terminal.IsInteractive && ExitCode.IsExpected(error))
                {
                    string advice = error is PromptTooLongException && _conversation.Turns.Count > 0 ? " /clear forgets the conversation so far." : "";
                    ChatTerminal.Error(ExitCode.Message(error) + advice);
                }
            }

            terminal.Remark("");
        }
        finally
        {
            if (terminal.IsInteractive) Console.CancelKeyPress -= OnCancelKey;
        }
    }

    private void Execute(string line)
    {
        string[] words = line.Split(' ', 2, StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        string argument = words.Length > 1 ? words[1] : "";
        switch (words[0])
        {
            case "/help":
                terminal.WriteLine(Help);
                break;
            case "/system":
                SetSystem(argument);
                break;
            case "/set":
                Set(argument);
                break;
            case "/save":
                ConversationFile.Save(Required(argument, "/save FILE"), _conversation);
                terminal.Remark($"{Count(_conversation)} saved to {argument}.");
                break;
            case "/load":
                _conversation = ConversationFile.Load(Required(argument, "/load FILE"));
                terminal.Remark($"{Count(_conversation)} loaded.");
                break;
            case "/clear":
                _conversation.Clear();
                terminal.Remark("The conversation is forgotten.");
                break;
            default:
                throw new UsageException($"{words[0]}: there is no such command; /help lists them. To send a message that begins with /, write it between two lines of three quotation marks.");
        }
    }

    private void SetSystem(string text)
    {
        if (text.Length > 0) _conversation.System = text == "none" ? null : text;
        terminal.Remark(_conversation.System is null ? "There are no instructions." : $"Instructions: {_conversation.System}");
    }

    private void Set(string argument)
    {
        string[] words = argument.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words.Length == 2) settings.Set(words[0], words[1]);
        else if (words.Length != 0) throw new UsageException($"/set NAME VALUE: {string.Join(", ", ChatSettings.Names)} can be set.");
        terminal.Remark(settings.ToString());
    }

    private static string Count(Conversation conversation) => conversation.Turns.Count == 1 ? "1 turn" : $"{conversation.Turns.Count} turns";

    private static string Required(string argument, string usage) => argument.Length > 0 ? argument : throw new UsageException($"{usage}: a file name is needed.");

    private async Task AnswerAsync(string question, CancellationToken cancellation)
    {
        List<TemplateMessage> messages = _conversation.Ask(question);
        StringBuilder answer = new();
        Generation? generation = null;
        bool stopped = false;
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        _answering = stop;
        try
        {
            for (int round = 0; ; round++)
            {
                generation = model.Engine.Submit(new GenerationRequest
                {
                    Prompt = model.EncodeChat(messages, tools.Definitions),
                    Sampling = settings.Sampling,
                    MaxTokens = settings.MaxTokens,
                    Constraint = settings.Constraint,
                });
                List<ToolCall> calls = await WriteAsync(generation, answer, stop.Token).ConfigureAwait(false);
                if (calls.Count == 0 || !await tools.CarryOutAsync(calls, round, messages, stop.Token).ConfigureAwait(false)) break;
            }
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            stopped = true;
        }
        finally
        {
            _answering = null;
            terminal.EndAnswer();
        }

        // What was said before Ctrl-C was said; an answer that had not begun leaves the question unasked.
        if (!stopped || answer.Length > 0) _conversation.Add(question, answer.ToString());
        terminal.Remark(Statistics(generation!, stopped));
    }

    /// <summary>Writes an answer as it comes.</summary>
    /// <returns>The tool calls in it.</returns>
    private async Task<List<ToolCall>> WriteAsync(Generation generation, StringBuilder answer, CancellationToken cancellation)
    {
        List<ToolCall> calls = [];
        ToolCallReader? reader = tools.Names.Count > 0 ? new ToolCallReader(tools.Names) : null;
        await foreach (GenerationStep step in generation.ReadAsync(cancellation).ConfigureAwait(false))
        {
            if (reader is null) Take(step.Text);
            else TakeAll(reader.Append(step.Text));
        }

        if (reader is not null) TakeAll(reader.End());
        return calls;

        void TakeAll(IReadOnlyList<ToolCallPiece> pieces)
        {
            foreach (ToolCallPiece piece in pieces)
            {
                Take(piece.Text);
                if (piece.Call is { } call) calls.Add(call);
            }
        }

        void Take(string text)
        {
            answer.Append(text);
            terminal.WriteAnswer(text);
        }
    }

    private static string Statistics(Generation generation, bool stopped)
    {
        // The first token belongs to the prompt's time.
        double rate = generation.DecodeTime > TimeSpan.Zero ? (generation.CompletionTokens - 1) / generation.DecodeTime.TotalSeconds : 0;
        string end = stopped ? ", stopped" : generation.FinishReason == FinishReason.Length ? ", cut off at the limit" : "";
        return FormattableString.Invariant(
            $"[{generation.CompletionTokens} tokens, {rate:F1} tokens/s; prompt of {generation.PromptTokens} tokens, {generation.CachedTokens} of them known, {generation.PromptTime.TotalSeconds:F2} s{end}]");
    }

    private void OnCancelKey(object? sender, ConsoleCancelEventArgs e)
    {
        if (_answering is { } answering)
        {
            e.Cancel = true;
            answering.Cancel();
            return;
        }

        bool typed = terminal.Interrupt();
        if (!typed && _askedToLeave) return; // the second time in a row: let the process end

        e.Cancel = true;
        _askedToLeave = !typed;
        if (!typed) terminal.Remark("(Ctrl-C again, or Ctrl-D, leaves.)");
        terminal.Redraw();
    }
}
