using Puna.Safety.LlamaGuard;
using Puna.Training.Data;
using Puna.Training.Vocabulary;

namespace Puna.Training.Commands;

/// <summary>Trains a vocabulary, on generated conversations or on those of a file.</summary>
internal static class TokenizerCommand
{
    public static void Run(Options options)
    {
        int count = options.Int("examples", 8000), size = options.Int("size", 2048);
        string path = options.Text("out");
        DemoVocabulary bytes = DemoVocabulary.Of([]);
        IReadOnlyList<Conversation>? own = options.Optional("data") is { } file ? ConversationFile.Read(file).Conversations : null;
        ExampleSource source = new(bytes.Tokenizer, (ulong)options.Int("seed", 7), new ExampleSource.Plan(1, int.MaxValue), own);
        string[] texts = [.. Enumerable.Range(1, count).SelectMany(i => Texts(source.Conversation(i)))];
        string[] roles = [.. Enumerable.Repeat("system user assistant ipython\n\n", count).SelectMany(r => r.Split(' '))];
        // Bytes, merges, 19 special tokens, the rest reserved: the size is rounded up to a multiple of 64.
        DemoVocabulary vocabulary = DemoVocabulary.Of(VocabularyTrainer.Train([.. texts, .. roles, .. Enumerable.Repeat("\n\n", count)], size - 256 - 32, joinSpaces: own is not null));
        vocabulary.Save(path);
        long characters = texts.Sum(t => (long)t.Length), tokens = texts.Sum(t => (long)vocabulary.Tokenizer.Encode(t, addBos: false).Length);
        Console.WriteLine($"{vocabulary.Tokens.Count} tokens, {characters / (double)tokens:F2} characters a token, {tokens / count} tokens an example");
        int unreachable = Enumerable.Range(256, vocabulary.Merges.Count).Count(id => vocabulary.Tokenizer.Encode(System.Text.Encoding.Latin1.GetString(vocabulary.Tokenizer.GetTokenBytes(id)), false).Length > 1);
        Console.WriteLine($"{unreachable} tokens cannot be reached by their own text alone");
    }

    private static IEnumerable<string> Texts(Conversation conversation)
    {
        IEnumerable<string> said = conversation.Stretches.Where(s => !s.Special).Select(s => s.Text);
        if (conversation.Judged is not { } judged) return said;

        string prompt = LlamaGuardPrompt.Render(LlamaGuardKind.LlamaGuard4, [new GuardMessage("user", judged)]).Text;
        return prompt.Split(["<|begin_of_text|>", "<|header_start|>", "<|header_end|>", "<|eot|>"], StringSplitOptions.RemoveEmptyEntries).Concat(said);
    }
}

/// <summary>Prints training conversations, for reading.</summary>
internal static class SampleCommand
{
    public static void Run(Options options)
    {
        DemoVocabulary vocabulary = options.Optional("vocabulary") is string path ? DemoVocabulary.Load(path) : DemoVocabulary.Of([]);
        ExampleSource source = new(vocabulary.Tokenizer, (ulong)options.Int("seed", 1), new ExampleSource.Plan(options.Int("plan", 1), int.MaxValue));
        int first = options.Int("from", 1), count = options.Int("count", 10);
        int[] lengths = new int[count];
        for (int i = 0; i < count; i++)
        {
            Conversation conversation = source.Conversation(first + i);
            lengths[i] = source.Encode(conversation).Ids.Length;
            if (count <= 200) Console.WriteLine($"--- {first + i}, {lengths[i]} tokens\n{string.Concat(conversation.Stretches.Select(s => s.Text))}");
        }

        Array.Sort(lengths);
        Console.WriteLine($"lengths: median {lengths[count / 2]}, mean {lengths.Average():F0}, 90 % {lengths[count * 9 / 10]}, longest {lengths[^1]}");
    }
}
