using System.Globalization;
using System.Text;
using Puna.Training.Numerics;

namespace Puna.Training.Data;

/// <summary>A value as a document shows it and as JSON holds it.</summary>
/// <param name="Text">As written in the document.</param>
/// <param name="Json">As an answer holds it, where the schema says no more than its type.</param>
/// <param name="Iso">Dates: as <c>yyyy-mm-dd</c>, for schemas that ask for a date.</param>
internal readonly record struct MadeValue(string Text, string Json, string? Iso = null);

/// <summary>Draws values of one document. Number and date style are chosen once, as one writer would.</summary>
internal sealed class ValueMaker
{
    private static readonly string[] Months =
        ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];

    private static readonly string[] Onsets = ["b", "br", "c", "ch", "d", "dr", "f", "fl", "g", "gr", "h", "j", "k", "kl", "l", "m", "n", "p", "pr", "r", "s", "sh", "st", "t", "tr", "v", "w", "y", "z", ""];
    private static readonly string[] Vowels = ["a", "e", "i", "o", "u", "ai", "ea", "ou", "ie", "oo", "y"];
    private static readonly string[] Codas = ["", "", "", "n", "r", "l", "s", "t", "m", "nd", "rk", "x", "ck", "ll", "th", "v"];

    private readonly SeededRandom _random;
    private readonly ValueLists _lists;
    private readonly int _dateStyle;
    private readonly int _moneyStyle;
    private readonly double _invented;
    private readonly double _mixed;

    public ValueMaker(SeededRandom random, ValueLists lists)
    {
        _random = random;
        _lists = lists;
        _dateStyle = random.Next(10);
        _moneyStyle = random.Next(8);
        _invented = lists == ValueLists.Train ? 0.5 : 0;
        _mixed = lists == ValueLists.Train ? 0.3 : 0;
        Currency = random.Pick(["EUR", "USD", "GBP", "CHF", "EUR", "USD"]);
    }

    /// <summary>ISO code of the document's currency.</summary>
    public string Currency { get; }

    /// <summary>The value of a <c>make</c> template, with the type a schema gives it.</summary>
    public MadeValue Make(string template, string type)
    {
        switch (type)
        {
            case "date":
                return Date(template == "<birthdate>" ? _random.Next(1931, 2015) : _random.Next(2015, 2029));
            case "number" when template == "<money>":
                return Money();
            case "number" or "integer":
                string number = Text(template);
                return new MadeValue(number, number);
            default:
                string text = Text(template);
                return new MadeValue(text, JsonText.Quote(text));
        }
    }

    /// <summary>Expands a template whose placeholders name kinds of values.</summary>
    public string Text(string template) => Grammar.Expand(template, _random, Named);

    /// <summary>An amount with two decimals, its thousands sometimes set apart, its currency sometimes written.</summary>
    public MadeValue Money(int limit = 0)
    {
        int digits = _random.Next(1, 5);
        int whole = limit > 0 ? _random.Next(limit) : _random.Next((int)Math.Pow(10, digits - 1), (int)Math.Pow(10, digits) - 1);
        int cents = _random.Next(3) == 0 ? _random.Pick([0, 50, 99, 95]) : _random.Next(100);
        string plain = string.Create(CultureInfo.InvariantCulture, $"{whole}.{cents:00}");
        string text = whole >= 1000 && _moneyStyle % 2 == 0 ? string.Create(CultureInfo.InvariantCulture, $"{whole / 1000},{whole % 1000:000}.{cents:00}") : plain;
        string symbol = Currency switch { "EUR" => "€", "USD" => "$", "GBP" => "£", _ => "CHF " };
        string shown = _moneyStyle switch
        {
            0 or 1 => $"{text} {Currency}",
            2 or 3 => $"{Currency} {text}",
            4 or 5 or 6 => symbol + text,
            _ => Currency == "EUR" ? $"{text} €" : $"{text} {Currency}",
        };
        return new MadeValue(shown, plain);
    }

    private MadeValue Date(int year)
    {
        int month = _random.Next(1, 12), day = _random.Next(1, 28);
        string name = Months[month - 1], shortName = name[..3];
        string text = (_random.Chance(0.15) ? _random.Next(10) : _dateStyle) switch
        {
            0 or 1 => $"{year}-{month:00}-{day:00}",
            2 => $"{day} {name} {year}",
            3 => $"{name} {day}, {year}",
            4 => $"{day:00}.{month:00}.{year}",
            5 => $"{day:00}/{month:00}/{year}",
            6 => $"{day} {shortName} {year}",
            7 => $"{shortName} {day}, {year}",
            8 => $"{day}{Suffix(day)} {(_random.Chance(0.3) ? "of " : "")}{name} {year}",
            _ => $"{new DateTime(year, month, day).DayOfWeek}, {day} {name} {year}",
        };
        return new MadeValue(text, JsonText.Quote(text), JsonText.Quote($"{year}-{month:00}-{day:00}"));
    }

    private static string Suffix(int day) => day is 11 or 12 or 13 ? "th" : (day % 10) switch { 1 => "st", 2 => "nd", 3 => "rd", _ => "th" };

    private string Named(string name)
    {
        string[] parts = name.Split(':');
        return parts[0] switch
        {
            "first" => First(),
            "surname" => Surname(),
            "person" => Person(),
            "company" => Company(),
            "city" => _random.Chance(_invented / 2) ? Invented() : _random.Pick(_lists["cities"]),
            "street" => _random.Chance(_invented / 2) ? Invented() + _random.Pick([" Street", " Road", " Lane", "weg"]) : _random.Pick(_lists["streets"]),
            "address" => Text(_random.Pick(["<range:1:240> <street>", "<street> <range:1:240>", "<range:1:240> <street>, <city>", "<street> <range:1:99>, <digits:5> <city>"])),
            "product" => Product(),
            "condition" => _random.Chance(_mixed) ? $"{Invented().ToLowerInvariant()} {_random.Pick(_lists["conditions"])}" : _random.Pick(_lists["conditions"]),
            "medicine" => _random.Chance(_invented) ? Invented().ToLowerInvariant() : _random.Pick(_lists["medicines"]),
            "money" => Money().Text,
            "date" => Date(_random.Next(2015, 2029)).Text,
            "time" => Time(),
            "timestamp" => Text(_random.Pick(["20<range:15:28>-0<range:1:9>-<range:10:28>", "20<range:15:28>-1<range:0:2>-0<range:1:9>"])) + _random.Pick([" ", "T"])
                + string.Create(CultureInfo.InvariantCulture, $"{_random.Next(24):00}:{_random.Next(60):00}:{_random.Next(60):00}") + _random.Pick(["", "", "Z", $".{_random.Next(1000):000}"]),
            "code" => Text(_random.Pick(["<letters:2>-<digits:4>", "<letters:3>-<digits:5>", "<digits:6>", "<digits:4>-<digits:2>", "<letters:1><digits:6>", "20<digits:2>-<digits:4>", "<letters:2><digits:2>/<digits:3>", "<letters:3><digits:3>", "#<digits:5>", "INV-<digits:5>", "<digits:8>"])),
            "iban" => Text(_random.Pick(["<letters:2><digits:8>", "<letters:2><digits:2> <digits:4> <digits:4> <digits:4>"])),
            "phone" => Text(_random.Pick(["+<digits:2> <digits:3> <digits:6>", "0<digits:3> <digits:6>", "(<digits:3>) <digits:3>-<digits:4>", "<digits:3>-<digits:3>-<digits:4>", "0<digits:4>/<digits:5>", "+<digits:2> <digits:2> <digits:4> <digits:4>"])),
            "email" => Email(),
            "ip" => Text("<range:1:254>.<range:0:254>.<range:0:254>.<range:1:254>"),
            "hex" => Hex(_random.Next(6, 12)),
            "word" => Word(),
            "digits" => Digits(int.Parse(parts[1], CultureInfo.InvariantCulture)),
            "letters" => Letters(int.Parse(parts[1], CultureInfo.InvariantCulture)),
            "range" => _random.Next(int.Parse(parts[1], CultureInfo.InvariantCulture), int.Parse(parts[2], CultureInfo.InvariantCulture)).ToString(CultureInfo.InvariantCulture),
            "currency" => Currency,
            _ => throw new FormatException($"There is no kind of value '{name}'."),
        };
    }

    private string First() => _random.Chance(_invented) ? Invented() : _random.Pick(_lists["firstnames"]);

    private string Surname() => _random.Chance(_invented) ? Invented() : _random.Pick(_lists["surnames"]);

    private string Person() => _random.Next(8) switch
    {
        0 => $"{First()} {Letters(1)}. {Surname()}",
        1 => $"{First()} {Surname()}-{Surname()}",
        _ => $"{First()} {Surname()}",
    };

    private string Company() => _random.Next(7) switch
    {
        0 => $"{Surname()} & {Surname()}",
        1 => $"{Surname()} {_random.Pick(["GmbH", "Ltd", "Inc.", "LLC", "AG", "& Sons", "plc", "Group"])}",
        2 => $"{CompanyWord()} {_random.Pick(_lists["companykinds"])} {_random.Pick(["GmbH", "Ltd", "Inc.", "LLC", "AG", "Co."])}",
        3 => $"{CompanyWord()}{_random.Pick(["soft", "tech", "mart", "works", "net", "Shop"])}",
        _ => $"{CompanyWord()} {(_random.Chance(_mixed) ? Invented() : _random.Pick(_lists["companykinds"]))}",
    };

    private string CompanyWord() => _random.Chance(_invented) ? Invented() : _random.Pick(_lists["companywords"]);

    private string Product() => _random.Chance(_mixed) ? $"{Invented().ToLowerInvariant()} {_random.Pick(_lists["products"])}" : _random.Pick(_lists["products"]);

    private string Email()
    {
        string domain = _random.Pick(["example.com", "example.org", "example.net", $"{Word()}.com", $"{Word()}.org", $"mail.{Word()}.net"]);
        return $"{_random.Pick([Ascii(First()), $"{Ascii(First())}.{Ascii(Surname())}", $"{Letters(1).ToLowerInvariant()}.{Ascii(Surname())}", $"{Word()}{Digits(2)}"])}@{domain}";
    }

    private string Time() => _random.Next(5) switch
    {
        0 => string.Create(CultureInfo.InvariantCulture, $"{_random.Next(1, 12)}:{_random.Next(12) * 5:00} {_random.Pick(["am", "pm", "AM", "PM"])}"),
        1 => string.Create(CultureInfo.InvariantCulture, $"{_random.Next(1, 12)} {_random.Pick(["am", "pm"])}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{_random.Next(7, 21):00}:{_random.Next(12) * 5:00}"),
    };

    private string Invented()
    {
        string word = Word();
        return char.ToUpperInvariant(word[0]) + word[1..];
    }

    private string Word()
    {
        StringBuilder word = new();
        int syllables = _random.Next(4) == 0 ? 1 : _random.Next(3) == 0 ? 3 : 2;
        // Letters in no order at all, now and then: only copying gets them right.
        if (_random.Chance(_mixed / 3)) return string.Concat(Enumerable.Range(0, _random.Next(3, 9)).Select(_ => (char)('a' + _random.Next(26))));
        for (int i = 0; i < syllables || word.Length < 3; i++) word.Append(_random.Pick(Onsets)).Append(_random.Pick(Vowels)).Append(_random.Pick(Codas));
        return word.ToString();
    }

    private string Digits(int count) => string.Concat(Enumerable.Range(0, count).Select(i => (char)('0' + (i == 0 ? _random.Next(1, 9) : _random.Next(10)))));

    private string Letters(int count) => string.Concat(Enumerable.Range(0, count).Select(_ => (char)('A' + _random.Next(26))));

    private string Hex(int count) => string.Concat(Enumerable.Range(0, count).Select(_ => "0123456789abcdef"[_random.Next(16)]));

    private static string Ascii(string name) =>
        string.Concat(name.Normalize(NormalizationForm.FormD).Where(char.IsAsciiLetter)).ToLowerInvariant() is { Length: > 0 } ascii ? ascii : "mail";
}
