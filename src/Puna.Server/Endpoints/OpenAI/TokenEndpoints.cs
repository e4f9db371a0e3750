using System.Text;
using Microsoft.Extensions.AI;
using Puna.Server.Requests;
using Puna.Server.Serving;
using Puna.Server.Wire.OpenAI;
using Puna.Tokenizers;

namespace Puna.Server.Endpoints.OpenAI;

/// <summary><c>POST /v1/tokenize</c> and <c>POST /v1/detokenize</c>. Not of the OpenAI API; llama-server has the like.</summary>
internal static class TokenEndpoints
{
    internal static async Task TokenizeAsync(ApiCall call)
    {
        TokenizeRequest fields = await call.ReadAsync(OpenAIJson.Wire.TokenizeRequest).ConfigureAwait(false);
        OtherFields.None.Check(fields.Others);
        if (fields.Content is null == fields.Messages is null) throw ApiException.Invalid("content", "Give either content or messages.", "missing_field");
        if (fields.Messages is not null && fields.AddSpecial is not null) throw ApiException.Invalid("add_special", "add_special is for content; messages are tokenized as the model would read them.");

        LoadedModel served = await call.ModelAsync(fields.Model).ConfigureAwait(false);
        PunaModel model = served.Model;
        int[] tokens = fields.Messages is null
            ? model.Tokenizer.Encode(fields.Content, fields.AddSpecial == true && model.Tokenizer.BosId is not null)
            : served.Client.EncodePrompt(OpenAIMessages.Read(fields.Messages));
        await call.WriteAsync(new TokenizeReply(tokens, tokens.Length, fields.WithPieces == true ? Pieces(model.Tokenizer, tokens) : null), OpenAIJson.Wire.TokenizeReply).ConfigureAwait(false);
    }

    internal static async Task DetokenizeAsync(ApiCall call)
    {
        DetokenizeRequest fields = await call.ReadAsync(OpenAIJson.Wire.DetokenizeRequest).ConfigureAwait(false);
        OtherFields.None.Check(fields.Others);
        if (fields.Tokens is not { } tokens) throw ApiException.Invalid("tokens", "tokens is missing; a list of token ids is needed.", "missing_field");

        Tokenizer tokenizer = (await call.ModelAsync(fields.Model).ConfigureAwait(false)).Model.Tokenizer;
        for (int i = 0; i < tokens.Count; i++)
        {
            if ((uint)tokens[i] >= (uint)tokenizer.VocabSize)
                throw ApiException.Invalid($"tokens[{i}]", $"tokens[{i}] is {tokens[i]}; this model has the ids 0 to {tokenizer.VocabSize - 1}.");
        }

        await call.WriteAsync(new DetokenizeReply(tokenizer.Decode([.. tokens], includeSpecial: true)), OpenAIJson.Wire.DetokenizeReply).ConfigureAwait(false);
    }

    private static string[] Pieces(Tokenizer tokenizer, int[] tokens) => [.. tokens.Select(t => Encoding.UTF8.GetString(tokenizer.GetTokenBytes(t)))];
}
