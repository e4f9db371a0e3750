using Puna.Compute;
using Puna.Compute.Cpu;
using Puna.Compute.Reference;

namespace Puna.Backend.Tests;

/// <summary>The backends that the op suite runs on.</summary>
internal static class Backends
{
    /// <summary>Names that <see cref="Create"/> knows.</summary>
    public static readonly string[] Names = ["reference", "cpu, 1 thread", "cpu, 2 threads", "cpu, 3 threads"];

    /// <summary>Names as theory rows.</summary>
    public static TheoryData<string> All => [.. Names];

    public static IBackend Create(string name) =>
        name == "reference" ? new ReferenceBackend() : new CpuBackend(new CpuBackendOptions { Threads = name["cpu, ".Length] - '0' });
}
