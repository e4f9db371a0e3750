using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Puna.Tests;
using Puna.Tests.Formats;
using Puna.Tests.Models;

namespace Puna.Host.Tests.Cli;

public sealed class ServeTests(TinyModelFolder models) : IClassFixture<TinyModelFolder>, IDisposable
{
    private const string Hello = """{"messages": [{"role": "user", "content": "hello"}], "max_tokens": 5, "temperature": 0}""";

    private readonly TemporaryFolder _folder = new();

    private CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Says_where_it_is_and_how_to_ask_and_answers_there()
    {
        using ServingProcess server = await StartAsync();

        Assert.Contains($"curl {server.Url}v1/chat/completions", server.Banner, StringComparison.Ordinal);
        Assert.Contains("only programs of this machine", server.Banner, StringComparison.Ordinal);
        Assert.Contains("\"choices\"", await PostAsync(server, HttpStatusCode.OK), StringComparison.Ordinal);
        Assert.Contains("<title>Puna</title>", await server.Http.GetStringAsync("/", Cancellation), StringComparison.Ordinal);
        Assert.Contains("puna_tokens_total", await server.Http.GetStringAsync("/metrics", Cancellation), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await server.Http.GetAsync("/ui/../appsettings.json", Cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await server.Http.GetAsync("/ui/%2e%2e/%2e%2e/etc/passwd", Cancellation)).StatusCode);
    }

    [Fact]
    public async Task Measurements_and_spans_go_where_OpenTelemetry_s_variable_points()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no SIGTERM");
        using TcpListener free = new(IPAddress.Loopback, 0);
        free.Start();
        string collector = $"http://127.0.0.1:{((IPEndPoint)free.LocalEndpoint).Port}";
        free.Stop();
        using HttpListener listener = new() { Prefixes = { collector + "/" } };
        listener.Start();
        using ServingProcess server = await ServingProcess.StartAsync([("OTEL_EXPORTER_OTLP_ENDPOINT", collector), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")], models.Llama4);
        await PostAsync(server, HttpStatusCode.OK);
        server.Terminate(); // it sends what it has

        HashSet<string> paths = [];
        while (paths.Count < 2)
        {
            HttpListenerContext sent = await listener.GetContextAsync().WaitAsync(TimeSpan.FromSeconds(30), Cancellation);
            paths.Add(sent.Request.Url!.AbsolutePath);
            sent.Response.Close();
        }

        Assert.Equal(["/v1/metrics", "/v1/traces"], paths.Order());
    }

    [Fact]
    public async Task Told_to_end_it_finishes_what_is_under_way()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no SIGTERM");
        using ServingProcess server = await StartAsync("--context", "100000");
        using HttpRequestMessage request = new(HttpMethod.Post, "v1/chat/completions")
        {
            Content = new StringContent("""{"messages": [{"role": "user", "content": "hello"}], "max_tokens": 1500, "ignore_eos": true, "stream": true}""", Encoding.UTF8, "application/json"),
        };
        using HttpResponseMessage response = await server.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancellation);
        using StreamReader reader = new(await response.Content.ReadAsStreamAsync(Cancellation));
        await reader.ReadLineAsync(Cancellation);

        server.Terminate();

        string rest = await reader.ReadToEndAsync(Cancellation);
        Assert.Contains("\"finish_reason\":\"length\"", rest, StringComparison.Ordinal);
        Assert.EndsWith("data: [DONE]\n\n", rest, StringComparison.Ordinal);
        (int exitCode, string errors) = await server.EndAsync();
        Assert.Equal(0, exitCode);
        Assert.Contains("puna: stopping.", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Told_to_end_it_does_not_wait_for_ever()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no SIGTERM");
        using ServingProcess server = await StartAsync("--context", "100000000", "--drain", "1");
        using HttpRequestMessage request = new(HttpMethod.Post, "v1/chat/completions")
        {
            Content = new StringContent("""{"messages": [{"role": "user", "content": "hello"}], "ignore_eos": true, "stream": true}""", Encoding.UTF8, "application/json"),
        };
        using HttpResponseMessage response = await server.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancellation);

        server.Terminate();

        Assert.Equal(0, (await server.EndAsync()).ExitCode);
    }

    [Fact]
    public async Task A_request_under_a_foreign_name_or_for_a_foreign_page_is_turned_away()
    {
        using ServingProcess server = await StartAsync("--cors", "https://friend.example");
        using HttpRequestMessage foreignName = new(HttpMethod.Get, "v1/models") { Headers = { Host = "evil.example" } };
        using HttpRequestMessage foreignPage = new(HttpMethod.Get, "v1/models") { Headers = { { "Origin", "https://evil.example" } } };
        using HttpRequestMessage friend = new(HttpMethod.Get, "v1/models") { Headers = { { "Origin", "https://friend.example" } } };
        using HttpRequestMessage own = new(HttpMethod.Get, "v1/models") { Headers = { { "Origin", server.Url.GetLeftPart(UriPartial.Authority) } } };

        Assert.Equal(HttpStatusCode.MisdirectedRequest, (await server.Http.SendAsync(foreignName, Cancellation)).StatusCode);
        HttpResponseMessage refused = await server.Http.SendAsync(foreignPage, Cancellation);
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        Assert.False(refused.Headers.Contains("Access-Control-Allow-Origin"));
        HttpResponseMessage allowed = await server.Http.SendAsync(friend, Cancellation);
        Assert.Equal(HttpStatusCode.OK, allowed.StatusCode);
        Assert.Equal(["https://friend.example"], allowed.Headers.GetValues("Access-Control-Allow-Origin"));
        Assert.Equal(HttpStatusCode.OK, (await server.Http.SendAsync(own, Cancellation)).StatusCode);
    }

    [Fact]
    public async Task Keys_are_made_asked_for_and_revoked_while_it_runs()
    {
        string file = _folder["keys.json"];
        PunaCommand.Result made = PunaCommand.Run("keys", "add", "laptop", "--keys", file);
        string key = made.Done().Trim();
        Assert.DoesNotContain(key, File.ReadAllText(file), StringComparison.Ordinal);
        if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        Assert.Contains("already", PunaCommand.Run("keys", "add", "laptop", "--keys", file).Refused(2), StringComparison.Ordinal);
        Assert.Equal("laptop", PunaCommand.Run("keys", "list", "--keys", file, "--json").Json().GetProperty("name").GetString());

        using ServingProcess server = await ServingProcess.StartAsync(models.Llama4, "--keys", file, "--host", "0.0.0.0");
        Uri loopback = new($"http://127.0.0.1:{server.Url.Port}/");
        using HttpClient http = new() { BaseAddress = loopback };
        Assert.Contains("WARNING: without --tls-cert", server.Banner, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Unauthorized, (await http.GetAsync("v1/models", Cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await http.GetAsync("metrics", Cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("health", Cancellation)).StatusCode);
        http.DefaultRequestHeaders.Authorization = new("Bearer", key);
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("v1/models", Cancellation)).StatusCode);

        PunaCommand.Run("keys", "revoke", "laptop", "--keys", file).Done();
        // It looks once a second.
        await Eventually.HoldsAsync(async () => (await http.GetAsync("v1/models", Cancellation)).StatusCode == HttpStatusCode.Unauthorized, () => "the revoked key is still good");
        Assert.Contains("no key", PunaCommand.Run("keys", "revoke", "laptop", "--keys", file).Refused(2), StringComparison.Ordinal);
    }

    [Fact]
    public void A_public_address_without_keys_has_to_be_asked_for_twice()
    {
        string line = PunaCommand.Run(["serve", models.Llama, "--host", "0.0.0.0", "--port", "0"]).Refused(2);

        Assert.Contains("--allow-public-without-keys", line, StringComparison.Ordinal);
        Assert.Contains("puna keys add", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_public_address_that_was_asked_for_twice_is_served_with_a_warning()
    {
        using ServingProcess server = await ServingProcess.StartAsync(models.Llama4, "--host", "0.0.0.0", "--allow-public-without-keys");

        Assert.Contains("WHOEVER REACHES THIS ADDRESS", server.Banner, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Https_is_served_with_a_certificate()
    {
        using RSA rsa = RSA.Create(2048);
        CertificateRequest request = new("CN=localhost", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using X509Certificate2 certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        string pem = _folder.Write("cert.pem", Encoding.ASCII.GetBytes(certificate.ExportCertificatePem()));
        string key = _folder.Write("key.pem", Encoding.ASCII.GetBytes(rsa.ExportPkcs8PrivateKeyPem()));

        using ServingProcess server = await StartAsync("--tls-cert", pem, "--tls-key", key);

        Assert.Equal("https", server.Url.Scheme);
        Assert.Contains("\"choices\"", await PostAsync(server, HttpStatusCode.OK), StringComparison.Ordinal);
        Assert.Contains("cannot be read", PunaCommand.Run("serve", models.Llama, "--tls-cert", pem, "--tls-key", pem).Refused(2), StringComparison.Ordinal);
    }

    [Fact]
    public void A_port_in_use_is_a_failure_that_names_it()
    {
        using TcpListener other = new(IPAddress.Loopback, 0);
        other.Start();
        int port = ((IPEndPoint)other.LocalEndpoint).Port;

        Assert.Contains($"port {port} of 127.0.0.1 is in use", PunaCommand.Run("serve", models.Llama, "--port", $"{port}").Refused(1), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_that_sends_too_slowly_is_cut_off_and_others_are_served()
    {
        using ServingProcess server = await StartAsync();
        using TcpClient slow = new();
        await slow.ConnectAsync(server.Url.Host, server.Url.Port, Cancellation);
        NetworkStream stream = slow.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"POST /v1/chat/completions HTTP/1.1\r\nHost: {server.Url.Authority}\r\nContent-Length: 1000\r\n\r\n{{"), Cancellation);

        Assert.Contains("\"choices\"", await PostAsync(server, HttpStatusCode.OK), StringComparison.Ordinal);
        using StreamReader reader = new(stream);
        string reply = await reader.ReadToEndAsync(Cancellation).WaitAsync(TimeSpan.FromSeconds(30), Cancellation);

        Assert.StartsWith("HTTP/1.1 408", reply, StringComparison.Ordinal);
        Assert.Contains("too slowly", reply, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_log_tells_requests_and_not_what_they_say()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no SIGTERM");
        using ServingProcess server = await StartAsync();
        using StringContent body = new("""{"messages": [{"role": "user", "content": "my secret is xyzzy"}], "max_tokens": 2}""");
        await server.Http.PostAsync("v1/chat/completions", body, Cancellation);

        server.Terminate();

        string errors = (await server.EndAsync()).Errors;
        Assert.Contains("POST /v1/chat/completions 200", errors, StringComparison.Ordinal);
        Assert.DoesNotContain("xyzzy", errors, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private Task<ServingProcess> StartAsync(params string[] arguments) => ServingProcess.StartAsync(models.Llama4, arguments);

    private async Task<string> PostAsync(ServingProcess server, HttpStatusCode expected)
    {
        using StringContent body = new(Hello, Encoding.UTF8, "application/json");
        using HttpResponseMessage response = await server.Http.PostAsync("v1/chat/completions", body, Cancellation);
        string reply = await response.Content.ReadAsStringAsync(Cancellation);
        Assert.True(response.StatusCode == expected, $"{response.StatusCode}: {reply}");
        return reply;
    }
}
