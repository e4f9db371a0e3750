using System.CommandLine.Parsing;
using System.Text.Json;
using ModelContextProtocol;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;
using Puna.Chat.Tools;

namespace Puna.Cli.Tools;

/// <summary>Tools of MCP servers, each a process that ends with this. Nothing is called but what the model asks for.</summary>
internal sealed class ToolBox : IAsyncDisposable
{
    private readonly List<McpClient> _servers = [];
    private readonly Dictionary<string, McpClientTool> _tools = new(StringComparer.Ordinal);
    private readonly List<JsonElement> _definitions = [];

    /// <summary>Names of the tools.</summary>
    internal IReadOnlyCollection<string> Names => _tools.Keys;

    /// <summary>Definitions for the chat template.</summary>
    internal IReadOnlyList<JsonElement> Definitions => _definitions;

    /// <summary>Tools that cannot be offered, and why.</summary>
    internal List<string> Refused { get; } = [];

    /// <summary>Starts servers and asks them what they offer.</summary>
    /// <param name="commands">A command line each.</param>
    /// <param name="cancellation">Gives up waiting.</param>
    /// <exception cref="UsageException">A server does not start, or does not speak the protocol.</exception>
    internal static async Task<ToolBox> StartAsync(IEnumerable<string> commands, CancellationToken cancellation)
    {
        ToolBox box = new();
        try
        {
            foreach (string command in commands) await box.AddAsync(command, cancellation).ConfigureAwait(false);
            return box;
        }
        catch
        {
            await box.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Carries a call out.</summary>
    /// <returns>What the model is told; a failure in words, so that it can go on.</returns>
    internal async Task<string> CallAsync(ToolCall call, CancellationToken cancellation)
    {
        try
        {
            Dictionary<string, object?> arguments = call.Arguments.EnumerateObject().ToDictionary(a => a.Name, a => (object?)a.Value);
            CallToolResult result = await _tools[call.Name].CallAsync(arguments, cancellationToken: cancellation).ConfigureAwait(false);
            string text = string.Join('\n', result.Content.Select(c => c is TextContentBlock words ? words.Text : $"[{c.Type}, which this model cannot read]"));
            return result.IsError == true ? $"Error: {text}" : text;
        }
        catch (Exception error) when (error is McpException or IOException or InvalidOperationException)
        {
            return $"Error: {error.Message}";
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (McpClient server in _servers) await server.DisposeAsync().ConfigureAwait(false);
    }

    private async Task AddAsync(string command, CancellationToken cancellation)
    {
        string[] words = [.. CommandLineParser.SplitCommandLine(command)];
        if (words.Length == 0) throw new UsageException("--mcp: name the command that starts a tool server.");

        StdioClientTransport transport = new(new StdioClientTransportOptions { Command = words[0], Arguments = words[1..], Name = words[0] });
        try
        {
            McpClient server = await McpClient.CreateAsync(transport, new McpClientOptions { ClientInfo = new Implementation { Name = "puna", Version = typeof(ToolBox).Assembly.GetName().Version!.ToString(3) } }, cancellationToken: cancellation).ConfigureAwait(false);
            _servers.Add(server);
            foreach (McpClientTool tool in await server.ListToolsAsync(cancellationToken: cancellation).ConfigureAwait(false)) Add(tool);
        }
        catch (Exception error) when (error is not OperationCanceledException && !cancellation.IsCancellationRequested)
        {
            throw new UsageException($"--mcp {command}: this does not start a tool server. {error.Message}");
        }
    }

    private void Add(McpClientTool tool)
    {
        try
        {
            ToolDefinition definition = new(tool.Name, tool.Description, tool.JsonSchema);
            if (!_tools.TryAdd(definition.Name, tool)) Refused.Add($"{tool.Name}: there is a tool of that name already.");
            else _definitions.Add(definition.ToJson());
        }
        catch (ToolDefinitionException error)
        {
            Refused.Add($"{tool.Name}: {error.Message}");
        }
    }
}
