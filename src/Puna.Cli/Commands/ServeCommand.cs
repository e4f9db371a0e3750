using System.CommandLine;
using Puna.Cli.Serving;
using Puna.Safety.Audit;
using Puna.Server.Access;

namespace Puna.Cli.Commands;

/// <summary><c>puna serve</c>: the model behind HTTP.</summary>
internal static class ServeCommand
{
    private const int MaxSeconds = 1_000_000;

    internal const string Name = "serve";

    internal static Command Create()
    {
        Command command = new(Name, "Serve models over HTTP: a chat page and the OpenAI API");
        ModelOptions modelOptions = new(command, chats: true, modelIsOptional: true);
        Option<string> host = new("--host") { Description = "Address to listen on; * for all of this machine's", DefaultValueFactory = _ => "127.0.0.1" };
        Option<int> port = new("--port") { Description = "Port to listen on; 0 for a free one", DefaultValueFactory = _ => 8080 };
        Option<string[]> also = new("--also") { Description = "A further model, [NAME=]PATH, loaded when a request names it; or a folder of models. May be given several times" };
        Option<double?> modelMemory = new("--model-memory") { Description = "Most GiB of loaded models with their caches; models make room for each other (default: no limit)" };
        Option<int> unload = new("--unload-after") { Description = "Seconds without a request after which a model that was loaded on demand is unloaded; 0 for never", DefaultValueFactory = _ => 300 };
        Option<string?> id = new("--id") { Description = "Name of the model in requests (default: the file's name)" };
        Option<string[]> alias = new("--alias") { Description = "A further name of the model; may be given several times" };
        Option<int> parallel = new("--parallel") { Description = "Requests computed at once; others wait in line", DefaultValueFactory = _ => 8 };
        Option<int> retain = new("--retain") { Description = "Finished conversations whose cache is kept", DefaultValueFactory = _ => 8 };
        Option<int> queue = new("--max-queue") { Description = "Requests that may wait in line", DefaultValueFactory = _ => 256 };
        Option<double?> kvMemory = new("--kv-memory") { Description = "Most GiB of KV cache (default: no limit)" };
        Option<int> timeout = new("--request-timeout") { Description = "Most seconds for a request; 0 for no limit", DefaultValueFactory = _ => 600 };
        Option<int> body = new("--max-body") { Description = "Most MiB of a request", DefaultValueFactory = _ => 32 };
        Option<int> drain = new("--drain") { Description = "Seconds that requests under way may take to end when the server stops", DefaultValueFactory = _ => 30 };
        Option<string?> data = new("--data") { Description = "Folder to keep files and batches in (default: none are taken)" };
        Option<string?> keys = new("--keys") { Description = $"File of API keys (default: {ApiKeyFile.DefaultPath}, where it has any)" };
        Option<bool> open = new("--allow-public-without-keys") { Description = "Let whoever reaches a public address use the model" };
        Option<string?> tlsCertificate = new("--tls-cert") { Description = $"Certificate to serve HTTPS with: PEM, or PKCS #12 (.pfx; its password in {TlsFiles.PasswordVariable})" };
        Option<string?> tlsKey = new("--tls-key") { Description = "Key of a PEM certificate, where it is in a file of its own" };
        Option<string[]> cors = new("--cors") { Description = "Web origin whose pages may call the server, such as https://example.org; may be given several times" };
        Option<string?> policy = new("--policy") { Description = "Safety policy around every answer, a JSON file; it may change while the server runs" };
        Option<string?> audit = new("--audit") { Description = "Folder to record the policy's decisions in" };
        Option<int> excerpt = new("--audit-excerpt") { Description = "Characters of each judged text to record, with what was found replaced", DefaultValueFactory = _ => 0 };
        foreach (Option option in (Option[])[policy, audit, excerpt, host, port, also, modelMemory, unload, id, alias, parallel, retain, queue, kvMemory, timeout, body, drain, data, keys, open, tlsCertificate, tlsKey, cors]) command.Add(option);

        command.SetAction((parsed, cancellation) => ExitCode.Guard(async () =>
        {
            if (parsed.GetValue(policy) is null && parsed.GetValue(audit) is not null) throw new UsageException("--audit records the decisions of a policy; give --policy, too.");
            if (parsed.GetValue(audit) is null && parsed.GetValue(excerpt) != 0) throw new UsageException("--audit-excerpt is about the records of --audit; give that, too.");
            using ServedSafety? safety = parsed.GetValue(policy) is { } file ? new ServedSafety(file, parsed.GetValue(audit), new AuditOptions { ExcerptCharacters = Between(parsed, excerpt, 0, 65536) }) : null;
            ServeSettings settings = new()
            {
                Safety = safety?.Guard,
                Address = ListenAddress.Parse(parsed.GetValue(host)!, parsed.GetValue(port)),
                Certificate = TlsFiles.Load(parsed.GetValue(tlsCertificate), parsed.GetValue(tlsKey)),
                DataFolder = parsed.GetValue(data),
                KeyFile = KeyFile(parsed.GetValue(keys)),
                Models = Models(modelOptions.PathOf(parsed), parsed.GetValue(id), parsed.GetValue(alias) ?? [], parsed.GetValue(also) ?? []),
                ModelOptions = modelOptions.Read(parsed) with
                {
                    MaxSequences = Between(parsed, parallel, 1, int.MaxValue),
                    RetainedSequences = Between(parsed, retain, 0, int.MaxValue),
                    KvMemoryLimit = Gibibytes(parsed, kvMemory),
                },
                MemoryBudget = Gibibytes(parsed, modelMemory),
                UnloadIdleAfter = Between(parsed, unload, 0, MaxSeconds) is > 0 and int idle ? TimeSpan.FromSeconds(idle) : null,
                AllowedOrigins = [.. (parsed.GetValue(cors) ?? []).Select(Origin)],
                MaxWaiting = Between(parsed, queue, 0, int.MaxValue),
                RequestTimeout = Between(parsed, timeout, 0, MaxSeconds) is > 0 and int seconds ? TimeSpan.FromSeconds(seconds) : null,
                MaxBodyBytes = (long)Between(parsed, body, 1, 1024) << 20,
                Drain = TimeSpan.FromSeconds(Between(parsed, drain, 0, MaxSeconds)),
            };
            RefuseOpenDoor(settings, parsed.GetValue(open));
            await new PunaHost(settings).RunAsync((url, models) => ServeBanner.Write(Console.Out, models, settings, url), cancellation).ConfigureAwait(false);
        }));
        return command;
    }

    /// <summary>The model that was given, and those beside it.</summary>
    private static IReadOnlyList<ServedFile> Models(string path, string? id, string[] aliases, string[] also) =>
        [new ServedFile(path, id, OnDemand: false) { Aliases = aliases }, .. also.Select(ServedFile.Parse)];

    private static long? Gibibytes(ParseResult parsed, Option<double?> option) => parsed.GetValue(option) switch
    {
        null => null,
        > 0 and < 1e6 and { } gibibytes => (long)(gibibytes * ByteSize.GiB),
        { } other => throw new UsageException($"{option.Name} {other}: a size in GiB is needed, such as 8."),
    };

    /// <summary>The file of keys: the one named, which must have a good key, or the default one where it has any key.</summary>
    private static string? KeyFile(string? named)
    {
        string path = named ?? ApiKeyFile.DefaultPath;
        IReadOnlyList<ApiKey> keys = new ApiKeyFile(path).Read();
        if (named is not null && !keys.Any(k => k.Revoked is null)) throw new UsageException($"--keys {named}: there is no good key in it. Make one: puna keys add NAME --keys {named}.");
        return keys.Count > 0 ? path : null;
    }

    private static void RefuseOpenDoor(ServeSettings settings, bool allowed)
    {
        if (settings.Address.IsLoopback || settings.KeyFile is not null || allowed) return;

        throw new UsageException($"--host {settings.Address.Host} lets other machines connect, and no key is asked for. Make a key first (puna keys add NAME), or say --allow-public-without-keys to let anyone use the model.");
    }

    private static string Origin(string given) =>
        Uri.TryCreate(given, UriKind.Absolute, out Uri? uri) && uri.Scheme is "http" or "https" && given == uri.GetLeftPart(UriPartial.Authority)
            ? given
            : throw new UsageException($"--cors {given}: give an origin, scheme and host without a path, such as https://example.org.");

    private static int Between(ParseResult parsed, Option<int> option, int least, int most)
    {
        int value = parsed.GetValue(option);
        return value < least ? throw new UsageException($"{option.Name} {value}: at least {least} is needed.")
            : value > most ? throw new UsageException($"{option.Name} {value}: at most {most} is possible.")
            : value;
    }
}
