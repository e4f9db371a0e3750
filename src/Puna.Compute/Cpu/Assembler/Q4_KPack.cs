namespace Puna.Compute.Cpu.Assembler;

/// <summary>Panels of Q4_K and Q5_K.</summary>
internal sealed class Q4_KPack(BlockShape shape, CodeTarget target) : PackAssembly(shape, target)
{
    private const int Loaded = 8, FifthBits = 12, Scratch = 3;

    private Pattern _nibble, _fifth, _sixBits, _twoBits;
    private readonly Pattern[] _byte = new Pattern[4], _pair = new Pattern[2];

    private bool HasFifthBits => Shape.Bits == 5;

    protected override void Constants()
    {
        const byte Zero = 0x80; // vpshufb writes 0
        _nibble = Constant(15);
        _fifth = Constant(16);
        _sixBits = Constant(0x3F);
        _twoBits = Constant(0x30);
        for (int b = 0; b < 4; b++) _byte[b] = Target.IsWide ? BytePlaces(b, 0) : BytePlaces(b, 0, 2);
        for (byte p = 0; p < 2; p++)
        {
            byte b = (byte)(2 * p);
            _pair[p] = Constant(
                b, Zero, (byte)(b + 1), Zero, (byte)(b + 4), Zero, (byte)(b + 5), Zero,
                (byte)(b + 8), Zero, (byte)(b + 9), Zero, (byte)(b + 12), Zero, (byte)(b + 13), Zero);
        }
    }

    protected override void Prepare()
    {
        Keep(ref _nibble);
        Keep(ref _fifth);
    }

    protected override void Block()
    {
        for (int half = 0; half < 2; half++)
        {
            if (HasFifthBits) LoadTransposed(FifthBits, 16 + (16 * half));
            for (int pair = 0; pair < 4; pair++) Quants(2 * pair, half);
        }

        Scales();
    }

    /// <summary>16 bytes of each row: 16 quants of <paramref name="part"/> in the low nibbles, of the next part in the high ones.</summary>
    private void Quants(int part, int half)
    {
        LoadTransposed(Loaded, (HasFifthBits ? 48 : 16) + (16 * (part + half)));
        for (int c = 0; c < 4; c++)
        {
            And(0, Loaded + c, _nibble);
            ShiftRight(1, Loaded + c, 4);
            And(1, 1, _nibble);
            if (HasFifthBits)
            {
                AddFifthBit(0, FifthBits + c, part);
                AddFifthBit(1, FifthBits + c, part + 1);
            }

            StoreQuants((8 * part) + (4 * half) + c, 0);
            StoreQuants((8 * (part + 1)) + (4 * half) + c, 1);
        }
    }

    private void AddFifthBit(int quants, int bits, int part)
    {
        if (part < 4) ShiftLeft(2, bits, 4 - part);
        else ShiftRight(2, bits, part - 4);
        OrMasked(quants, 2, _fifth, Scratch);
    }

    private void Scales()
    {
        LoadTransposed(Loaded, 0); // d and dmin; scales 0-3; mins 0-3; low bits of both 4-7
        And(0, Loaded + 1, _sixBits);
        And(1, Loaded + 2, _sixBits);
        And(2, Loaded + 3, _nibble);
        ShiftRight(Loaded + 1, Loaded + 1, 2);
        OrMasked(2, Loaded + 1, _twoBits, Scratch);
        ShiftRight(4, Loaded + 3, 4);
        And(4, 4, _nibble);
        ShiftRight(Loaded + 2, Loaded + 2, 2);
        OrMasked(4, Loaded + 2, _twoBits, Scratch);

        for (int part = 0; part < 8; part++)
        {
            Shuffle(5, part < 4 ? 0 : 2, _byte[part % 4]);
            StoreLine(part, 5);
        }

        for (int p = 0; p < 4; p++)
        {
            Shuffle(5, p < 2 ? 1 : 4, _pair[p % 2]);
            StoreLine(8 + p, 5);
        }

        WidenHalfs(5, Loaded, high: false);
        StoreLine(Shape.ScaleLine, 5);
        WidenHalfs(6, Loaded, high: true);
        StoreLine(Shape.ScaleLine + 1, 6);
    }
}
