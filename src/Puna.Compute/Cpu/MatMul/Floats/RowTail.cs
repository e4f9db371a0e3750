using System.Runtime.CompilerServices;

namespace Puna.Compute.Cpu.MatMul.Floats;

/// <summary>The numbers after the last multiple of 16 of a row, padded with zeros.</summary>
internal static unsafe class RowTail
{
    [MethodImpl(MethodImplOptions.NoInlining)] // keeps the buffer out of the callers' frames
    internal static TLanes Load<TFormat, TLanes>(byte* source, int count)
        where TFormat : struct, IFloatFormat
        where TLanes : struct, ILanes16<TLanes>
    {
        float* padded = stackalloc float[16];
        for (int i = 0; i < 16; i++) padded[i] = i < count ? TFormat.Value(source + (i * TFormat.Bytes)) : 0f;
        return TLanes.Load(padded);
    }
}
