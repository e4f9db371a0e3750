using System.Text.Json;
using Puna.Engine.Constraints.Json;

namespace Puna.Engine.Constraints.Matching;

/// <summary>The bytes since the first place whose values must differ, kept where a state must remember them. Equal texts are the same object.</summary>
internal sealed class TextTrace
{
    private readonly TextTrace? _before;
    private readonly byte _last;
    private Dictionary<byte, TextTrace>? _after;

    internal TextTrace()
    {
    }

    private TextTrace(TextTrace before, byte last) => (_before, _last, Length) = (before, last, before.Length + 1);

    /// <summary>Bytes in it.</summary>
    internal int Length { get; }

    /// <summary>States that were reached with this text.</summary>
    internal List<MatchState> States { get; } = [];

    internal TextTrace With(byte b)
    {
        _after ??= [];
        if (!_after.TryGetValue(b, out TextTrace? next)) _after.Add(b, next = new TextTrace(this, b));
        return next;
    }

    /// <summary>The JSON value from a place to the end, written in one way: equal values give equal texts. A string is itself behind a quotation mark.</summary>
    internal string ValueFrom(int start)
    {
        using JsonDocument value = JsonDocument.Parse(BytesFrom(start), new JsonDocumentOptions { MaxDepth = Automaton.MaxDepth + 2 });
        if (value.RootElement.ValueKind == JsonValueKind.String) return '"' + value.RootElement.GetString();
        System.Text.StringBuilder text = new();
        Write(value.RootElement, text);
        return text.ToString();
    }

    internal byte[] BytesFrom(int start)
    {
        byte[] bytes = new byte[Length - start];
        TextTrace at = this;
        for (int i = bytes.Length - 1; i >= 0; i--, at = at._before!) bytes[i] = at._last;
        return bytes;
    }

    private static void Write(JsonElement value, System.Text.StringBuilder text)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Number:
                text.Append(JsonDecimal.TryParse(value.GetRawText(), out JsonDecimal number) ? number.ToString() : value.GetRawText());
                break;
            case JsonValueKind.String:
                text.Append('"').Append(JsonEncodedText.Encode(value.GetString()!).Value).Append('"');
                break;
            case JsonValueKind.Array:
                text.Append('[');
                foreach (JsonElement item in value.EnumerateArray())
                {
                    Write(item, text);
                    text.Append(',');
                }

                text.Append(']');
                break;
            case JsonValueKind.Object:
                text.Append('{');
                foreach (JsonProperty member in value.EnumerateObject().OrderBy(p => p.Name, StringComparer.Ordinal))
                {
                    text.Append('"').Append(JsonEncodedText.Encode(member.Name).Value).Append("\":");
                    Write(member.Value, text);
                    text.Append(',');
                }

                text.Append('}');
                break;
            default:
                text.Append(value.GetRawText());
                break;
        }
    }
}
