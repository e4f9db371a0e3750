using Puna.Safety.LlamaGuard;
using Puna.Tokenizers;
using Puna.Training.Model;
using Puna.Training.Numerics;

namespace Puna.Training.Data;

/// <summary>
/// The endless, numbered sequence of training examples. Example n depends on the seed and n alone, so that a resumed run reads
/// what the interrupted one would have read.
/// </summary>
/// <param name="tokenizer">Of the model.</param>
/// <param name="seed">Of the run.</param>
/// <param name="plan">How the project's own examples are mixed.</param>
/// <param name="own">Conversations to draw from instead of the project's own, or null.</param>
internal sealed class ExampleSource(Tokenizer tokenizer, ulong seed, ExampleSource.Plan plan, IReadOnlyList<Conversation>? own = null)
{
    /// <param name="Examples">Examples over which the mixture changes from mostly copying to mostly tasks.</param>
    /// <param name="LongestTokens">Longer ones are passed over.</param>
    internal sealed record Plan(long Examples, int LongestTokens);

    /// <summary>The conversation of a number.</summary>
    public Conversation Conversation(long number)
    {
        SeededRandom random = SeededRandom.For(seed, number);
        if (own is not null) return random.Pick(own);

        double progress = Math.Min(1, (double)number / plan.Examples);
        double copying = progress < 0.1 ? 0.7 : progress < 0.2 ? 0.35 : 0.12;
        double draw = random.NextDouble();
        if (draw < copying) return CopyTask.Make(random, ValueLists.Train, progress);

        draw = (draw - copying) / (1 - copying);
        return draw < 0.12 ? ChatTask.Make(random, ValueLists.Train)
            : draw < 0.25 ? ToolTask.Make(random, ValueLists.Train)
            : ExtractionTask.Make(random, ValueLists.Train, progress);
    }

    /// <summary>The next batch of at most <paramref name="capacity"/> tokens.</summary>
    /// <param name="number">First example; moved past the last one taken.</param>
    /// <param name="capacity">Most tokens.</param>
    public TokenBatch Next(ref long number, int capacity)
    {
        List<int> tokens = [], lengths = [];
        List<float> weights = [];
        while (true)
        {
            (int[] ids, float[] counts) = Encode(Conversation(number));
            if (ids.Length > plan.LongestTokens)
            {
                number++;
                continue;
            }

            if (tokens.Count + ids.Length > capacity) break;
            tokens.AddRange(ids);
            weights.AddRange(counts);
            lengths.Add(ids.Length);
            number++;
        }

        return new TokenBatch([.. tokens], [.. lengths], [.. weights]);
    }

    /// <summary>Tokens of a conversation, and by token the weight of predicting the one after it.</summary>
    public (int[] Ids, float[] Weights) Encode(Conversation conversation)
    {
        List<int> ids = conversation.Judged is { } judged
            ? [.. tokenizer.Encode(LlamaGuardPrompt.Render(LlamaGuardKind.LlamaGuard4, [new GuardMessage("user", judged)]).Segments, addBos: false)]
            : [tokenizer.BosId!.Value];
        List<float> own = [.. Enumerable.Repeat(0f, ids.Count)];
        foreach (Stretch stretch in conversation.Stretches)
        {
            tokenizer.Encode(stretch.Text, addBos: false, parseSpecial: stretch.Special, ids);
            while (own.Count < ids.Count) own.Add(stretch.Weight);
        }

        float[] weights = new float[ids.Count];
        for (int i = 0; i + 1 < weights.Length; i++) weights[i] = own[i + 1];
        return ([.. ids], weights);
    }
}
