using System.Net;

namespace Puna.Cli.Serving;

/// <summary>Where a server listens.</summary>
/// <param name="Address">Address of the interface; null for localhost, in both versions of IP.</param>
/// <param name="Port">Port; 0 for a free one.</param>
internal sealed record ListenAddress(IPAddress? Address, int Port)
{
    /// <summary>Only programs of this machine can connect.</summary>
    internal bool IsLoopback => Address is null || IPAddress.IsLoopback(Address);

    internal string Host => Address switch
    {
        null => "localhost",
        { AddressFamily: System.Net.Sockets.AddressFamily.InterNetworkV6 } => $"[{Address}]",
        _ => Address.ToString(),
    };

    /// <summary>Host names that requests may call it by; empty for any. A page whose name was made to point here must not be served as if it were ours.</summary>
    internal IReadOnlyCollection<string> AllowedHosts => IsLoopback ? ["localhost", "127.0.0.1", "[::1]", Host] : [];

    internal static ListenAddress Parse(string host, int port)
    {
        if (port is < 0 or > 65535) throw new UsageException($"--port {port}: 0 to 65535 are possible.");
        IPAddress? address = host switch
        {
            "localhost" => null,
            "*" => IPAddress.IPv6Any,
            _ => IPAddress.TryParse(host.Trim('[', ']'), out IPAddress? parsed) ? parsed : throw new UsageException($"--host {host}: give an address of this machine, localhost, or * for all of them."),
        };
        return address is null && port == 0 ? new ListenAddress(IPAddress.Loopback, 0) : new ListenAddress(address, port); // two interfaces would get two free ports
    }
}
