namespace Puna.Compute.Cpu.Assembler;

/// <summary>Panels of Q6_K: for 512-bit registers quants shifted so that zero is at 128, else as they are, with zero at 32.</summary>
internal sealed class Q6_KPack(BlockShape shape, CodeTarget target) : PackAssembly(shape, target)
{
    private const int Bits = 0, Quant = 4, Shifted = 5, Scratch = 6, First = 8, Second = 12;

    private Pattern _nibble, _high, _zero;
    private readonly Pattern[] _byte = new Pattern[4];

    protected override void Constants()
    {
        _nibble = Constant(15);
        _high = Constant(0x30);
        _zero = Constant(128 - 32);
        for (int b = 0; b < 4; b++) _byte[b] = Target.IsWide ? BytePlaces(b, 3) : BytePlaces(b, 1, 3);
    }

    protected override void Prepare()
    {
        Keep(ref _nibble);
        Keep(ref _high);
        Keep(ref _zero);
    }

    protected override void Block()
    {
        for (int n = 0; n < 2; n++)
        {
            for (int u = 0; u < 2; u++)
            {
                LoadTransposed(First, (64 * n) + (16 * u));
                LoadTransposed(Second, (64 * n) + 32 + (16 * u));
                LoadTransposed(Bits, 128 + (32 * n) + (16 * u));
                for (int c = 0; c < 4; c++)
                {
                    for (int k = 0; k < 4; k++) Quants((32 * n) + (8 * k) + (4 * u) + c, k, c);
                }
            }
        }

        LoadTransposed(First, 192);
        for (int part = 0; part < 16; part++)
        {
            Shuffle(0, First + (part / 4), _byte[part % 4]);
            if (Target.IsWide) C.vpsrad(Z(0), Z(0), 24);
            else C.vpsraw(Y(0), Y(0), 8);
            StoreLine(part, 0);
        }

        LoadTransposed(First, 194); // the last 16 bytes; d ends them
        WidenHalfs(0, First + 3, high: true);
        StoreLine(Shape.ScaleLine, 0);
    }

    /// <summary>Nibbles of the first or second stretch with two bits above.</summary>
    private void Quants(int q, int k, int c)
    {
        int source = (k % 2 == 0 ? First : Second) + c;
        if (k >= 2) ShiftRight(Quant, source, 4);
        And(Quant, k >= 2 ? Quant : source, _nibble);

        if (k < 2) ShiftLeft(Shifted, Bits + c, 4 - (2 * k));
        else if (k == 3) ShiftRight(Shifted, Bits + c, 2);
        OrMasked(Quant, k == 2 ? Bits + c : Shifted, _high, Scratch);
        if (Target.IsWide) AddBytes(Quant, Quant, _zero);
        StoreQuants(q, Quant);
    }
}
