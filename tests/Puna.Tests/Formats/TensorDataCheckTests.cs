using Puna.Formats;
using Puna.Formats.Gguf;
using Puna.Tensors;
using Puna.Tensors.Storage;

namespace Puna.Tests.Formats;

public class TensorDataCheckTests
{
    /// <summary>Type, byte of a float inside its block, and a pattern that makes it NaN or infinite.</summary>
    public static TheoryData<ElementType, int, ulong, int> Fields => new()
    {
        { ElementType.F64, 0, 0x7FF0_0000_0000_0001, 8 }, { ElementType.F32, 0, 0xFF80_0000, 4 }, { ElementType.F16, 0, 0x7E00, 2 },
        { ElementType.BF16, 0, 0x7F80, 2 }, { ElementType.F8_E4M3, 0, 0xFF, 1 },
        { ElementType.Q4_0, 0, 0x7C00, 2 }, { ElementType.Q4_1, 0, 0xFC00, 2 }, { ElementType.Q4_1, 2, 0x7C01, 2 },
        { ElementType.Q5_0, 0, 0x7C00, 2 }, { ElementType.Q5_1, 2, 0x7E00, 2 }, { ElementType.Q8_0, 0, 0x7E00, 2 }, { ElementType.Q8_1, 2, 0x7E00, 2 },
        { ElementType.Q2_K, 80, 0x7E00, 2 }, { ElementType.Q2_K, 82, 0x7E00, 2 }, { ElementType.Q3_K, 108, 0x7E00, 2 },
        { ElementType.Q4_K, 0, 0x7E00, 2 }, { ElementType.Q4_K, 2, 0x7E00, 2 }, { ElementType.Q5_K, 2, 0x7E00, 2 },
        { ElementType.Q6_K, 208, 0x7E00, 2 }, { ElementType.Q8_K, 0, 0x7FC0_0000, 4 },
        { ElementType.IQ2_XXS, 0, 0x7E00, 2 }, { ElementType.IQ2_XS, 0, 0x7E00, 2 }, { ElementType.IQ2_S, 0, 0x7E00, 2 },
        { ElementType.IQ3_XXS, 0, 0x7E00, 2 }, { ElementType.IQ3_S, 0, 0x7E00, 2 }, { ElementType.IQ1_S, 0, 0x7E00, 2 },
        { ElementType.IQ4_NL, 0, 0x7E00, 2 }, { ElementType.IQ4_XS, 0, 0x7E00, 2 },
        { ElementType.TQ1_0, 52, 0x7E00, 2 }, { ElementType.TQ2_0, 64, 0x7E00, 2 }, { ElementType.MXFP4, 0, 0xFF, 1 },
        // IQ1_M: nibbles of 0x7E00 in the top of four words, the words otherwise zero.
        { ElementType.IQ1_M, 48, 0x7000_E000_0000_0000, 8 },
    };

    [Theory, MemberData(nameof(Fields))]
    public unsafe void Non_finite_float_is_found_in_its_block(ElementType type, int at, ulong bits, int width)
    {
        const int Block = 2, Blocks = 4;
        int blockBytes = type.BlockBytes();
        using NativeStorage storage = NativeStorage.Allocate(Blocks * blockBytes);
        Tensor tensor = new("t", type, [Blocks / 2 * type.BlockLength(), 2], storage.Pointer);
        Assert.Null(TensorDataCheck.FindNonFinite(tensor));

        int offset = (Block * blockBytes) + at;
        for (int i = 0; i < width; i++) storage.Pointer[offset + i] = (byte)(bits >> (8 * i));
        Assert.Equal(new NonFiniteValue("t", Block, offset, bits), TensorDataCheck.FindNonFinite(tensor));
    }

    [Fact]
    public void Every_type_with_a_float_has_a_case_above()
    {
        ElementType[] integers = [ElementType.I8, ElementType.I16, ElementType.I32, ElementType.I64];
        IEnumerable<ElementType> covered = Fields.Select(row => row.Data.Item1).Distinct();
        Assert.Equal(ElementTypes.All.Except(integers).Order(), covered.Order());
    }

    [Fact]
    public unsafe void Quants_of_all_ones_beside_finite_scales_are_no_fault()
    {
        using NativeStorage storage = NativeStorage.Allocate(34);
        new Span<byte>(storage.Pointer, 34).Fill(0xff);
        storage.Pointer[0] = 0xff;
        storage.Pointer[1] = 0x7b; // largest finite float16
        Assert.Null(TensorDataCheck.FindNonFinite(new Tensor("t", ElementType.Q8_0, [32], storage.Pointer)));
    }

    [Fact]
    public unsafe void First_of_several_faults_is_reported()
    {
        using NativeStorage storage = NativeStorage.Allocate(3 * 144);
        storage.Pointer[(2 * 144) + 1] = 0x7c; // d of block 2
        storage.Pointer[144 + 3] = 0x7c; // dmin of block 1
        NonFiniteValue? found = TensorDataCheck.FindNonFinite(new Tensor("t", ElementType.Q4_K, [768], storage.Pointer));
        Assert.Equal(new NonFiniteValue("t", 1, 146, 0x7c00), found);
    }

    [Fact]
    public unsafe void Gaps_between_rows_are_not_looked_at()
    {
        using NativeStorage storage = NativeStorage.Allocate(16);
        new Span<float>(storage.Pointer, 4)[1] = float.NaN; // in the gap
        new Span<float>(storage.Pointer, 4)[2] = float.PositiveInfinity; // second row
        Tensor tensor = new("t", ElementType.F32, [1, 2], storage.Pointer, rowStride: 8);
        Assert.Equal(new NonFiniteValue("t", 1, 8, 0x7f80_0000), TensorDataCheck.FindNonFinite(tensor));
    }

    [Fact]
    public void Validate_names_file_tensor_block_and_byte()
    {
        using TemporaryFolder folder = new();
        byte[] data = new byte[68];
        data[35] = 0x7e; // scale of block 1
        using (GgufWriter writer = GgufWriter.Create(folder["m.gguf"]))
        {
            writer.DeclareTensor("sound", ElementType.F32, 1);
            writer.DeclareTensor("spoilt", ElementType.Q8_0, 32, 2);
            writer.Write("sound", new byte[4]);
            writer.Write("spoilt", data);
            writer.Complete();
        }

        using GgufFile file = GgufFile.Open(folder["m.gguf"]); // opening does not look at data
        ModelFileException error = Assert.Throws<ModelFileException>(() => TensorDataCheck.Validate(file));
        Assert.Equal(("spoilt", "0x7E00", file.Locate("spoilt").Offset + 34), (error.Field, error.Found, error.Offset));
        Assert.Contains("block 1", error.Message);
    }

    [Fact]
    public unsafe void Cancelled_token_stops_the_scan()
    {
        using NativeStorage storage = NativeStorage.Allocate(4);
        Tensor tensor = new("t", ElementType.F32, [1], storage.Pointer);
        Assert.Throws<OperationCanceledException>(() => TensorDataCheck.FindNonFinite(tensor, new CancellationToken(canceled: true)));
    }
}
