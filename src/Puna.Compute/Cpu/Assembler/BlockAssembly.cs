using Puna.Tensors;

namespace Puna.Compute.Cpu.Assembler;

/// <summary>The three kernels of a weight format: rows for few tokens, packing and panels for many.</summary>
internal sealed class BlockAssembly
{
    /// <summary>Weight rows of a step of every kernel: the 32-bit lanes of a register.</summary>
    internal const int PanelRows = 16;

    private readonly Func<int, bool, AssemblyBase> _rows;
    private readonly Func<BlockShape, bool, AssemblyBase> _pack;
    private readonly bool _shifted;

    private BlockAssembly(ElementType type, BlockShape shape, bool shifted, Func<int, bool, AssemblyBase> rows, Func<BlockShape, bool, AssemblyBase> pack)
    {
        (Type, Shape, _shifted) = (type, shape, shifted);
        (_rows, _pack) = (rows, pack);
    }

    /// <summary>All formats that have assembled kernels.</summary>
    internal static IReadOnlyList<BlockAssembly> All { get; } =
    [
        new(ElementType.Q8_0, new BlockShape(32, 34, 32, false), true, (t, w) => new Q8_0Rows(t, false, w), (s, w) => new Q8_0Pack(s, false, w)),
        new(ElementType.Q4_0, new BlockShape(32, 18, 32, false), true, (t, w) => new Q8_0Rows(t, true, w), (s, w) => new Q8_0Pack(s, true, w)),
        new(ElementType.Q4_K, new BlockShape(256, 144, 32, true), false, (t, w) => new Q4_KRows(t, false, w), (s, w) => new Q4_KPack(s, false, w)),
        new(ElementType.Q5_K, new BlockShape(256, 176, 32, true), false, (t, w) => new Q4_KRows(t, true, w), (s, w) => new Q4_KPack(s, true, w)),
        new(ElementType.Q6_K, new BlockShape(256, 210, 16, false), true, (t, w) => new Q6_KRows(t, w), (s, w) => new Q6_KPack(s, w)),
    ];

    /// <summary>The format.</summary>
    internal ElementType Type { get; }

    /// <summary>Sizes of the format.</summary>
    internal BlockShape Shape { get; }

    /// <summary>Rows in file layout times <paramref name="tokens"/> tokens; takes a <see cref="RowCall"/>.</summary>
    internal AssemblyBase Rows(int tokens, bool windows) => _rows(tokens, windows);

    /// <summary>16 rows from file layout to a panel; takes a <see cref="PackCall"/>.</summary>
    internal AssemblyBase Pack(bool windows) => _pack(Shape, windows);

    /// <summary>A panel times <paramref name="tokens"/> tokens; takes a <see cref="PanelCall"/>.</summary>
    internal AssemblyBase Panel(int tokens, bool windows) => new PanelAssembly(Shape, tokens, _shifted, windows);
}
