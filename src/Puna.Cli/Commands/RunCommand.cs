using System.CommandLine;
using System.Text;
using Puna.Chat.Templates;
using Puna.Cli.Usage;
using Puna.Engine;
using Puna.Engine.Constraints;

namespace Puna.Cli.Commands;

/// <summary><c>puna run</c>: one prompt, one answer.</summary>
internal static class RunCommand
{
    internal static Command Create()
    {
        Command command = new("run", "Answer one prompt");
        ModelOptions modelOptions = new(command, chats: true, modelIsOptional: true);
        SamplingCliOptions sampling = new(command);
        Option<string> prompt = new("--prompt", "-p") { Description = "The prompt; - reads it from standard input", Required = true };
        Option<string?> system = new("--system") { Description = "Instructions to the model, put before the prompt" };
        Option<int?> maxTokens = new("--max-tokens", "-n") { Description = "Most tokens to generate (default: as many as fit)" };
        Option<string[]> stop = new("--stop") { Description = "End the answer before this text; may be given several times" };
        Option<bool> raw = new("--raw") { Description = "Continue the prompt as it is, without a chat template" };
        Option<bool> json = new("--json") { Description = "Print a JSON object at the end instead of streaming text" };
        foreach (Option option in (Option[])[prompt, system, maxTokens, stop, raw, json]) command.Add(option);
        ConstraintFiles form = new(command);
        command.SetAction((parsed, cancellation) => ExitCode.Guard(async () =>
        {
            string text = parsed.GetRequiredValue(prompt);
            string? instructions = parsed.GetValue(system);
            if (parsed.GetValue(raw) && instructions is not null) throw new UsageException("--system needs the chat template that --raw leaves out; give one of the two.");
            parsed.RequireAtLeast(1, maxTokens);
            Constraint? constraint = form.Read(parsed);
            if (text == "-") text = await Console.In.ReadToEndAsync(cancellation).ConfigureAwait(false);

            using PunaModel model = modelOptions.Load(parsed);
            Generation generation = model.Engine.Submit(new GenerationRequest
            {
                Prompt = parsed.GetValue(raw) ? model.Tokenizer.Encode(text, model.AddsBos) : model.EncodeChat(Conversation(instructions, text)),
                Sampling = sampling.Read(parsed),
                MaxTokens = parsed.GetValue(maxTokens),
                Stop = parsed.GetValue(stop) ?? [],
                Constraint = constraint,
            });
            await (parsed.GetValue(json) ? PrintJson(generation, cancellation) : Stream(generation, cancellation)).ConfigureAwait(false);
        }));
        return command;
    }

    private static TemplateMessage[] Conversation(string? instructions, string prompt) =>
        instructions is null ? [new("user", prompt)] : [new("system", instructions), new("user", prompt)];

    private static async Task Stream(Generation generation, CancellationToken cancellation)
    {
        using StreamWriter output = new(Console.OpenStandardOutput(), new UTF8Encoding(false));
        await foreach (GenerationStep step in generation.ReadAsync(cancellation).ConfigureAwait(false))
        {
            await output.WriteAsync(step.Text.AsMemory(), cancellation).ConfigureAwait(false);
            await output.FlushAsync(cancellation).ConfigureAwait(false);
        }

        await output.WriteAsync("\n").ConfigureAwait(false);
    }

    private static async Task PrintJson(Generation generation, CancellationToken cancellation)
    {
        StringBuilder text = new();
        List<int> ids = [];
        await foreach (GenerationStep step in generation.ReadAsync(cancellation).ConfigureAwait(false))
        {
            text.Append(step.Text);
            if (step.Id != GenerationStep.NoToken) ids.Add(step.Id);
        }

        JsonLine.Write(w =>
        {
            w.WriteString("text", text.ToString());
            w.WriteNumbers("ids", ids);
            w.WriteString("finish_reason", generation.FinishReason == FinishReason.Stop ? "stop" : "length");
            w.WriteNumber("prompt_tokens", generation.PromptTokens);
            w.WriteNumber("completion_tokens", generation.CompletionTokens);
            w.WriteNumber("accepted_prediction_tokens", generation.AcceptedDraftTokens);
            w.WriteNumber("rejected_prediction_tokens", generation.RejectedDraftTokens);
            w.WriteNumber("seed", generation.Seed);
            w.WriteStartObject("timings");
            w.WriteNumber("prompt_s", Math.Round(generation.PromptTime.TotalSeconds, 4));
            w.WriteNumber("decode_s", Math.Round(generation.DecodeTime.TotalSeconds, 4));
            w.WriteEndObject();
        });
    }
}
