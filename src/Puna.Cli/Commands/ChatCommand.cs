using System.CommandLine;
using Puna.Cli.Conversations;

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
        command.Add(system);
        command.Add(maxTokens);
        ConstraintFiles form = new(command);
        command.SetAction((parsed, cancellation) => ExitCode.Guard(async () =>
        {
            if (parsed.GetValue(maxTokens) < 1) throw new UsageException($"--max-tokens {parsed.GetValue(maxTokens)}: at least 1 is needed.");

            ChatSettings settings = new(sampling.Read(parsed), parsed.GetValue(maxTokens), form.Read(parsed));
            using PunaModel model = modelOptions.Load(parsed);
            await new ChatSession(model, new Conversation { System = parsed.GetValue(system) }, settings, new ChatTerminal()).RunAsync(cancellation).ConfigureAwait(false);
        }));
        return command;
    }
}
