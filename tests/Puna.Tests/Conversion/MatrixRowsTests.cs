using System.Runtime.InteropServices;
using Puna.Conversion;
using Puna.Tensors;
using Puna.Tensors.Storage;

namespace Puna.Tests.Conversion;

public sealed unsafe class MatrixRowsTests : IDisposable
{
    private readonly List<NativeStorage> _owned = [];

    [Fact]
    public void FP8_rows_are_multiplied_by_their_scales()
    {
        Tensor scales = Store("s", ElementType.F32, [2], Floats(0.5f, -4f));
        Tensor bytes = Store("w", ElementType.F8_E4M3, [3, 2], [0x38, 0xB8, 0x40, 0x38, 0x30, 0x7E]); // 1 -1 2 / 1 0.5 448
        MatrixRows rows = new([new Tensor("w", ElementType.F8_E4M3, [3, 2], bytes.Data, rowScales: scales)]);

        Assert.Equal([0.5f, -0.5f, 1f, -4f, -2f, -1792f], Decoded(rows, 0, 2));
    }

    [Fact]
    public void Transposed_FP8_has_its_scales_by_output_too()
    {
        Tensor scales = Store("s", ElementType.F32, [2], Floats(2f, 3f));
        Tensor bytes = Store("w", ElementType.F8_E4M3, [2, 3], [0x38, 0x40, 0xB8, 0x30, 0x38, 0x38]); // inputs as rows: 1 2 / -1 0.5 / 1 1
        MatrixRows rows = new([new Tensor("w", ElementType.F8_E4M3, [2, 3], bytes.Data, MatrixLayout.InOut, rowScales: scales)]);

        Assert.Equal([2f, -2f, 2f, 6f, 1.5f, 3f], Decoded(rows, 0, 2));
    }

    // Blocks of rows that begin and end inside matrices, and more outputs than are gathered at once.
    [Theory, InlineData(0, 1), InlineData(3, 1200), InlineData(599, 2), InlineData(1100, 99)]
    public void Any_stretch_of_stacked_transposed_matrices_is_right(int first, int count)
    {
        const int Inputs = 3, Outputs = 600;
        float[][] stored = [.. Enumerable.Range(0, 2 + 1).Select(e => Enumerable.Range(0, Inputs * Outputs).Select(i => (float)((e * 10_000) + i)).ToArray())];
        Tensor[] matrices = [.. stored.Select((v, e) => new Tensor($"w{e}", ElementType.F32, [Outputs, Inputs], Store($"w{e}", ElementType.F32, [Outputs, Inputs], Floats(v)).Data, MatrixLayout.InOut))];
        float[] expected = [.. Enumerable.Range(first, count).SelectMany(r => Enumerable.Range(0, Inputs).Select(k => stored[r / Outputs][(k * Outputs) + (r % Outputs)]))];

        Assert.Equal(expected, Decoded(new MatrixRows(matrices), first, count));
    }

    [Fact]
    public void Rows_are_taken_in_the_order_asked_for()
    {
        Tensor matrix = Store("w", ElementType.F32, [1, 4], Floats(0, 1, 2, 3));

        Assert.Equal([3f, 2f, 1f, 0f], Decoded(new MatrixRows([matrix], row => 3 - row), 0, 4));
    }

    public void Dispose()
    {
        foreach (NativeStorage storage in _owned) storage.Dispose();
    }

    private static float[] Decoded(MatrixRows rows, long first, int count)
    {
        float[] values = new float[count * rows.RowLength];
        rows.Decode(first, values);
        return values;
    }

    private static byte[] Floats(params float[] values) => MemoryMarshal.AsBytes<float>(values).ToArray();

    private Tensor Store(string name, ElementType type, long[] shape, byte[] bytes)
    {
        NativeStorage storage = NativeStorage.Allocate(bytes.Length);
        _owned.Add(storage);
        bytes.CopyTo(new Span<byte>(storage.Pointer, bytes.Length));
        return new Tensor(name, type, shape, storage.Pointer);
    }
}
