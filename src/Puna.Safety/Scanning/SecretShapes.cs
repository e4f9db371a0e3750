namespace Puna.Safety.Scanning;

/// <summary>A token that its prefix tells of.</summary>
/// <param name="Category">Name in policies.</param>
/// <param name="Prefix">First characters.</param>
/// <param name="Least">Fewest characters behind the prefix.</param>
/// <param name="Most">Most characters behind the prefix.</param>
/// <param name="Fits">What those characters may be.</param>
internal sealed record SecretShape(string Category, string Prefix, int Least, int Most, Func<char, bool> Fits);

/// <summary>Shapes of keys that services give out, and names that secrets are assigned to.</summary>
internal static class SecretShapes
{
    internal static readonly SecretShape[] All =
    [
        new("aws-key", "AKIA", 16, 16, UpperOrDigit), new("aws-key", "ASIA", 16, 16, UpperOrDigit),
        new("github-token", "ghp_", 36, 255, Alphanumeric), new("github-token", "gho_", 36, 255, Alphanumeric), new("github-token", "ghu_", 36, 255, Alphanumeric),
        new("github-token", "ghs_", 36, 255, Alphanumeric), new("github-token", "ghr_", 36, 255, Alphanumeric), new("github-token", "github_pat_", 60, 255, Word),
        new("gitlab-token", "glpat-", 20, 64, Url),
        new("slack-token", "xoxb-", 20, 255, Url), new("slack-token", "xoxp-", 20, 255, Url), new("slack-token", "xoxa-", 20, 255, Url), new("slack-token", "xoxr-", 20, 255, Url), new("slack-token", "xapp-", 20, 255, Url),
        new("google-key", "AIza", 35, 35, Url), new("google-key", "ya29.", 20, 1024, Url),
        new("anthropic-key", "sk-ant-", 24, 255, Url), new("openai-key", "sk-proj-", 24, 255, Url), new("openai-key", "sk-svcacct-", 24, 255, Url), new("openai-key", "sk-", 32, 255, Alphanumeric),
        new("hugging-face-token", "hf_", 30, 64, Alphanumeric),
        new("stripe-key", "sk_live_", 16, 255, Alphanumeric), new("stripe-key", "rk_live_", 16, 255, Alphanumeric), new("stripe-key", "whsec_", 24, 255, Alphanumeric),
        new("sendgrid-key", "SG.", 40, 100, UrlOrDot), new("twilio-key", "SK", 32, 32, Hex), new("npm-token", "npm_", 36, 36, Alphanumeric), new("pypi-token", "pypi-AgE", 40, 512, Url),
        new("age-key", "AGE-SECRET-KEY-1", 50, 64, UpperOrDigit), new("puna-key", "puna-", 73, 73, Url),
    ];

    internal static readonly string[] Names =
    [
        "password", "passwd", "passphrase", "pwd", "secret", "api_key", "apikey", "api-key", "access_key", "access-key", "accesskey", "auth_token", "auth-token", "authtoken",
        "access_token", "accesstoken", "private_key", "client_secret", "connectionstring", "connection_string", "accountkey",
    ];

    private static bool UpperOrDigit(char c) => char.IsAsciiLetterUpper(c) || char.IsAsciiDigit(c);

    private static bool Alphanumeric(char c) => char.IsAsciiLetterOrDigit(c);

    private static bool Word(char c) => char.IsAsciiLetterOrDigit(c) || c == '_';

    private static bool Url(char c) => char.IsAsciiLetterOrDigit(c) || c is '_' or '-';

    private static bool UrlOrDot(char c) => Url(c) || c == '.';

    private static bool Hex(char c) => char.IsAsciiHexDigitLower(c);
}
