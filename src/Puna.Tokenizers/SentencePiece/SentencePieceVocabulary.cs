using System.Globalization;
using System.Text;

namespace Puna.Tokenizers.SentencePiece;

/// <summary>
/// Collects a SentencePiece vocabulary in id order. U+2581, which spells a space, is stored as the space it decodes to,
/// and byte tokens <c>&lt;0xNN&gt;</c> as their byte.
/// </summary>
internal sealed class SentencePieceVocabulary(string source, int capacity)
{
    private readonly TokenStore.Builder _tokens = new(capacity);
    private readonly Dictionary<string, int> _names = [];
    private readonly int[] _byteIds = [.. Enumerable.Repeat(-1, 256)];

    /// <exception cref="TokenizerFormatException">A byte token is not spelled <c>&lt;0xNN&gt;</c>.</exception>
    public void Add(ReadOnlySpan<byte> spelling, TokenKind kind)
    {
        int id = _tokens.Count;
        if (kind != TokenKind.Normal) _names.TryAdd(Encoding.UTF8.GetString(spelling), id);

        if (kind == TokenKind.Byte)
        {
            byte value = ParseByte(spelling, id);
            _byteIds[value] = id;
            _tokens.Add([value], kind);
        }
        else if (kind is TokenKind.Normal or TokenKind.UserDefined)
        {
            _tokens.Commit(SpaceMark.ToSpaces(spelling, _tokens.Reserve(spelling.Length)), kind);
        }
        else
        {
            _tokens.Add(spelling, kind);
        }
    }

    /// <exception cref="TokenizerFormatException">Neither all byte tokens nor an unknown token exist, or a role is out of range.</exception>
    public SentencePieceTokenizer Build(TokenRoles roles, SpacePrefix prefix, Func<TokenIndex, MergeSource> merges)
    {
        TokenStore store = _tokens.Build();
        TokenIndex index = new(store, kind => kind is TokenKind.Normal or TokenKind.UserDefined);
        SpecialTokens special = new(source, store.Count, _names, roles);
        if (roles.Unknown is null && Array.IndexOf(_byteIds, -1) is var missing && missing >= 0)
            throw new TokenizerFormatException(source, "tokens", $"neither a byte token <0x{missing:X2}> nor an unknown token to spell other text with.");

        return new SentencePieceTokenizer(store, special, index, merges(index), _byteIds, prefix);
    }

    private byte ParseByte(ReadOnlySpan<byte> spelling, int id)
    {
        if (spelling.Length == 6 && spelling.StartsWith("<0x"u8) && spelling[5] == '>'
            && byte.TryParse(spelling[3..5], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte value)) return value;

        throw new TokenizerFormatException(source, $"tokens[{id}]", $"byte token '{Encoding.UTF8.GetString(spelling)}' is not of the form <0x0A>.");
    }
}
