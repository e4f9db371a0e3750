using System.Globalization;
using System.Text;
using Puna.Models;
using Puna.Tokenizers;

namespace Puna.Loading;

/// <summary>Two models can work on one text only where an id is the same token to both.</summary>
internal static class DraftVocabulary
{
    /// <summary>Refuses a draft model with another vocabulary.</summary>
    /// <exception cref="ModelException">A token differs; the message names the first.</exception>
    internal static void Require(ModelSource draft, ModelSource model)
    {
        Tokenizer drafts = draft.Tokenizer, own = model.Tokenizer;
        for (int id = 0; id < Math.Max(drafts.VocabSize, own.VocabSize); id++)
        {
            if (id >= drafts.VocabSize || id >= own.VocabSize || !drafts.GetTokenBytes(id).SequenceEqual(own.GetTokenBytes(id)))
                throw Refusal($"token {id} is {Spelling(drafts, id)}, but {Spelling(own, id)} in {model.File.Path}");
        }

        if (draft.Config.VocabSize != model.Config.VocabSize)
            throw Refusal($"it gives {draft.Config.VocabSize} logits, {model.File.Path} {model.Config.VocabSize}");

        ModelException Refusal(string difference) =>
            new(draft.File.Path, $"{difference}. A draft model must share the vocabulary: choose a smaller model of the same family.");
    }

    private static string Spelling(Tokenizer tokenizer, int id)
    {
        if (id >= tokenizer.VocabSize) return "not there";

        StringBuilder text = new("'");
        foreach (char c in Encoding.UTF8.GetString(tokenizer.GetTokenBytes(id)))
        {
            if (char.IsControl(c)) text.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
            else text.Append(c);
        }

        return text.Append('\'').ToString();
    }
}
