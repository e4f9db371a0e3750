using System.Runtime.InteropServices;

namespace Puna.Compute.Cpu.Assembler;

/// <summary>Pages of Linux and macOS: mmap, mprotect.</summary>
internal sealed unsafe partial class UnixCodePages : ICodePages
{
    private const int Read = 1, Write = 2, Execute = 4;
    private const int Private = 2;
    private const nint Failed = -1;

    private static int Anonymous => OperatingSystem.IsLinux() ? 0x20 : 0x1000;

    public nuint PageSize => (nuint)Environment.SystemPageSize;

    public nint Map(nuint bytes)
    {
        nint address = MapMemory(0, bytes, Read | Write, Private | Anonymous, -1, 0);
        return address == Failed ? 0 : address;
    }

    public bool Seal(nint address, nuint bytes) => ProtectMemory(address, bytes, Read | Execute) == 0;

    public void Unmap(nint address, nuint bytes) => _ = UnmapMemory(address, bytes);

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial nint MapMemory(nint address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "mprotect")]
    private static partial int ProtectMemory(nint address, nuint length, int protection);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int UnmapMemory(nint address, nuint length);
}
