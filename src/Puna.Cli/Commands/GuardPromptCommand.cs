using System.CommandLine;
using System.Text;
using Puna.Cli.Guarding;
using Puna.Safety.LlamaGuard;
using Puna.Tokenizers;

namespace Puna.Cli.Commands;

/// <summary><c>puna guard prompt</c>: the exact text that a Llama Guard is asked. No model is needed.</summary>
internal static class GuardPromptCommand
{
    internal static Command Create()
    {
        Command command = new("prompt", "Print the exact prompt that a Llama Guard reads, to the byte");
        LlamaGuardCliOptions prompt = new(command);
        prompt.Kind.Required = true;
        Option<string> messages = new("--messages") { Description = "JSON file of messages: [{\"role\": \"user\", \"content\": …}]; - for standard input", Required = true };
        Option<string?> role = NewRoleOption("Judge the last message of this role; what follows it is left out (default: the last message)");
        Option<bool> json = new("--json") { Description = "Print a JSON object: the text, its trusted and untrusted parts, the categories" };
        command.Add(messages);
        command.Add(role);
        command.Add(json);
        command.SetAction((parsed, _) => ExitCode.Guard(() =>
        {
            IReadOnlyList<GuardMessage> judged = UpTo(MessagesFile.Read(parsed.GetRequiredValue(messages)), parsed.GetValue(role));
            LlamaGuardPrompt rendered = LlamaGuardPrompt.Render(LlamaGuardKinds.Parse(parsed.GetValue(prompt.Kind)!), judged, prompt.Read(parsed));
            if (parsed.GetValue(json)) WriteJson(rendered);
            else
            {
                using Stream output = Console.OpenStandardOutput();
                output.Write(Encoding.UTF8.GetBytes(rendered.Text)); // to the byte: no line end is added
            }
        }));
        return command;
    }

    /// <summary>An option for whose message is judged.</summary>
    internal static Option<string?> NewRoleOption(string description, params string[] more)
    {
        Option<string?> role = new("--role") { Description = description };
        role.AcceptOnlyFromAmong(["user", "assistant", .. more]);
        return role;
    }

    /// <summary>Messages up to the last one of a role.</summary>
    internal static IReadOnlyList<GuardMessage> UpTo(IReadOnlyList<GuardMessage> messages, string? role)
    {
        if (role is null) return messages;
        for (int i = messages.Count - 1; i >= 0; i--)
        {
            if (messages[i].Role == role) return [.. messages.Take(i + 1)];
        }

        throw new UsageException($"--role {role}: there is no message of that role.");
    }

    private static void WriteJson(LlamaGuardPrompt prompt) => JsonLine.Write(w =>
    {
        w.WriteString("text", prompt.Text);
        w.WriteString("judges", prompt.JudgesAgent ? "assistant" : "user");
        w.WriteStartArray("categories");
        foreach (LlamaGuardCategory category in prompt.Categories) w.WriteStringValue(category.Code);
        w.WriteEndArray();
        w.WriteStartArray("segments");
        foreach (PromptSegment segment in prompt.Segments)
        {
            w.WriteStartObject();
            w.WriteString("text", segment.Text);
            w.WriteBoolean("trusted", segment.Trusted);
            w.WriteEndObject();
        }

        w.WriteEndArray();
    });
}
