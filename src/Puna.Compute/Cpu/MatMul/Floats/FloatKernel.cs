using System.Runtime.CompilerServices;

namespace Puna.Compute.Cpu.MatMul.Floats;

/// <summary>
/// y = x Wᵀ for plain numbers, by the definition of <see cref="FloatReference"/>. Few tokens: weights are widened as they
/// are read, four rows at a time, so that a token's activations are loaded once for four products. Many tokens:
/// <see cref="DecodedKernel{TLanes}"/>.
/// </summary>
internal sealed unsafe class FloatKernel<TFormat, TLanes> : MatrixKernel
    where TFormat : struct, IFloatFormat
    where TLanes : struct, ILanes16<TLanes>
{
    private const int Rows = 4;

    private readonly DecodedKernel<TLanes> _decoded = new(TFormat.Type);

    public override string Variant => TLanes.Name;

    public override CpuLevel Level => TLanes.Level;

    public override ActivationForm Form => ActivationForm.Float32;

    public override int TokenUnit => _decoded.TokenUnit;

    public override int OutputUnit(int k, int tokens) => tokens < DecodedKernel<TLanes>.TileTokens ? Rows : _decoded.OutputUnit(k, tokens);

    public override long ScratchBytes(int k, int tokens) => tokens < DecodedKernel<TLanes>.TileTokens ? 0 : _decoded.ScratchBytes(k, tokens);

    public override void Run(in MatrixProduct product, in MatrixRegion region, byte* scratch)
    {
        if (product.Rows >= DecodedKernel<TLanes>.TileTokens)
        {
            _decoded.Run(product, region, scratch);
            return;
        }

        float* sums = stackalloc float[Rows];
        for (int m = region.FirstOutput; m < region.EndOutput; m += Rows)
        {
            int count = Math.Min(Rows, region.EndOutput - m);
            byte* w = product.Weight + (m * product.RowStride);
            for (int t = region.FirstToken; t < region.EndToken; t++)
            {
                Dot(w, product.RowStride, count - 1, product.X + ((long)t * product.XStride), product.K, sums);
                product.Store(t, m, sums, count);
            }
        }
    }

    /// <summary>Four rows by one token; rows beyond <paramref name="last"/> repeat it.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)] // a root of its own: the inliner has a budget for each root
    private static void Dot(byte* w, long stride, int last, float* x, int k, float* sums)
    {
        byte* w0 = w, w1 = w + (Math.Min(1, last) * stride), w2 = w + (Math.Min(2, last) * stride), w3 = w + (Math.Min(3, last) * stride);
        TLanes s0 = TLanes.Create(0f), s1 = s0, s2 = s0, s3 = s0;
        int whole = k & ~15;
        float* end = x + whole;
        nint offset = 0;
        for (; x < end; x += 16, offset += 16 * TFormat.Bytes)
        {
            TLanes a = TLanes.Load(x);
            s0 = TLanes.Fma(TFormat.Load<TLanes>(w0 + offset), a, s0);
            s1 = TLanes.Fma(TFormat.Load<TLanes>(w1 + offset), a, s1);
            s2 = TLanes.Fma(TFormat.Load<TLanes>(w2 + offset), a, s2);
            s3 = TLanes.Fma(TFormat.Load<TLanes>(w3 + offset), a, s3);
        }

        if (whole < k)
        {
            TLanes a = RowTail.Load<F32Format, TLanes>((byte*)x, k - whole);
            s0 = TLanes.Fma(RowTail.Load<TFormat, TLanes>(w0 + offset, k - whole), a, s0);
            s1 = TLanes.Fma(RowTail.Load<TFormat, TLanes>(w1 + offset, k - whole), a, s1);
            s2 = TLanes.Fma(RowTail.Load<TFormat, TLanes>(w2 + offset, k - whole), a, s2);
            s3 = TLanes.Fma(RowTail.Load<TFormat, TLanes>(w3 + offset, k - whole), a, s3);
        }

        sums[0] = TLanes.Sum(s0);
        sums[1] = TLanes.Sum(s1);
        sums[2] = TLanes.Sum(s2);
        sums[3] = TLanes.Sum(s3);
    }
}
