using System.Text;

namespace Puna.Benchmarks.Tokenizers;

/// <summary>Generated text with the proportions of real text: word lengths, punctuation, indentation, scripts. Seeded.</summary>
internal static class SampleText
{
    private static readonly string[] English =
        "the of and to in is that it was for on are with as his they at be this from have or by one had not but what all were when we there can an your which their said if do will each about how up out them then she many some so these would other into has more two like him see time could no make than first been its who now people my made over did down only way find use may water long little very after words called just where most know get through back much before go good new write our me man too any day same right look think also around another came come work three word must because does part even place well such here take why things help put years different away again off went old number great tell men say small every found still between name should".Split(' ');

    private static readonly string[] Code =
        ["return", "public", "static", "void", "int", "string", "for", "if", "else", "var", "new", "null", "await", "async", "ReadOnlySpan<byte>", "tokenizer", "GetBytes", "index++", "count", "buffer", "_length", "0x1F", "i < n", "=> value", "// done", "(x, y)", "[i + 1]", "{ get; }", "\"text\"", "Math.Max"];

    private static readonly string[] Multilingual =
        ["Привет", "мир", "который", "сказал", "世界", "日本語", "こんにちは", "ありがとう", "नमस्ते", "दुनिया", "สวัสดี", "ครับ", "مرحبا", "بالعالم", "שלום", "Γειά", "σου", "naïve", "café", "Straße", "größer", "élève", "año", "niño", "안녕하세요", "세계", "việt", "thế", "giới", "😀", "👍🏽", "🎉"];

    /// <summary>At least <paramref name="bytes"/> bytes of UTF-8 of one kind: English, Code, Multilingual or Mixed.</summary>
    public static string Create(string kind, int bytes)
    {
        Random random = new(1);
        StringBuilder text = new(bytes);
        int size = 0;
        while (size < bytes)
        {
            int before = text.Length;
            string line = kind == "Mixed" ? (random.Next(3) switch { 0 => "English", 1 => "Code", _ => "Multilingual" }) : kind;
            AppendLine(text, line, random);
            size += Encoding.UTF8.GetByteCount(text.ToString(before, text.Length - before));
        }

        return text.ToString();
    }

    private static void AppendLine(StringBuilder text, string kind, Random random)
    {
        string[] words = kind switch { "Code" => Code, "Multilingual" => Multilingual, _ => English };
        if (kind == "Code") text.Append(' ', 4 * random.Next(4));
        for (int i = random.Next(4, 18); i > 0; i--)
        {
            string word = words[random.Next(words.Length)];
            switch (random.Next(12))
            {
                case 0: text.Append(char.ToUpperInvariant(word[0])).Append(word, 1, word.Length - 1); break;
                case 1: text.Append(word).Append(words[random.Next(words.Length)]); break; // a word no vocabulary has whole
                case 2: text.Append(random.Next(100_000)); break;
                default: text.Append(word); break;
            }

            text.Append(random.Next(10) switch { 0 => ", ", 1 => ". ", 2 when kind == "Code" => "(", 3 when kind == "Code" => ");", _ => " " });
        }

        text.Append(kind == "Code" ? ";\n" : random.Next(5) == 0 ? "\n\n" : "\n");
    }
}
