using System.CommandLine;
using System.Globalization;
using Puna.Cli.Usage;
using Puna.Server.Access;

namespace Puna.Cli.Commands;

/// <summary><c>puna keys</c>: makes, lists and revokes the API keys of a server.</summary>
internal static class KeysCommand
{
    private const string Timestamp = "yyyy-MM-dd HH:mm";

    internal static Command Create()
    {
        Option<string> file = new("--keys") { Description = "File of keys", DefaultValueFactory = _ => ApiKeyFile.DefaultPath, Recursive = true };
        Command command = new("keys", "Make, list and revoke the API keys of a server") { file, Add(file), List(file), Revoke(file) };
        return command;
    }

    private static Command Add(Option<string> file)
    {
        Argument<string> name = new("name") { Description = "What to call the key: who or what uses it" };
        Option<int?> requests = new("--requests-per-minute") { Description = "Most requests in a minute (default: no limit)" };
        Option<long?> tokens = new("--tokens-per-minute") { Description = "Most tokens, of prompts and answers, in a minute (default: no limit)" };
        Option<long?> daily = new("--tokens-per-day") { Description = "Most tokens, of prompts and answers, in a day (default: no limit)" };
        Command command = new("add", "Make a key and print it, once") { name, requests, tokens, daily };
        command.SetAction((parsed, _) => ExitCode.Guard(() =>
        {
            parsed.RequireAtLeast(1, requests, tokens, daily);
            ApiKeyFile keys = new(parsed.GetValue(file)!);
            string key = keys.Add(parsed.GetRequiredValue(name), k => k with
            {
                RequestsPerMinute = parsed.GetValue(requests),
                TokensPerMinute = parsed.GetValue(tokens),
                TokensPerDay = parsed.GetValue(daily),
            }, DateTimeOffset.UtcNow);
            Console.Out.WriteLine(key);
            Console.Error.WriteLine($"Keep it: it is not shown again. {keys.Path} holds only its hash; puna serve asks for keys from its next start.");
        }));
        return command;
    }

    private static Command List(Option<string> file)
    {
        Option<bool> json = new("--json") { Description = "Print a JSON object per key" };
        Command command = new("list", "List the keys, without their secrets") { json };
        command.SetAction((parsed, _) => ExitCode.Guard(() =>
        {
            IReadOnlyList<ApiKey> keys = new ApiKeyFile(parsed.GetValue(file)!).Read();
            foreach (ApiKey key in keys)
            {
                if (parsed.GetValue(json)) WriteJson(key);
                else Console.Out.WriteLine($"{key.Id}  {(key.Revoked is null ? "good   " : "revoked")}  {key.Created.UtcDateTime.ToString(Timestamp, CultureInfo.InvariantCulture)}  {TerminalText.Printable(key.Name)}{Limits(key)}");
            }

            if (keys.Count == 0) Console.Error.WriteLine($"There are no keys in {parsed.GetValue(file)}. Make one: puna keys add NAME.");
        }));
        return command;
    }

    private static Command Revoke(Option<string> file)
    {
        Argument<string> key = new("key") { Description = "Id or name of the key" };
        Command command = new("revoke", "Make a key no longer good; a running server notices within a second") { key };
        command.SetAction((parsed, _) => ExitCode.Guard(() =>
        {
            ApiKey revoked = new ApiKeyFile(parsed.GetValue(file)!).Revoke(parsed.GetRequiredValue(key), DateTimeOffset.UtcNow);
            Console.Out.WriteLine($"{revoked.Id} ({TerminalText.Printable(revoked.Name)}) is no longer good.");
        }));
        return command;
    }

    private static string Limits(ApiKey key)
    {
        List<string> limits = [];
        if (key.RequestsPerMinute is { } requests) limits.Add($"{requests} requests a minute");
        if (key.TokensPerMinute is { } minute) limits.Add($"{minute} tokens a minute");
        if (key.TokensPerDay is { } day) limits.Add($"{day} tokens a day");
        return limits.Count == 0 ? "" : $"  ({string.Join(", ", limits)})";
    }

    private static void WriteJson(ApiKey key) => JsonLine.Write(w =>
    {
        w.WriteString("id", key.Id);
        w.WriteString("name", key.Name);
        w.WriteString("created", key.Created);
        WriteIfAny("revoked", key.Revoked?.ToString("O", CultureInfo.InvariantCulture));
        WriteNumber("requests_per_minute", key.RequestsPerMinute);
        WriteNumber("tokens_per_minute", key.TokensPerMinute);
        WriteNumber("tokens_per_day", key.TokensPerDay);

        void WriteIfAny(string name, string? value)
        {
            if (value is null) w.WriteNull(name);
            else w.WriteString(name, value);
        }

        void WriteNumber(string name, long? value)
        {
            if (value is { } number) w.WriteNumber(name, number);
            else w.WriteNull(name);
        }
    });
}
