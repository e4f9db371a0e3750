using System.CommandLine;
using Puna.Cli.Conversations;
using Puna.Cli.Tools;
using Puna.Cli.Usage;

namespace Puna.Cli.Commands;

/// <summary><c>puna chat</c>: a conversation on the terminal, or with lines from a pipe.</summary>
internal static class ChatCommand
{
    internal const string Name = "chat";

    internal static Command Create()
    {
        Command command = new(Name, "Talk with a model");
        ModelOptions modelOptions = new(command, chats: true, modelIsOptional: true);
        SamplingCliOptions sampling = new(command);
        Option<string?> system = new("--system") { Description = "Instructions to the model" };
        Option<int?> maxTokens = new("--max-tokens", "-n") { Description = "Most tokens of an answer (default: as many as fit)" };
        Option<string[]> mcp = new("--mcp") { Description = "Command that starts a tool server (Model Context Protocol), whose tools the model may call; can be given several times", HelpName = "command" };
        Option<bool> yes = new("--yes") { Description = "Carry out the model's tool calls without asking" };
        command.Add(system);
        command.Add(maxTokens);
        command.Add(mcp);
        command.Add(yes);
        ConstraintFiles form = new(command);
        command.SetAction((parsed, cancellation) => ExitCode.Guard(async () =>
        {
            parsed.RequireAtLeast(1, maxTokens);

            ChatSettings settings = new(sampling.Read(parsed), parsed.GetValue(maxTokens), form.Read(parsed));
            string[] servers = parsed.GetValue(mcp) ?? [];
            if (servers.Length > 0 && settings.Constraint is not null) throw new UsageException("--mcp: an answer that must have a form of its own cannot be a call. Leave out either the tools or the form.");
            ChatTerminal terminal = new();
            if (servers.Length > 0 && !terminal.IsInteractive && !parsed.GetValue(yes))
                throw new UsageException("--mcp through a pipe: nobody can be asked whether a tool may run. Add --yes to let all calls of the model run.");

            await using ToolBox tools = await ToolBox.StartAsync(servers, cancellation).ConfigureAwait(false);
            foreach (string refused in tools.Refused) ChatTerminal.Error($"a tool is left out. {refused}");
            using PunaModel model = modelOptions.Load(parsed);
            Conversation conversation = new() { System = parsed.GetValue(system) };
            await new ChatSession(model, conversation, settings, terminal, new ToolTurn(tools, terminal, parsed.GetValue(yes))).RunAsync(cancellation).ConfigureAwait(false);
        }));
        return command;
    }
}
