using Puna.Tests.Formats;
using Puna.Tests.Models;

namespace Puna.Tests.Safety;

/// <summary>A tiny Llama 4 with random weights and the words of a guard in its vocabulary: its verdicts mean nothing, but they are computed as a guard's are.</summary>
public sealed class GuardModelFile : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public GuardModelFile()
    {
        TinyVocabulary vocabulary = TinyVocabulary.Llama4 with { MoreWords = ["sa", "fe", "un", "safe", "unsafe", ",S", "10", "11", "12", "13", "14"] };
        Path = (TinyModel.Llama4 with { Name = "Tiny Llama Guard 4", Vocabulary = vocabulary, ContextLength = 4096 }).Write(_folder["tiny-guard.gguf"]);
        Answering = (TinyModel.Llama4 with { Name = "Tiny Llama Guard 4", Vocabulary = vocabulary, ContextLength = 4096, CertainPair = (vocabulary.IdOfWord("safe"), vocabulary.IdOfWord("unsafe")) }).Write(_folder["answering-guard.gguf"]);
        Ordinary = (TinyModel.Llama4 with { Name = "Tiny", Vocabulary = vocabulary, ContextLength = 4096 }).Write(_folder["tiny.gguf"]);
        Wordless = (TinyModel.Llama4 with { Name = "Tiny Llama Guard 4", ContextLength = 4096 }).Write(_folder["wordless.gguf"]);
    }

    internal string Path { get; }

    /// <summary>The same, but every answer is a verdict, as of a guard.</summary>
    internal string Answering { get; }

    /// <summary>The same, by a name that tells of no guard.</summary>
    internal string Ordinary { get; }

    /// <summary>Without the words.</summary>
    internal string Wordless { get; }

    public void Dispose() => _folder.Dispose();
}
