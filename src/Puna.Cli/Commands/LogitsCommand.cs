using System.CommandLine;
using Puna.Cli.Usage;
using Puna.Compute;
using Puna.Models;
using Puna.Models.Cache;

namespace Puna.Cli.Commands;

/// <summary><c>puna logits</c>: raw logits of given tokens, for comparing engines.</summary>
internal static class LogitsCommand
{
    /// <summary>Rows of logits held at once; with 202,048 columns a row takes 0.8 MB.</summary>
    private const int MaxLogitRows = 64;

    internal static Command Create()
    {
        Command command = new("logits", "Write the logits of every position as a NumPy file");
        ModelOptions modelOptions = new(command);
        Option<string?> ids = new("--ids") { Description = "Token ids, separated by commas" };
        Option<string?> idsFile = new("--ids-file") { Description = "File of token ids" };
        Option<int> pos0 = new("--pos0") { Description = "Position of the first token (default: 0)" };
        Option<int> from = new("--from") { Description = "First token whose logits are written, counted from 0 (default: 0)" };
        Option<int> batch = new("--batch") { Description = "Tokens per forward pass", DefaultValueFactory = _ => 512 };
        Option<string> output = new("--out") { Description = "File to write: float32 [rows, vocabulary], .npy", Required = true };
        foreach (Option option in (Option[])[ids, idsFile, pos0, from, batch, output]) command.Add(option);
        command.SetAction((parsed, _) => ExitCode.Guard(() =>
        {
            int[] tokens = TokenIdList.Read(parsed.GetValue(ids), parsed.GetValue(idsFile));
            int first = parsed.GetValue(from), rows = parsed.GetValue(batch);
            if (first < 0 || first >= tokens.Length) throw new UsageException($"--from {first}: the tokens are numbered 0 to {tokens.Length - 1}.");
            int firstPos = parsed.GetValue(pos0);
            parsed.RequireAtLeast(0, pos0);
            parsed.RequireAtLeast(1, batch);

            using PunaModel model = modelOptions.Load(parsed);
            Write(model, tokens, firstPos, first, rows, parsed.GetRequiredValue(output));
        }));
        return command;
    }

    private static void Write(PunaModel model, int[] tokens, int pos0, int from, int batchRows, string path)
    {
        batchRows = Math.Min(batchRows, tokens.Length);
        using KvCache cache = model.Decoder.CreateCache(new KvCacheOptions { Type = model.Options.KvType });
        using DecoderState state = model.Decoder.CreateState(batchRows, MaxLogitRows);
        using NpyWriter writer = new(path, tokens.Length - from, model.Config.VocabSize);
        Batch batch = new(batchRows);
        int slot = cache.Open(pos0);
        for (int done = 0; done < tokens.Length; done += batch.Rows)
        {
            batch.Clear();
            while (batch.Rows < batchRows && done + batch.Rows < tokens.Length && batch.LogitRows.Length < state.MaxLogitRows)
            {
                int i = done + batch.Rows;
                batch.Add(tokens[i], pos0 + i, slot, needsLogits: i >= from);
            }

            model.Decoder.Forward(batch, cache, state);
            for (int i = 0; i < batch.LogitRows.Length; i++) writer.Write(model.Decoder.Logits(state, i));
        }
    }
}
