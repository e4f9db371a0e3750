namespace Puna.Server.Requests;

/// <summary>Text to continue as it is, without a chat template.</summary>
internal static class PlainPrompt
{
    /// <summary>Tokens of a text, in which special tokens are only text, after the token that begins one.</summary>
    internal static int[] Encode(string text, string place, PunaModel model)
    {
        int[] tokens = model.Tokenizer.Encode(text, model.AddsBos);
        return tokens.Length > 0 ? tokens : throw ApiException.Invalid(place, $"{place} is empty, and this model has no token that begins a text. Give at least a character.");
    }
}
