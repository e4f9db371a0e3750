using Puna.Compute.Cpu.Assembler;
using Puna.Tensors;
using Puna.Tensors.Quantization;

namespace Puna.Compute.Cpu.MatMul.Floats;

/// <summary>
/// y = x Wᵀ in float32 by the definition of <see cref="FloatReference"/>, with kernels assembled at run time. Few tokens: weights in F32,
/// F16 and BF16 are widened as they are read. Many: weights of any type are decoded once for all tokens, those in F32 read in place.
/// </summary>
/// <remarks>K is walked in stretches whose activations and rows stay in the first-level cache; lanes are kept in scratch between them.</remarks>
internal sealed unsafe class AssembledFloatKernel : MatrixKernel
{
    private const int Rows = FloatAssembly.Rows, Tokens = FloatAssembly.MaxTokens;

    /// <summary>Elements of a stretch, a multiple of 16: ten rows of them are 30 KiB.</summary>
    private const int Stretch = 768;

    private const int RowBudget = 512 * 1024, MostRows = 32;
    private const int LaneBytes = Rows * Tokens * 16 * sizeof(float), SumBytes = Rows * Tokens * sizeof(float);

    private readonly ElementType _type;
    private readonly CodeTarget _target;
    private readonly CodeCache _cache;
    private readonly nint[] _few = new nint[FloatAssembly.FewTokens + 1], _many = new nint[Tokens + 1];
    private readonly MatrixKernel _rest;

    /// <summary>A kernel for one type.</summary>
    /// <param name="type">Type of the weights.</param>
    /// <param name="target">What the code is for.</param>
    /// <param name="pages">Where code goes.</param>
    /// <param name="rest">Kernel for what this one does not do, and for all where no code can be loaded.</param>
    internal AssembledFloatKernel(ElementType type, CodeTarget target, ICodePages pages, MatrixKernel rest) =>
        (_type, _target, _cache, _rest) = (type, target, new CodeCache(pages), rest);

    public override string Variant => _target.IsWide ? "avx512" : "avx2-asm";

    public override CpuLevel Level => _target.Level;

    public override ActivationForm Form => ActivationForm.Float32;

    public override int TokenUnit => Tokens;

    public override int OutputUnit(int k, int tokens) => tokens > FloatAssembly.FewTokens
        ? Math.Clamp(RowBudget / (Padded(k) * sizeof(float)) / Rows * Rows, Rows, MostRows)
        : FloatAssembly.Reads(_type) ? Rows : _rest.OutputUnit(k, tokens);

    public override long ScratchBytes(int k, int tokens)
    {
        int unit = OutputUnit(k, tokens);
        long own = SumBytes + (unit / Rows * LaneBytes) + (_type == ElementType.F32 ? 0 : (long)unit * Padded(k) * sizeof(float));
        return Math.Max(tokens > FloatAssembly.FewTokens ? own : SumBytes, _rest.ScratchBytes(k, tokens));
    }

    public override void Run(in MatrixProduct product, in MatrixRegion region, byte* scratch)
    {
        bool isFew = product.Rows <= FloatAssembly.FewTokens;
        if (isFew ? RunFew(product, region, (float*)scratch) : RunMany(product, region, (float*)scratch)) return;
        _rest.Run(product, region, scratch);
    }

    private static int Padded(int k) => (k + 15) & ~15;

    private static long TailMask(int k) => (1L << (k & 15)) - 1;

    private bool RunFew(in MatrixProduct product, in MatrixRegion region, float* sums)
    {
        if (!FloatAssembly.Reads(_type) || (!_target.IsWide && _type != ElementType.F32 && product.K % 16 != 0)) return false;
        nint code = Code(_few, product.Rows, _type);
        if (code == 0) return false;

        FloatCall call = new() { X = product.X, XStride = (long)product.XStride * sizeof(float), Groups = product.K / 16, TailMask = TailMask(product.K), IsFirst = 1, IsLast = 1 };
        for (int m = region.FirstOutput; m < region.EndOutput; m += Rows)
        {
            byte* w = product.Weight + (m * product.RowStride);
            int count = Math.Min(Rows, region.EndOutput - m);
            call.Ahead = m + (2 * Rows) <= product.M ? w + (Rows * product.RowStride) : w;
            SetRows(ref call, w, product.RowStride, count);
            Finish(code, ref call, product, m, count, 0, product.Rows, sums);
        }

        return true;
    }

    private bool RunMany(in MatrixProduct product, in MatrixRegion region, float* scratch)
    {
        // All code is loaded before the first sum is stored: products are added to, and must not be added twice.
        int last = region.Tokens % Tokens;
        if ((region.Tokens >= Tokens && Code(_many, Tokens, ElementType.F32) == 0) || (last > 0 && Code(_many, last, ElementType.F32) == 0)) return false;

        int unit = OutputUnit(product.K, product.Rows), padded = Padded(product.K);
        float* lanes = scratch + (SumBytes / sizeof(float)), decoded = lanes + (unit / Rows * LaneBytes / sizeof(float));
        for (int m = region.FirstOutput; m < region.EndOutput; m += unit)
        {
            int count = Math.Min(unit, region.EndOutput - m);
            byte* w = product.Weight + (m * product.RowStride);
            long stride = product.RowStride;
            if (_type != ElementType.F32)
            {
                Decode(product, m, count, decoded, padded);
                w = (byte*)decoded;
                stride = (long)padded * sizeof(float);
            }

            for (int t = region.FirstToken; t < region.EndToken; t += Tokens)
                MultiplyTile(product, w, stride, m, count, t, Math.Min(Tokens, region.EndToken - t), lanes, scratch);
        }

        return true;
    }

    private void MultiplyTile(in MatrixProduct product, byte* w, long stride, int firstRow, int rows, int token, int tokens, float* lanes, float* sums)
    {
        nint code = _many[tokens];
        FloatCall call = new() { XStride = (long)product.XStride * sizeof(float) };
        for (int k = 0; k < product.K; k += Stretch)
        {
            int length = Math.Min(Stretch, product.K - k);
            call.X = product.X + ((long)token * product.XStride) + k;
            (call.Groups, call.TailMask) = (length / 16, TailMask(length));
            (call.IsFirst, call.IsLast) = (k == 0 ? 1 : 0, k + length == product.K ? 1 : 0);
            for (int r = 0; r < rows; r += Rows)
            {
                int count = Math.Min(Rows, rows - r);
                call.Lanes = lanes + (r / Rows * LaneBytes / sizeof(float));
                SetRows(ref call, w + (r * stride) + ((long)k * sizeof(float)), stride, count);
                Finish(code, ref call, product, firstRow + r, count, token, tokens, sums);
            }
        }
    }

    /// <summary>Runs a kernel whose sums, if they are finished, go to where they belong or by way of <paramref name="sums"/>.</summary>
    private static void Finish(nint code, ref FloatCall call, in MatrixProduct product, int output, int outputs, int token, int tokens, float* sums)
    {
        bool isDirect = outputs == Rows && product.RowScales is null;
        call.Y = isDirect ? product.Y + ((long)token * product.YStride) + output : sums;
        call.YStride = (isDirect ? product.YStride : Rows) * (long)sizeof(float);
        call.Accumulate = isDirect && product.Accumulate ? 1 : 0;
        fixed (FloatCall* operands = &call) ((delegate* unmanaged<FloatCall*, void>)code)(operands);
        if (isDirect || call.IsLast == 0) return;

        for (int t = 0; t < tokens; t++) product.Store(token + t, output, sums + (t * Rows), outputs);
    }

    private static void SetRows(ref FloatCall call, byte* w, long stride, int count)
    {
        call.W0 = w;
        call.W1 = w + (Math.Min(1, count - 1) * stride);
        call.W2 = w + (Math.Min(2, count - 1) * stride);
        call.W3 = w + (Math.Min(3, count - 1) * stride);
    }

    /// <summary>Decodes rows to float32.</summary>
    private void Decode(in MatrixProduct product, int first, int count, float* rows, int padded)
    {
        int rowBytes = checked((int)_type.ByteSize(product.K));
        for (int r = 0; r < count; r++, rows += padded)
            Dequantizer.Dequantize(_type, new ReadOnlySpan<byte>(product.Weight + ((first + r) * product.RowStride), rowBytes), new Span<float>(rows, product.K));
    }

    private nint Code(nint[] table, int tokens, ElementType type)
    {
        nint address = Volatile.Read(ref table[tokens]);
        if (address != 0 || _cache.IsRefused) return address;
        return _cache.Load(ref table[tokens], _target.IsWide ? new FloatAssembly(type, tokens, _target.IsWindows) : new FloatAssembly256(type, tokens, _target.IsWindows));
    }
}
