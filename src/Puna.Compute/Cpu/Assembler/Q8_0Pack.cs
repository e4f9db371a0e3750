using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Puna.Compute.Cpu.Assembler;

/// <summary>Panels of Q8_0 and Q4_0: quants shifted so that zero is at 128.</summary>
internal sealed class Q8_0Pack(BlockShape shape, bool nibbles, bool windows) : PackAssembly(shape, windows)
{
    private const int Zero = 28, Mask = 29;

    private AssemblerMemoryOperand _zero, _mask;

    protected override void Constants()
    {
        _zero = Constant(nibbles ? (byte)120 : (byte)128);
        _mask = Constant(15);
    }

    protected override void Prepare()
    {
        C.vmovdqu32(Z(Zero), __zmmword_ptr[_zero]);
        C.vmovdqu32(Z(Mask), __zmmword_ptr[_mask]);
    }

    protected override void Block()
    {
        for (int chunk = 0; chunk < (nibbles ? 1 : 2); chunk++)
        {
            LoadTransposed(8, 2 + (16 * chunk));
            for (int c = 0; c < 4; c++)
            {
                if (!nibbles)
                {
                    C.vpxord(Z(8 + c), Z(8 + c), Z(Zero));
                    StoreQuants((4 * chunk) + c, 8 + c);
                    continue;
                }

                C.vpandd(Z(0), Z(8 + c), Z(Mask));
                C.vpaddb(Z(0), Z(0), Z(Zero));
                StoreQuants(c, 0);
                C.vpsrld(Z(8 + c), Z(8 + c), 4);
                C.vpandd(Z(0), Z(8 + c), Z(Mask));
                C.vpaddb(Z(0), Z(0), Z(Zero));
                StoreQuants(4 + c, 0);
            }
        }

        LoadTransposed(8, 0);
        WidenHalfs(8, 8, high: false);
        StoreLine(Shape.ScaleLine, 8);
    }
}
