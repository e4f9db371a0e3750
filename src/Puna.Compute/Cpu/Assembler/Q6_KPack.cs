using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Puna.Compute.Cpu.Assembler;

/// <summary>Panels of Q6_K: quants shifted so that zero is at 128.</summary>
internal sealed class Q6_KPack(BlockShape shape, bool windows) : PackAssembly(shape, windows)
{
    private const int Nibble = 28, High = 29, Zero = 30, First = 8, Second = 12, Bits = 16;
    private const byte OrAnd = 0xF8; // a | (b & c)

    private AssemblerMemoryOperand _nibble, _high, _zero;

    protected override void Constants()
    {
        _nibble = Constant(15);
        _high = Constant(0x30);
        _zero = Constant(128 - 32);
    }

    protected override void Prepare()
    {
        C.vmovdqu32(Z(Nibble), __zmmword_ptr[_nibble]);
        C.vmovdqu32(Z(High), __zmmword_ptr[_high]);
        C.vmovdqu32(Z(Zero), __zmmword_ptr[_zero]);
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
            int source = First + (part / 4), left = 24 - (8 * (part % 4));
            if (left > 0) C.vpslld(Z(0), Z(source), (byte)left);
            C.vpsrad(Z(0), Z(left > 0 ? 0 : source), 24);
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
        if (k >= 2) C.vpsrld(Z(0), Z(source), 4);
        C.vpandd(Z(0), Z(k >= 2 ? 0 : source), Z(Nibble));

        int bits = 1;
        if (k == 0) C.vpslld(Z(1), Z(Bits + c), 4);
        else if (k == 1) C.vpslld(Z(1), Z(Bits + c), 2);
        else if (k == 3) C.vpsrld(Z(1), Z(Bits + c), 2);
        else bits = Bits + c;
        C.vpternlogd(Z(0), Z(bits), Z(High), OrAnd);
        C.vpaddb(Z(0), Z(0), Z(Zero));
        StoreQuants(q, 0);
    }
}
