using System.Runtime.InteropServices;

namespace Puna.Compute.Cpu.Assembler;

/// <summary>Pages of Windows: VirtualAlloc, VirtualProtect.</summary>
internal sealed unsafe partial class WindowsCodePages : ICodePages
{
    private const uint CommitAndReserve = 0x3000, Release = 0x8000, ReadWrite = 0x04, ExecuteRead = 0x20;

    public nuint PageSize => (nuint)Environment.SystemPageSize;

    public nint Map(nuint bytes) => VirtualAlloc(0, bytes, CommitAndReserve, ReadWrite);

    public bool Seal(nint address, nuint bytes) => VirtualProtect(address, bytes, ExecuteRead, out _) != 0;

    public void Unmap(nint address, nuint bytes) => _ = VirtualFree(address, 0, Release);

    [LibraryImport("kernel32")]
    private static partial nint VirtualAlloc(nint address, nuint size, uint kind, uint protection);

    [LibraryImport("kernel32")]
    private static partial int VirtualProtect(nint address, nuint size, uint protection, out uint former);

    [LibraryImport("kernel32")]
    private static partial int VirtualFree(nint address, nuint size, uint kind);
}
