using Puna.Chat.Templates.Jinja;
using Puna.Chat.Templates.Jinja.Python;
using Puna.Chat.Templates.Jinja.Values;

namespace Puna.Chat.Templates;

/// <summary>Llama 2: <c>BOS [INST] user [/INST] assistant EOS</c>, the system text inside the first user turn.</summary>
internal static class Llama2Template
{
    public static Text Render(ChatTemplateInput input, RenderBudget budget)
    {
        TextBuilder output = new(budget);
        IReadOnlyList<TemplateMessage> messages = input.Messages;
        if (messages.Count == 0) throw new TemplateFault(ChatTemplateErrorKind.Raised, "Llama 2 needs at least one message.");

        bool hasSystem = messages.Count > 0 && messages[0].Role == "system";
        for (int i = hasSystem ? 1 : 0; i < messages.Count; i++)
        {
            budget.Step();
            int turn = i - (hasSystem ? 1 : 0);
            string expected = turn % 2 == 0 ? "user" : "assistant";
            if (messages[i].Role != expected)
                throw new TemplateFault(ChatTemplateErrorKind.Raised,
                    $"message {i} has the role '{messages[i].Role}'; after an optional system message Llama 2 takes user and assistant in turn, so '{expected}' belongs here.");

            Text content = Content(messages[i], budget);
            if (turn == 0 && hasSystem)
            {
                content = new TextBuilder(budget)
                    .Append("<<SYS>>\n").Append(Content(messages[0], budget)).Append("\n<</SYS>>\n\n").Append(content).ToText();
            }

            content = PythonString.Strip(content, null, left: true, right: true, budget);
            if (expected == "user") output.Append(input.BosToken ?? "").Append("[INST] ").Append(content).Append(" [/INST]");
            else output.Append(" ").Append(content).Append(" ").Append(input.EosToken ?? "");
        }

        return output.ToText();
    }

    private static Text Content(TemplateMessage message, RenderBudget budget)
    {
        TextBuilder output = new(budget);
        if (message.Parts is null) output.Append(message.Content ?? "", trusted: false);
        else
        {
            foreach (TemplateContentPart part in message.Parts)
            {
                if (part.Type != "text")
                    throw new TemplateFault(ChatTemplateErrorKind.Raised, $"Llama 2 takes text only, not a part of the type '{part.Type}'.");
                output.Append(part.Text ?? "", trusted: false);
            }
        }

        return output.ToText();
    }
}
