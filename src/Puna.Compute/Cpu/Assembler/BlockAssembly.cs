using Puna.Tensors;

namespace Puna.Compute.Cpu.Assembler;

/// <summary>The three kernels of a weight format at one level: rows for few tokens, packing and panels for many.</summary>
internal sealed class BlockAssembly
{
    /// <summary>Weight rows of a step of every kernel: the 32-bit lanes of a 512-bit register or of two 256-bit ones.</summary>
    internal const int PanelRows = 16;

    private readonly CodeTarget _target;

    private BlockAssembly(CodeTarget target, ElementType type, BlockShape shape)
    {
        (_target, Type) = (target, type);
        Shape = target.HasDots || shape.Bits < 8 ? shape : shape with { Planes = 2 };
    }

    /// <summary>All formats that have assembled kernels.</summary>
    internal static IReadOnlyList<BlockAssembly> All(CodeTarget target) =>
    [
        new(target, ElementType.Q8_0, new BlockShape(32, 34, 32, 8, HasZero: true, HasMins: false)),
        new(target, ElementType.Q4_0, new BlockShape(32, 18, 32, 4, HasZero: true, HasMins: false)),
        new(target, ElementType.Q4_K, new BlockShape(256, 144, 32, 4, HasZero: false, HasMins: true)),
        new(target, ElementType.Q5_K, new BlockShape(256, 176, 32, 5, HasZero: false, HasMins: true)),
        new(target, ElementType.Q6_K, new BlockShape(256, 210, 16, 6, HasZero: true, HasMins: false)),
    ];

    /// <summary>The format.</summary>
    internal ElementType Type { get; }

    /// <summary>Sizes of the format.</summary>
    internal BlockShape Shape { get; }

    /// <summary>Instructions that the kernels need.</summary>
    internal CpuLevel Level => _target.Level;

    /// <summary>Name in reports: that of the level, which for 256-bit registers is the name of kernels in C#, too.</summary>
    internal string Variant => _target.IsWide ? "avx512vnni" : _target.HasDots ? "avxvnni-asm" : "avx2-asm";

    /// <summary>Rows in file layout times <paramref name="tokens"/> tokens; takes a <see cref="RowCall"/>.</summary>
    internal AssemblyBase Rows(int tokens) => (Shape.BlockLength, Shape.HasMins, _target.IsWide) switch
    {
        (32, _, true) => new Q8_0Rows(tokens, Shape.Bits == 4, _target),
        (32, _, false) => new Q8_0Rows256(tokens, Shape.Bits == 4, _target),
        (_, true, true) => new Q4_KRows(tokens, Shape.Bits == 5, _target),
        (_, true, false) => new Q4_KRows256(tokens, Shape.Bits == 5, _target),
        (_, false, true) => new Q6_KRows(tokens, _target),
        (_, false, false) => new Q6_KRows256(tokens, _target),
    };

    /// <summary>16 rows from file layout to a panel; takes a <see cref="PackCall"/>.</summary>
    internal AssemblyBase Pack() => (Shape.BlockLength, Shape.HasMins) switch
    {
        (32, _) => new Q8_0Pack(Shape, _target),
        (_, true) => new Q4_KPack(Shape, _target),
        (_, false) => new Q6_KPack(Shape, _target),
    };

    /// <summary>A panel times <paramref name="tokens"/> tokens; takes a <see cref="PanelCall"/>.</summary>
    internal AssemblyBase Panel(int tokens) => _target.IsWide ? new PanelAssembly(Shape, tokens, _target) : new PanelAssembly256(Shape, tokens, _target);
}
