using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Puna.Compute.Cpu.Assembler;

/// <summary>Panels of Q4_K and Q5_K.</summary>
internal sealed class Q4_KPack(BlockShape shape, bool fifthBits, bool windows) : PackAssembly(shape, windows)
{
    private const int Nibble = 28, Fifth = 29;
    private const byte OrAnd = 0xF8; // a | (b & c)

    private AssemblerMemoryOperand _nibble, _fifth, _sixBits, _twoBits;
    private readonly AssemblerMemoryOperand[] _byte = new AssemblerMemoryOperand[4], _pair = new AssemblerMemoryOperand[2];

    protected override void Constants()
    {
        const byte Zero = 0x80; // vpshufb writes 0
        _nibble = Constant(15);
        _fifth = Constant(16);
        _sixBits = Constant(0x3F);
        _twoBits = Constant(0x30);
        for (byte b = 0; b < 4; b++)
        {
            _byte[b] = Constant(
                b, Zero, Zero, Zero, (byte)(4 + b), Zero, Zero, Zero, (byte)(8 + b), Zero, Zero, Zero, (byte)(12 + b), Zero, Zero, Zero);
        }

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
        C.vmovdqu32(Z(Nibble), __zmmword_ptr[_nibble]);
        C.vmovdqu32(Z(Fifth), __zmmword_ptr[_fifth]);
    }

    protected override void Block()
    {
        if (fifthBits)
        {
            LoadTransposed(16, 16);
            LoadTransposed(20, 32);
        }

        for (int chunk = 0; chunk < 8; chunk++) Quants(chunk);
        Scales();
    }

    /// <summary>16 bytes of each row: 16 quants of part 2g in the low nibbles, of part 2g + 1 in the high ones.</summary>
    private void Quants(int chunk)
    {
        int part = 2 * (chunk / 2), half = chunk % 2;
        LoadTransposed(8, (fifthBits ? 48 : 16) + (16 * chunk));
        for (int c = 0; c < 4; c++)
        {
            C.vpandd(Z(0), Z(8 + c), Z(Nibble));
            C.vpsrld(Z(1), Z(8 + c), 4);
            C.vpandd(Z(1), Z(1), Z(Nibble));
            if (fifthBits)
            {
                AddFifthBit(0, 16 + (4 * half) + c, part);
                AddFifthBit(1, 16 + (4 * half) + c, part + 1);
            }

            StoreQuants((8 * part) + (4 * half) + c, 0);
            StoreQuants((8 * (part + 1)) + (4 * half) + c, 1);
        }
    }

    private void AddFifthBit(int quants, int bits, int part)
    {
        if (part < 4) C.vpslld(Z(2), Z(bits), (byte)(4 - part));
        else C.vpsrld(Z(2), Z(bits), (byte)(part - 4));
        C.vpternlogd(Z(quants), Z(2), Z(Fifth), OrAnd);
    }

    private void Scales()
    {
        LoadTransposed(8, 0); // d and dmin; scales 0-3; mins 0-3; low bits of both 4-7
        C.vpandd(Z(0), Z(9), __zmmword_ptr[_sixBits]);
        C.vpandd(Z(1), Z(10), __zmmword_ptr[_sixBits]);
        C.vpandd(Z(2), Z(11), Z(Nibble));
        C.vpsrld(Z(9), Z(9), 2);
        C.vpternlogd(Z(2), Z(9), __zmmword_ptr[_twoBits], OrAnd);
        C.vpsrld(Z(3), Z(11), 4);
        C.vpandd(Z(3), Z(3), Z(Nibble));
        C.vpsrld(Z(10), Z(10), 2);
        C.vpternlogd(Z(3), Z(10), __zmmword_ptr[_twoBits], OrAnd);

        for (int part = 0; part < 8; part++)
        {
            C.vpshufb(Z(4), Z(part < 4 ? 0 : 2), __zmmword_ptr[_byte[part % 4]]);
            StoreLine(part, 4);
        }

        for (int p = 0; p < 4; p++)
        {
            C.vpshufb(Z(4), Z(p < 2 ? 1 : 3), __zmmword_ptr[_pair[p % 2]]);
            StoreLine(8 + p, 4);
        }

        WidenHalfs(4, 8, high: false);
        StoreLine(Shape.ScaleLine, 4);
        WidenHalfs(5, 8, high: true);
        StoreLine(Shape.ScaleLine + 1, 5);
    }
}
