using System.Diagnostics;
using Puna.Safety.Scanning;

namespace Puna.Tests.Safety.Scanning;

public sealed class RuleScannerTests
{
    [Theory]
    [InlineData("my key is AKIAIOSFODNN7QWERTYU ok", "aws-key", "AKIAIOSFODNN7QWERTYU")]
    [InlineData("token ghp_Zk3vN8pQ1rT6yU0wXe4bC9dF2gH5jK7mLaSo.", "github-token", "ghp_Zk3vN8pQ1rT6yU0wXe4bC9dF2gH5jK7mLaSo")]
    [InlineData("OPENAI: sk-proj-a8Gh2Kq0Zx9Wv4Tr6Yu1Io3P", "openai-key", "sk-proj-a8Gh2Kq0Zx9Wv4Tr6Yu1Io3P")]
    [InlineData("db: postgres://app:h0rse-battery@db.local/x", "url-password", "h0rse-battery")]
    [InlineData("\"client_secret\": \"9f8A-77xQ_pp12\"", "assigned-secret", "9f8A-77xQ_pp12")]
    [InlineData("DB_PASSWORD_PROD=Tr0ub4dor&3x", "assigned-secret", "Tr0ub4dor&3x")]
    [InlineData("Authorization: Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "web-token", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")]
    [InlineData("-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nrest", "private-key", "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----")]
    public void A_secret_is_found_where_it_stands(string text, string category, string secret)
    {
        Finding finding = Assert.Single(Scan(new SecretScanner(), text), f => f.Category == category);
        Assert.Equal(secret, text[finding.Start..finding.End]);
        Assert.True(finding.Score >= 0.5f);
    }

    [Theory]
    [InlineData("The password must be changed every month, and the secret: nobody knows it.")]
    [InlineData("Set api_key=YOUR_API_KEY and password=\"<password>\" in the file.")]
    [InlineData("password = os.environ[\"DB_PASSWORD\"]")]
    [InlineData("skating and skiing, AKIA, ghp_short, https://example.org:8080/path@2")]
    [InlineData("-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----")]
    public void What_is_no_secret_stays_below_the_threshold(string text) => Assert.DoesNotContain(Scan(new SecretScanner(), text), f => f.Score >= 0.5f);

    [Fact]
    public void A_hash_looks_random_and_scores_low()
    {
        Finding finding = Assert.Single(Scan(new SecretScanner(), "see Zk3vN8pQ1rT6yU0wXe4bC9dF2gH5jK7m for it"));
        Assert.Equal(("high-entropy", 0.4f), (finding.Category, finding.Score));
    }

    [Theory]
    [InlineData("write to jo.doe+x@mail.example.com.", "email", "jo.doe+x@mail.example.com")]
    [InlineData("card 4111 1111 1111 1111, thanks", "payment-card", "4111 1111 1111 1111")]
    [InlineData("card 378282246310005", "payment-card", "378282246310005")]
    [InlineData("IBAN DE89 3704 0044 0532 0130 00 please", "iban", "DE89 3704 0044 0532 0130 00")]
    [InlineData("GB82WEST12345698765432", "iban", "GB82WEST12345698765432")]
    [InlineData("call +49 30 901820 now", "phone", "+49 30 901820")]
    [InlineData("call (415) 555-2671 now", "phone", "(415) 555-2671")]
    [InlineData("ssn 123-45-6789.", "us-ssn", "123-45-6789")]
    [InlineData("CPF 529.982.247-25", "br-cpf", "529.982.247-25")]
    [InlineData("NHS 943 476 5919", "uk-nhs", "943 476 5919")]
    [InlineData("Steuer-ID 86095742719", "de-tax-id", "86095742719")]
    [InlineData("NIR 255081416802538", "fr-nir", "255081416802538")]
    [InlineData("DNI 12345678Z", "es-dni", "12345678Z")]
    [InlineData("NIE X1234567L", "es-dni", "X1234567L")]
    [InlineData("aadhaar 2341 2341 2346", "in-aadhaar", "2341 2341 2346")]
    [InlineData("host 192.168.10.254 is up", "ip-address", "192.168.10.254")]
    public void Personal_data_is_found_by_its_check_digits(string text, string category, string value)
    {
        Finding finding = Assert.Single(Scan(new PersonalDataScanner(), text));
        Assert.Equal((category, value), (finding.Category, text[finding.Start..finding.End]));
    }

    [Theory]
    [InlineData("card 4111 1111 1111 1112")]
    [InlineData("IBAN DE88 3704 0044 0532 0130 00")]
    [InlineData("ssn 000-45-6789, 666-12-3456")]
    [InlineData("CPF 529.982.247-26, 111.111.111-11")]
    [InlineData("NHS 143 476 5918")]
    [InlineData("DNI 12345678A, X1234567M")]
    [InlineData("aadhaar 2341 2341 2347")]
    [InlineData("version 1.2.3.4000, 999.1.1.1 and 2024-01-02 10:30")]
    [InlineData("the @ sign, a@b, user@localhost, 3 + 4 = 7, (1) and 1234567890123456789012345678901234567890")]
    public void Wrong_check_digits_are_nothing(string text) => Assert.Empty(Scan(new PersonalDataScanner(), text));

    [Fact]
    public void Hidden_characters_are_told_from_those_that_scripts_need()
    {
        HiddenCharacterScanner scanner = new();
        string tags = string.Concat("hide".Select(c => char.ConvertFromUtf32(0xE0000 + c)));
        Assert.Equal(("tag-characters", 1f, 3), Single($"abc{tags}def"));
        Assert.Equal(("variation-selectors", 1f, 1), Single("x\uFE01\uFE02\uFE03y"));
        Assert.Equal(("direction-override", 0.9f, 5), Single("file \u202Egnp.exe"));
        Assert.Equal(("zero-width", 0.8f, 2), Single("ig\u200Bnore"));
        Assert.Equal(("control-characters", 0.5f, 1), Single("a\u0008b"));

        // A byte order mark, a family, a heart in colour, the flag of Wales, Persian with its joiner, tabs and line ends.
        string flag = "\U0001F3F4" + string.Concat("gbwls".Select(c => char.ConvertFromUtf32(0xE0000 + c))) + "\U000E007F";
        Assert.DoesNotContain(Scan(scanner, $"\uFEFF\U0001F468\u200D\U0001F469\u200D\U0001F467 \u2764\uFE0F {flag} می\u200Cخواهم\t\r\n"), f => f.Score > 0.3f);

        (string, float, int) Single(string text)
        {
            Finding finding = Assert.Single(Scan(scanner, text));
            return (finding.Category, finding.Score, finding.Start);
        }
    }

    [Fact]
    public void A_pattern_that_would_backtrack_takes_linear_time()
    {
        RegexScanner scanner = new([new NamedPattern("nested", "(a+)+$"), new NamedPattern("either", "(a|aa|a?)+b")], TimeSpan.FromSeconds(20));
        Stopwatch clock = Stopwatch.StartNew();
        Assert.Empty(Scan(scanner, new string('a', 100_000) + "!"));
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(10), $"{clock.Elapsed}"); // backtracking would outlast the machine
    }

    [Theory]
    [InlineData("(", "malformed")]
    [InlineData("(a)\\1", "linear time")]
    [InlineData("(?=a)b", "linear time")]
    [InlineData("((a{1,500}){1,500}){1,500}", "linear time")]
    [InlineData("a*", "matches the empty text")]
    public void A_pattern_that_cannot_be_matched_in_linear_time_is_refused(string pattern, string reason) =>
        Assert.Contains(reason, Assert.Throws<ArgumentException>(() => new RegexScanner([new NamedPattern("x", pattern)], TimeSpan.FromSeconds(1))).Message, StringComparison.Ordinal);

    [Fact]
    public void Megabytes_are_scanned_in_linear_time_and_can_be_stopped()
    {
        string[] hard = [new string('1', 1 << 20), new string('@', 1 << 20), string.Concat(Enumerable.Repeat("a@", 1 << 19)), string.Concat(Enumerable.Repeat("AKIA", 1 << 18)), string.Concat(Enumerable.Repeat("```\n", 1 << 18)),
            string.Concat(Enumerable.Repeat("-----BEGIN ", 1 << 16)), string.Concat(Enumerable.Repeat("1 ", 1 << 19)), string.Concat(Enumerable.Repeat("password=", 1 << 16)), string.Concat(Enumerable.Repeat("+1-(", 1 << 18)),
            new string('`', 1 << 20), string.Concat(Enumerable.Repeat("://a:", 1 << 17)), new string('\u200B', 1 << 20), string.Concat(Enumerable.Repeat("eyJ-", 1 << 21)), string.Concat(Enumerable.Repeat("api_key=abcd1234abcdEFGH ", 1 << 18))];
        foreach (IScanner scanner in (IScanner[])[new SecretScanner(), new PersonalDataScanner(), new HiddenCharacterScanner(), new CodeRiskScanner(unfenced: true)])
        {
            for (int i = 0; i < hard.Length; i++)
            {
                Stopwatch clock = Stopwatch.StartNew();
                Scan(scanner, hard[i]);
                Assert.True(clock.Elapsed < TimeSpan.FromSeconds(20), $"{scanner.GetType().Name} took {clock.Elapsed} for text {i}");
            }

            using CancellationTokenSource stopped = new();
            stopped.Cancel();
            Assert.Throws<OperationCanceledException>(() => scanner.Scan(new ScanInput("user", string.Concat(Enumerable.Repeat("a@b.c AKIA 12 \u200B\n", 200_000))), stopped.Token));
        }
    }

    private static IReadOnlyList<Finding> Scan(IScanner scanner, string text) => scanner.Scan(new ScanInput("user", text), CancellationToken.None);
}
