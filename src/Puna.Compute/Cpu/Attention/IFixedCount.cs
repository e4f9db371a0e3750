namespace Puna.Compute.Cpu.Attention;

/// <summary>A small number known when a kernel is compiled, so that accumulators beyond it cost nothing.</summary>
internal interface IFixedCount
{
    /// <summary>The number.</summary>
    static abstract int N { get; }
}

internal readonly struct One : IFixedCount
{
    public static int N => 1;
}

internal readonly struct Two : IFixedCount
{
    public static int N => 2;
}

internal readonly struct Three : IFixedCount
{
    public static int N => 3;
}

internal readonly struct Four : IFixedCount
{
    public static int N => 4;
}

internal readonly struct Five : IFixedCount
{
    public static int N => 5;
}
