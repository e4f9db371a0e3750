using System.Runtime.CompilerServices;

namespace Puna.Compute.Cpu.MatMul.Floats;

/// <summary>
/// y = x W for W stored [in, out], by the definition of <see cref="TransposedReference{TFormat}"/>. Lanes run along
/// outputs. Sums of a strip of outputs lie in scratch (first-level cache) and four rows of W are added at a time, so that
/// memory is read in long runs and a sum is loaded and stored once for four products.
/// </summary>
internal sealed unsafe class TransposedKernel<TFormat, TLanes> : MatrixKernel
    where TFormat : struct, IFloatFormat
    where TLanes : struct, ILanes16<TLanes>
{
    private const int Strip = 512;
    private const int Tokens = 8;
    private const int Step = 4;

    public override string Variant => TLanes.Name;

    public override CpuLevel Level => TLanes.Level;

    public override ActivationForm Form => ActivationForm.Float32;

    public override int TokenUnit => Tokens;

    public override int OutputUnit(int k, int tokens) => Strip;

    public override long ScratchBytes(int k, int tokens) => Strip * Tokens * sizeof(float);

    public override void Run(in MatrixProduct product, in MatrixRegion region, byte* scratch)
    {
        float* sums = (float*)scratch;
        for (int m = region.FirstOutput; m < region.EndOutput; m += Strip)
        {
            int width = Math.Min(Strip, region.EndOutput - m);
            for (int t = region.FirstToken; t < region.EndToken; t += Tokens)
            {
                int tokens = Math.Min(Tokens, region.EndToken - t);
                new Span<float>(sums, tokens * Strip).Clear();
                AddRows(product, m, width, t, tokens, sums);
                for (int i = 0; i < tokens; i++) product.Store(t + i, m, sums + (i * Strip), width);
            }
        }
    }

    private static void AddRows(in MatrixProduct product, int firstOutput, int width, int firstToken, int tokens, float* sums)
    {
        float* x = product.X + ((long)firstToken * product.XStride);
        byte* w = product.Weight + ((long)firstOutput * TFormat.Bytes);
        int k = 0;
        for (; k <= product.K - Step; k += Step, w += Step * product.RowStride)
        {
            for (int m = 0; m < width; m += 16) AddFour(w + ((long)m * TFormat.Bytes), product.RowStride, Math.Min(16, width - m), x + k, product.XStride, tokens, sums + m);
        }

        for (; k < product.K; k++, w += product.RowStride)
        {
            for (int m = 0; m < width; m += 16)
            {
                TLanes w0 = Load(w + ((long)m * TFormat.Bytes), Math.Min(16, width - m));
                for (int t = 0; t < tokens; t++)
                {
                    float* sum = sums + (t * Strip) + m;
                    TLanes.Store(TLanes.Fma(TLanes.Create(x[((long)t * product.XStride) + k]), w0, TLanes.Load(sum)), sum);
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)] // a root of its own: the inliner has a budget for each root
    private static void AddFour(byte* w, long stride, int count, float* x, int xStride, int tokens, float* sums)
    {
        TLanes w0 = Load(w, count), w1 = Load(w + stride, count), w2 = Load(w + (2 * stride), count), w3 = Load(w + (3 * stride), count);
        for (int t = 0; t < tokens; t++, x += xStride, sums += Strip)
        {
            TLanes sum = TLanes.Fma(TLanes.Create(x[0]), w0, TLanes.Load(sums));
            sum = TLanes.Fma(TLanes.Create(x[1]), w1, sum);
            sum = TLanes.Fma(TLanes.Create(x[2]), w2, sum);
            TLanes.Store(TLanes.Fma(TLanes.Create(x[3]), w3, sum), sums);
        }
    }

    private static TLanes Load(byte* source, int count) =>
        count == 16 ? TFormat.Load<TLanes>(source) : RowTail.Load<TFormat, TLanes>(source, count);
}
