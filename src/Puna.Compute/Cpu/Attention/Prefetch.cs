using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Puna.Compute.Cpu.Attention;

/// <summary>Asks for cache lines ahead of their use. A hint: it never faults, and does nothing where there is no such instruction.</summary>
internal static unsafe class Prefetch
{
    private const int LineBytes = 64;

    /// <summary>Asks for the lines of <paramref name="bytes"/> bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Lines(byte* address, int bytes)
    {
        if (!Sse.IsSupported) return;

        Sse.Prefetch0(address);
        if (bytes > LineBytes) Sse.Prefetch0(address + LineBytes);
        if (bytes > 2 * LineBytes) Sse.Prefetch0(address + (2 * LineBytes));
        if (bytes > 3 * LineBytes) Sse.Prefetch0(address + (3 * LineBytes));
    }
}
