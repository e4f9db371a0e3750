namespace Puna.Engine.Constraints.Matching;

/// <summary>
/// Reads text byte by byte: UTF-8, and inside JSON strings escapes, so that every allowed spelling of a character counts as that
/// character. Overlong forms and surrogates that are not pairs are no characters.
/// </summary>
internal static class TextReader<TMoves>
    where TMoves : struct, ITextMoves
{
    private const int KindBits = 4;

    /// <summary>Characters that a JSON string can hold only as <c>\u</c> with digits.</summary>
    private static readonly (int Low, int High)[] DigitsNeeded = [(0, 7), (0xB, 0xB), (0xE, 0x1F)];

    /// <summary>Reads the next byte of a JSON string, after its opening quotation mark.</summary>
    /// <param name="moves">What may follow.</param>
    /// <param name="at">Place in the string.</param>
    /// <param name="b">The byte.</param>
    /// <param name="plain">Only characters that cannot stand for themselves are escaped, by a letter where they have one.</param>
    internal static TextMove ReadQuoted(in TMoves moves, ref TextPosition at, byte b, bool plain)
    {
        if (at.Partial != 0) return Continue(moves, ref at, b, plain);
        if (b == '"') return moves.CanClose(at.State, at.Count) ? TextMove.Closed : TextMove.Dead;
        if (b < ' ') return TextMove.Dead;
        if (b != '\\') return ReadPlain(moves, ref at, b);
        bool possible = plain
            ? moves.CanMove(at.State, at.Count, 0, 0x1F) || moves.CanMove(at.State, at.Count, '"', '"') || moves.CanMove(at.State, at.Count, '\\', '\\')
            : moves.CanMove(at.State, at.Count, 0, Automata.CodePointSet.MaxCodePoint);
        if (!possible) return TextMove.Dead;

        at = at with { Partial = (int)Kind.Escape };
        return TextMove.Inside;
    }

    /// <summary>Reads the next byte of text without escapes.</summary>
    internal static TextMove ReadPlain(in TMoves moves, ref TextPosition at, byte b)
    {
        if (at.Partial != 0) return Continue(moves, ref at, b, plain: false);
        if (b < 0x80) return Move(moves, ref at, b);
        if (b is < 0xC2 or > 0xF4) return TextMove.Dead;
        return b < 0xE0 ? Block(moves, ref at, 1, b & 0x1F) : b < 0xF0 ? Block(moves, ref at, 2, b & 0x0F) : Block(moves, ref at, 3, b & 0x07);
    }

    private static TextMove Continue(in TMoves moves, ref TextPosition at, byte b, bool plain)
    {
        int payload = at.Partial >> KindBits;
        switch ((Kind)(at.Partial & ((1 << KindBits) - 1)))
        {
            case Kind.Utf8:
                return ContinueUtf8(moves, ref at, payload & 3, payload >> 2, b);
            case Kind.AnyUtf8:
                if (b is < 0x80 or > 0xBF) return TextMove.Dead;
                at = at with { Partial = payload == 1 ? 0 : Pack(Kind.AnyUtf8, payload - 1) };
                return TextMove.Inside;
            case Kind.Escape:
                return ReadEscape(moves, ref at, b, plain);
            case Kind.Hex:
                return HexDigit(b, out int digit) ? ContinueHex(moves, ref at, (payload & 3) + 1, ((payload >> 2) << 4) | digit, plain) : TextMove.Dead;
            case Kind.AnyHex:
                if (!HexDigit(b, out _)) return TextMove.Dead;
                at = at with { Partial = payload == 1 ? 0 : Pack(Kind.AnyHex, payload - 1) };
                return TextMove.Inside;
            case Kind.LowBackslash:
                return b == '\\' ? Inside(ref at, Kind.LowU, payload) : TextMove.Dead;
            case Kind.LowU:
                return b == 'u' ? Inside(ref at, Kind.LowHex, payload << 2) : TextMove.Dead;
            default: // LowHex
                return ReadLowHex(moves, ref at, payload, b);
        }
    }

    private static TextMove ContinueUtf8(in TMoves moves, ref TextPosition at, int remaining, int prefix, byte b)
    {
        if (b is < 0x80 or > 0xBF) return TextMove.Dead;

        // Overlong forms, surrogates and what lies above U+10FFFF begin with these.
        if (remaining == 2 && prefix == 0 && b < 0xA0) return TextMove.Dead;
        if (remaining == 2 && prefix == 0xD && b > 0x9F) return TextMove.Dead;
        if (remaining == 3 && prefix == 0 && b < 0x90) return TextMove.Dead;
        if (remaining == 3 && prefix == 4 && b > 0x8F) return TextMove.Dead;

        prefix = (prefix << 6) | (b & 0x3F);
        if (remaining > 1) return Block(moves, ref at, remaining - 1, prefix);

        at = at with { Partial = 0 };
        return Move(moves, ref at, prefix);
    }

    /// <summary>The beginning of a character of several bytes: the characters it can become are a block.</summary>
    private static TextMove Block(in TMoves moves, ref TextPosition at, int remaining, int prefix)
    {
        int low = prefix << (6 * remaining), high = low | ((1 << (6 * remaining)) - 1);
        bool whole = true;
        switch ((remaining, prefix))
        {
            case (2, 0): (low, whole) = (0x800, false); break;
            case (2, 0xD): (high, whole) = (0xD7FF, false); break;
            case (3, 0): (low, whole) = (0x10000, false); break;
            case (3, 4): (high, whole) = (0x10FFFF, false); break;
        }

        if (whole && moves.TryMoveBlock(at.State, at.Count, low, high, out int state, out int count))
        {
            at = new TextPosition(state, count, Pack(Kind.AnyUtf8, remaining));
            return TextMove.Inside;
        }

        return moves.CanMove(at.State, at.Count, low, high) ? Inside(ref at, Kind.Utf8, (prefix << 2) | remaining) : TextMove.Dead;
    }

    private static TextMove ReadEscape(in TMoves moves, ref TextPosition at, byte b, bool plain)
    {
        int codePoint = (char)b switch
        {
            '"' => '"',
            '\\' => '\\',
            '/' when !plain => '/',
            'b' => '\b',
            'f' => '\f',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => -1,
            _ => -2,
        };
        if (codePoint == -2) return TextMove.Dead;
        if (codePoint == -1) return plain ? ContinueNeeded(moves, ref at, 0, 0) : Inside(ref at, Kind.Hex, 0);

        at = at with { Partial = 0 };
        return Move(moves, ref at, codePoint);
    }

    private static TextMove ContinueHex(in TMoves moves, ref TextPosition at, int digits, int value, bool plain)
    {
        if (plain) return ContinueNeeded(moves, ref at, digits, value);

        int remaining = 4 - digits;
        int low = value << (4 * remaining), high = low | ((1 << (4 * remaining)) - 1);
        if (high < 0xD800 || low > 0xDFFF)
        {
            if (remaining == 0)
            {
                at = at with { Partial = 0 };
                return Move(moves, ref at, value);
            }

            if (moves.TryMoveBlock(at.State, at.Count, low, high, out int state, out int count))
            {
                at = new TextPosition(state, count, Pack(Kind.AnyHex, remaining));
                return TextMove.Inside;
            }

            return moves.CanMove(at.State, at.Count, low, high) ? Inside(ref at, Kind.Hex, (value << 2) | digits) : TextMove.Dead;
        }

        bool possible = moves.CanMove(at.State, at.Count, low, 0xD7FF) || moves.CanMove(at.State, at.Count, 0xE000, high);
        int firstHigh = Math.Max(low, 0xD800), lastHigh = Math.Min(high, 0xDBFF);
        possible |= firstHigh <= lastHigh && moves.CanMove(at.State, at.Count, FromHigh(firstHigh), FromHigh(lastHigh) + 0x3FF);
        if (!possible) return TextMove.Dead;
        return remaining > 0 ? Inside(ref at, Kind.Hex, (value << 2) | digits) : Inside(ref at, Kind.LowBackslash, value - 0xD800);
    }

    /// <summary>The digits of a character that needs them: whether they can still become one.</summary>
    private static TextMove ContinueNeeded(in TMoves moves, ref TextPosition at, int digits, int value)
    {
        int remaining = 4 - digits, low = value << (4 * remaining), high = low | ((1 << (4 * remaining)) - 1);
        foreach ((int first, int last) in DigitsNeeded)
        {
            if (!moves.CanMove(at.State, at.Count, Math.Max(low, first), Math.Min(high, last))) continue;
            if (remaining > 0) return Inside(ref at, Kind.Hex, (value << 2) | digits);
            at = at with { Partial = 0 };
            return Move(moves, ref at, value);
        }

        return TextMove.Dead;
    }

    /// <summary>The second half of a surrogate pair; the payload holds digits read (2 bits), the first half (10 bits) and the digits' value.</summary>
    private static TextMove ReadLowHex(in TMoves moves, ref TextPosition at, int payload, byte b)
    {
        if (!HexDigit(b, out int digit)) return TextMove.Dead;
        int digits = (payload & 3) + 1, high = (payload >> 2) & 0x3FF, value = ((payload >> 12) << 4) | digit, remaining = 4 - digits;
        int low = value << (4 * remaining), last = low | ((1 << (4 * remaining)) - 1);
        low = Math.Max(low, 0xDC00);
        last = Math.Min(last, 0xDFFF);
        if (low > last) return TextMove.Dead;

        int start = FromHigh(0xD800 + high);
        if (remaining == 0)
        {
            at = at with { Partial = 0 };
            return Move(moves, ref at, start + value - 0xDC00);
        }

        return moves.CanMove(at.State, at.Count, start + low - 0xDC00, start + last - 0xDC00)
            ? Inside(ref at, Kind.LowHex, (value << 12) | (high << 2) | digits)
            : TextMove.Dead;
    }

    private static int FromHigh(int high) => 0x10000 + ((high - 0xD800) << 10);

    private static TextMove Move(in TMoves moves, ref TextPosition at, int codePoint)
    {
        if (!moves.TryMove(at.State, at.Count, codePoint, out int state, out int count)) return TextMove.Dead;
        at = new TextPosition(state, count, 0);
        return TextMove.Inside;
    }

    private static TextMove Inside(ref TextPosition at, Kind kind, int payload)
    {
        at = at with { Partial = Pack(kind, payload) };
        return TextMove.Inside;
    }

    private static int Pack(Kind kind, int payload) => (payload << KindBits) | (int)kind;

    private static bool HexDigit(byte b, out int value)
    {
        value = b is >= (byte)'0' and <= (byte)'9' ? b - '0' : (b | 0x20) is >= 'a' and <= 'f' ? (b | 0x20) - 'a' + 10 : -1;
        return value >= 0;
    }

    private enum Kind
    {
        /// <summary>Between characters.</summary>
        None,

        /// <summary>In a character of several bytes; bytes missing and bits so far.</summary>
        Utf8,

        /// <summary>The same where the rest makes no difference; bytes missing.</summary>
        AnyUtf8,

        /// <summary>Behind a backslash.</summary>
        Escape,

        /// <summary>In the digits of <c>\u</c>; digits read and their value.</summary>
        Hex,

        /// <summary>The same where the rest makes no difference; digits missing.</summary>
        AnyHex,

        /// <summary>Behind the first half of a surrogate pair.</summary>
        LowBackslash,

        /// <summary>Behind the backslash of its second half.</summary>
        LowU,

        /// <summary>In the digits of its second half.</summary>
        LowHex,
    }
}
