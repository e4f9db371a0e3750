using System.Runtime.InteropServices;

namespace Puna.Compute.Kv;

/// <summary>Asks the system to back memory by large pages: a long context otherwise misses the address cache at every step.</summary>
internal static unsafe partial class HugePages
{
    /// <summary>Size of a large page on x64, and a multiple of the usual sizes on ARM64.</summary>
    public const int Bytes = 2 << 20;

    private const int AdviceHugePage = 14; // MADV_HUGEPAGE

    /// <summary>Gives the hint for the whole large pages of a range aligned to <see cref="Bytes"/>; where there are none, it has no effect.</summary>
    public static void Advise(void* memory, long length)
    {
        length &= -(long)Bytes;
        if (length > 0 && OperatingSystem.IsLinux()) _ = Advise(memory, (nuint)length, AdviceHugePage);
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(void* address, nuint length, int advice);
}
