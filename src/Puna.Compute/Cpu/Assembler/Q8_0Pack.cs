namespace Puna.Compute.Cpu.Assembler;

/// <summary>
/// Panels of Q8_0 and Q4_0. For dot products of bytes quants are shifted so that zero is at 128. Without them those of Q4_0 stay as they
/// are, and those of Q8_0, shifted, are stored in two planes of four bits.
/// </summary>
internal sealed class Q8_0Pack(BlockShape shape, CodeTarget target) : PackAssembly(shape, target)
{
    private const int Loaded = 8;

    private Pattern _zero, _nibble;

    private bool IsQ4 => Shape.Bits == 4;

    protected override void Constants()
    {
        _zero = Constant(IsQ4 ? (byte)120 : (byte)128);
        _nibble = Constant(15);
    }

    protected override void Prepare()
    {
        Keep(ref _zero);
        Keep(ref _nibble);
    }

    protected override void Block()
    {
        for (int chunk = 0; chunk < (IsQ4 ? 1 : 2); chunk++)
        {
            LoadTransposed(Loaded, 2 + (16 * chunk));
            for (int c = 0; c < 4; c++)
            {
                if (IsQ4)
                {
                    Nibbles(Loaded + c, low: c, high: 4 + c, shifted: Target.HasDots);
                    continue;
                }

                int q = (4 * chunk) + c;
                Xor(Loaded + c, Loaded + c, _zero);
                if (Shape.Planes == 1) StoreQuants(q, Loaded + c);
                else Nibbles(Loaded + c, low: 8 + q, high: q, shifted: false);
            }
        }

        LoadTransposed(Loaded, 0);
        WidenHalfs(Loaded, Loaded, high: false);
        StoreLine(Shape.ScaleLine, Loaded);
    }

    /// <summary>Stores the low and the high four bits of each byte apart.</summary>
    private void Nibbles(int source, int low, int high, bool shifted)
    {
        And(0, source, _nibble);
        if (shifted) AddBytes(0, 0, _zero);
        StoreQuants(low, 0);
        ShiftRight(source, source, 4);
        And(0, source, _nibble);
        if (shifted) AddBytes(0, 0, _zero);
        StoreQuants(high, 0);
    }
}
