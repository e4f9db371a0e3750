using System.Globalization;
using System.Text;

namespace Puna.Evaluation.Grading.Instructions;

/// <summary>
/// Which language a text is in, from its script and, where languages share one, from letters and small words that only one
/// of them has. It is no port of langdetect, whose guesses depend on chance; texts that give no sign have no language.
/// </summary>
internal static class LanguageGuess
{
    private static readonly (int First, int Last, string Script)[] Scripts =
    [
        (0x0041, 0x024F, "Latin"), (0x1E00, 0x1EFF, "Latin"), (0x0370, 0x03FF, "el"), (0x0400, 0x052F, "Cyrillic"), (0x0530, 0x058F, "hy"), (0x0590, 0x05FF, "he"),
        (0x0600, 0x06FF, "Arabic"), (0x0900, 0x097F, "Devanagari"), (0x0980, 0x09FF, "bn"), (0x0A00, 0x0A7F, "pa"), (0x0A80, 0x0AFF, "gu"), (0x0B80, 0x0BFF, "ta"),
        (0x0C00, 0x0C7F, "te"), (0x0C80, 0x0CFF, "kn"), (0x0D00, 0x0D7F, "ml"), (0x0E00, 0x0E7F, "th"), (0x3040, 0x30FF, "ja"), (0x4E00, 0x9FFF, "Han"), (0xAC00, 0xD7AF, "ko"),
    ];

    // Small words, the commonest first; a word of several languages counts for each.
    private static readonly Dictionary<string, string[]> Words = new(StringComparer.Ordinal)
    {
        ["en"] = "the of and to in is that it for was on are as with his they be at this have from or had by not but what all were we when your can said there an which their i my you will".Split(' '),
        ["de"] = "der die und das ist nicht ich sie mit ein eine zu den von auf es für im sich dem des auch wir ihr werden haben wird sind aus bei wie über einen nach".Split(' '),
        ["fr"] = "le la les de des et est un une que qui dans pour pas sur avec ne il elle vous nous je plus ce cette au aux sont par du mais être".Split(' '),
        ["es"] = "el la los las de y que en un una es por con para no se su del al lo como más pero sus este muy está son ser también".Split(' '),
        ["pt"] = "o a os as de e que em um uma é por com para não se seu do da dos das no na ao mais mas como foi são você muito também ser".Split(' '),
        ["it"] = "il lo la i gli le di e che è un una per non con si del della dei nel sono da ma come più anche questo alla ha essere".Split(' '),
        ["nl"] = "de het een en van is dat niet in op te zijn voor met die aan ook maar om er als wij je ze naar bij uit wordt".Split(' '),
        ["sv"] = "och att det som en på är av för med till den inte om ett han hon jag vi de har kan men var från".Split(' '),
        ["da"] = "og at det som en på er af for med til den ikke om et han hun jeg vi de har kan men var fra også".Split(' '),
        ["fi"] = "ja on ei se että hän oli joka mutta niin kun mitä ovat tämä kuin myös olla minä sinä voi jos sen".Split(' '),
        ["pl"] = "i w nie na się z jest to że do o jak ale po co za od są dla przez tak czy jego być może oraz".Split(' '),
        ["cs"] = "a v se na je že to s z do o jsem ale i jako by pro za které jsou tak po který také".Split(' '),
        ["hu"] = "a az és hogy nem egy is ez van meg volt csak mint de ha már azt vagy nagyon lehet".Split(' '),
        ["ro"] = "și de la în cu pe nu este a un o că pentru care mai din se sunt au sau ca fost".Split(' '),
        ["tr"] = "ve bir bu da de için ile çok ne olarak daha gibi var değil ama her olan en kadar sonra".Split(' '),
        ["id"] = "yang dan di untuk dengan ini itu dari tidak pada adalah ke dalam saya akan juga anda atau ada mereka".Split(' '),
        ["vi"] = "là và của có không một được cho các trong này những người với đã tôi khi để bạn".Split(' '),
        ["sw"] = "ya na wa kwa ni katika la za kuwa hii yake hiyo cha watu au ili kama pia sana lakini".Split(' '),
        ["tl"] = "ang ng sa na mga at ay ko ito hindi para si kung mo ako siya may isang".Split(' '),
        ["ru"] = "и в не на что с это как по но из он она они мы вы я к у за от так все для был".Split(' '),
        ["uk"] = "і в не на що з це як по але із він вона вони ми ви я до у за від так всі для був та є".Split(' '),
        ["bg"] = "и в не на че с това как по но от той тя те ние вие аз към за така всички да се са е ще".Split(' '),
        ["mk"] = "и во не на дека со ова како по но од тој таа тие ние вие јас кон за така сите да се".Split(' '),
        ["ar"] = "في من على أن إلى هذا التي الذي عن مع لا ما هو هي كان كل بعد أو قد".Split(' '),
        ["fa"] = "در از به که را این است با برای آن یک بر می خود تا کرد شد ها او ما".Split(' '),
        ["ur"] = "کے کی میں ہے اور سے کا کو نے پر ہیں کہ یہ ایک تھا بھی نہیں جو وہ".Split(' '),
        ["hi"] = "के की में है और से का को ने पर हैं कि यह एक था भी नहीं जो वह हम".Split(' '),
        ["mr"] = "आणि आहे च्या या ते तो ती मध्ये नाही हे हा ही आहेत एक पण मी होते साठी".Split(' '),
        ["ne"] = "र छ को मा हो यो छन् भएको गर्न लागि पनि एक तर उनी गरेको भने हुन्छ".Split(' '),
    };

    private static readonly Dictionary<string, string[]> LanguagesOf = new(StringComparer.Ordinal)
    {
        ["Latin"] = ["en", "de", "fr", "es", "pt", "it", "nl", "sv", "da", "fi", "pl", "cs", "hu", "ro", "tr", "id", "vi", "sw", "tl"],
        ["Cyrillic"] = ["ru", "uk", "bg", "mk"],
        ["Arabic"] = ["ar", "fa", "ur"],
        ["Devanagari"] = ["hi", "mr", "ne"],
    };

    /// <summary>The language's code (ISO 639-1), null where the text gives no sign of one.</summary>
    public static string? Of(string text)
    {
        Dictionary<string, int> letters = new(StringComparer.Ordinal);
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (Rune.IsLetter(rune) && Script(rune.Value) is { } script) letters[script] = letters.GetValueOrDefault(script) + 1;
        }

        if (letters.Count == 0) return null;
        if (letters.TryGetValue("ja", out int kana) && kana * 10 >= letters.Values.Sum()) return "ja"; // kana among Han

        string main = letters.MaxBy(pair => pair.Value).Key;
        if (main == "Han") return "zh-cn";
        return LanguagesOf.TryGetValue(main, out string[]? candidates) ? Likeliest(text, candidates) : main;
    }

    private static string? Likeliest(string text, string[] candidates)
    {
        Dictionary<string, int> seen = SmallWords(text).CountBy(word => word, StringComparer.Ordinal).ToDictionary(StringComparer.Ordinal);
        string? best = null;
        int most = 0;
        foreach (string language in candidates)
        {
            int count = Words[language].Sum(word => seen.GetValueOrDefault(word));
            if (count > most) (best, most) = (language, count);
        }

        return best;
    }

    private static IEnumerable<string> SmallWords(string text)
    {
        StringBuilder word = new();
        foreach (char c in text.ToLowerInvariant() + " ")
        {
            bool part = char.IsLetter(c) || char.GetUnicodeCategory(c) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark;
            if (part) word.Append(c);
            else if (word.Length > 0)
            {
                yield return word.ToString();
                word.Clear();
            }
        }
    }

    private static string? Script(int code)
    {
        foreach ((int first, int last, string script) in Scripts)
        {
            if (code >= first && code <= last) return script;
        }

        return null;
    }
}
