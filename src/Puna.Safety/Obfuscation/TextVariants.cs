using System.Text;
using Puna.Tokenizers.Unicode;

namespace Puna.Safety.Obfuscation;

/// <summary>
/// The readings of a text that a classifier should see: the text, the text cleaned of hidden and foreign characters, and the
/// cleaned text with each way of encoding undone. Readings equal to an earlier one are left out. Time is linear in the text.
/// </summary>
public static class TextVariants
{
    /// <summary>All readings, the text itself first.</summary>
    public static IReadOnlyList<TextVariant> Of(string text, ObfuscationPasses passes = ObfuscationPasses.All)
    {
        MappedText original = MappedText.Of(text);
        List<TextVariant> variants = [new(ObfuscationPasses.None, original)];
        MappedText clean = original;
        ObfuscationPasses applied = ObfuscationPasses.None;
        Clean(ObfuscationPasses.Tags, CharacterPasses.Tags);
        Clean(ObfuscationPasses.Invisible, CharacterPasses.Invisible);
        Clean(ObfuscationPasses.Escapes, EncodingPasses.Escapes);
        Clean(ObfuscationPasses.Tags, CharacterPasses.Tags); // again: an escape may have hidden them
        Clean(ObfuscationPasses.Invisible, CharacterPasses.Invisible);
        Clean(ObfuscationPasses.Compatibility, t => UnicodeNormalization.Normalize(t, NormalizationForm.FormKC));
        Clean(ObfuscationPasses.Homoglyphs, CharacterPasses.Homoglyphs);
        Add(applied, clean);

        MappedText spaced = Read(ObfuscationPasses.Spacing, WordPasses.Spacing, clean);
        Read(ObfuscationPasses.Leetspeak, WordPasses.Leetspeak, clean);
        if (!ReferenceEquals(spaced, clean)) Read(ObfuscationPasses.Spacing | ObfuscationPasses.Leetspeak, WordPasses.Leetspeak, spaced);
        Read(ObfuscationPasses.Base64, EncodingPasses.Base64, clean);
        Read(ObfuscationPasses.Hex, EncodingPasses.Hex, clean);
        Read(ObfuscationPasses.Percent, EncodingPasses.Percent, clean);
        Read(ObfuscationPasses.Rot13, WordPasses.Rot13, clean);
        Read(ObfuscationPasses.Reversed, WordPasses.Reversed, clean);
        return variants;

        void Clean(ObfuscationPasses pass, Func<MappedText, MappedText> change)
        {
            if ((passes & pass) == 0) return;
            MappedText changed = change(clean);
            if (changed.SameText(clean)) return;
            clean = changed;
            applied |= pass;
        }

        MappedText Read(ObfuscationPasses pass, Func<MappedText, MappedText> change, MappedText from)
        {
            if ((passes & pass) != pass) return from;
            MappedText changed = change(from);
            return Add(applied | pass, changed) ? changed : from;
        }

        bool Add(ObfuscationPasses made, MappedText variant)
        {
            if (variant.Length == 0 || variants.Exists(v => v.Text.SameText(variant))) return false;
            variants.Add(new TextVariant(made, variant));
            return true;
        }
    }
}
