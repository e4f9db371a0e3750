using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Puna.Compute.Cpu.MatMul.Formats;

namespace Puna.Compute.Cpu.MatMul.Blocks;

/// <summary>Unpacks 16 weight rows from file layout to a <see cref="WeightPanel"/>.</summary>
internal static unsafe class PanelPacker<TFormat, TInt8>
    where TFormat : struct, IBlockFormat
    where TInt8 : struct, IInt8Instructions
{
    private const int Half = 8;

    /// <summary>Unpacks rows [firstRow, firstRow + count); the panel's missing rows repeat the last one.</summary>
    internal static void Pack(in MatrixProduct product, int firstRow, int count, byte* panel)
    {
        byte** rows = stackalloc byte*[WeightPanel.Rows];
        sbyte* quants = stackalloc sbyte[Half * TFormat.BlockLength];
        for (int r = 0; r < WeightPanel.Rows; r++) rows[r] = product.Weight + ((firstRow + Math.Min(r, count - 1)) * product.RowStride);

        int blocks = product.K / TFormat.BlockLength;
        long offset = 0;
        for (int b = 0; b < blocks; b++, offset += TFormat.BlockBytes, panel += WeightPanel<TFormat>.Bytes)
        {
            for (int half = 0; half < WeightPanel.Rows; half += Half)
            {
                PackQuants(rows + half, offset, quants, panel + (half * sizeof(int)));
                HalfScales.Gather(rows + half, offset + TFormat.ScaleOffset).Store((float*)(panel + WeightPanel<TFormat>.ScaleOffset) + half);
                if (TFormat.HasMins) HalfScales.Gather(rows + half, offset + TFormat.MinScaleOffset).Store((float*)(panel + WeightPanel<TFormat>.MinScaleOffset) + half);
            }

            PackStarts(panel);
            if (WeightPanel<TFormat>.HasSubScales) PackSubScales(rows, offset, panel);
            else if (TFormat.HasMins) new Span<int>(panel + WeightPanel<TFormat>.MinsOffset, WeightPanel.Rows).Fill(0x0001_0001); // m = 1 for both stretches of 16
        }
    }

    /// <summary>Quants of eight rows, four of a row in every lane.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)] // a root of its own: the inliner has a budget for each root
    private static void PackQuants(byte** rows, long offset, sbyte* quants, byte* panel)
    {
        for (int r = 0; r < Half; r++)
        {
            byte* block = rows[r] + offset;
            sbyte* q = quants + (r * TFormat.BlockLength);
            Unpack(block, 0, q);
            if (TFormat.BlockLength == 32) continue;

            Unpack(block, 1, q);
            Unpack(block, 2, q);
            Unpack(block, 3, q);
            Unpack(block, 4, q);
            Unpack(block, 5, q);
            Unpack(block, 6, q);
            Unpack(block, 7, q);
        }

        for (int part = 0; part < TFormat.BlockLength / 32; part++)
            TInt8.Transpose8((int*)(quants + (32 * part)), TFormat.BlockLength / 4, (int*)panel + (part * 8 * WeightPanel.Rows), WeightPanel.Rows);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Unpack(byte* block, int part, sbyte* quants) =>
        (TFormat.Raw(block, part) - Vector256.Create((sbyte)TFormat.ZeroPoint)).Store(quants + (32 * part));

    /// <summary>-128 Σ quants of each part and row.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void PackStarts(byte* panel)
    {
        sbyte* w = (sbyte*)panel;
        int* starts = (int*)(panel + WeightPanel<TFormat>.StartsOffset);
        for (int part = 0; part < WeightPanel<TFormat>.Parts; part++, starts += WeightPanel.Rows)
        {
            Vector256<int> low = Vector256<int>.Zero, high = Vector256<int>.Zero;
            for (int k = 0; k < TFormat.SubLength / 4; k++, w += 4 * WeightPanel.Rows)
            {
                low = TInt8.Dot4Small(low, Vector256<byte>.One, Vector256.Load(w));
                high = TInt8.Dot4Small(high, Vector256<byte>.One, Vector256.Load(w + 32));
            }

            (-(low << 7)).Store(starts);
            (-(high << 7)).Store(starts + Half);
        }
    }

    private static void PackSubScales(byte** rows, long offset, byte* panel)
    {
        const int Stretches = 16;
        short* values = stackalloc short[Stretches];
        int* scales = (int*)(panel + WeightPanel<TFormat>.ScalesOffset);
        short* mins = (short*)(panel + WeightPanel<TFormat>.MinsOffset);
        for (int r = 0; r < WeightPanel.Rows; r++)
        {
            TFormat.SubScales(rows[r] + offset).Store(values);
            for (int part = 0; part < WeightPanel<TFormat>.Parts; part++) scales[(part * WeightPanel.Rows) + r] = values[Index(part)];
            if (!TFormat.HasMins) continue;

            TFormat.SubMins(rows[r] + offset).Store(values);
            for (int part = 0; part < WeightPanel<TFormat>.Parts; part++)
                mins[(((part / 2 * WeightPanel.Rows) + r) * 2) + (part % 2)] = values[Index(part)];
        }
    }

    /// <summary>Where the vector of sub-scales holds a part: in order for parts of 32, even and odd apart for parts of 16.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Index(int part) => TFormat.SubLength == 32 ? part : (part / 2) + (part % 2 * 8);
}
