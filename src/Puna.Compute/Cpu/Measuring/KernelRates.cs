using System.Diagnostics;
using Puna.Compute.Cpu.MatMul;
using Puna.Compute.Cpu.Threading;
using Puna.Tensors;
using Puna.Tensors.Storage;

namespace Puna.Compute.Cpu.Measuring;

/// <summary>
/// Measures the matrix kernels by themselves, as generating (one token) and as reading a prompt uses them; every thread multiplies
/// weights of its own. Rounding activations is not part of it.
/// </summary>
public sealed unsafe class KernelRates : IDisposable
{
    /// <summary>Tokens of the prompt.</summary>
    public const int PromptTokens = 512;

    /// <summary>Input width: a multiple of every block, and a hidden size in use.</summary>
    private const int K = 2048;

    /// <summary>Bytes of weights of a call: with activations they fit in a second-level cache.</summary>
    private const int CallBytes = 128 * 1024;

    /// <summary>More than the caches of a large processor hold, divided among threads.</summary>
    private const long MemoryBytes = 256L << 20;

    private static readonly TimeSpan Least = TimeSpan.FromMilliseconds(2);

    /// <summary>Longer than the runtime waits before it counts calls.</summary>
    private static readonly TimeSpan TierDelay = TimeSpan.FromMilliseconds(120);

    private readonly HashSet<MatrixKernel> _warm = [];

    private readonly WorkerTeam _team;
    private readonly NativeStorage _weights;
    private readonly HostActivations _x;
    private readonly TimeSpan _duration;
    private readonly long _memoryBytes;

    /// <summary>Prepares weights and activations.</summary>
    /// <param name="duration">About how long to measure each figure.</param>
    /// <param name="threads">Threads; null for one per core that the process may use.</param>
    /// <param name="memoryBytes">Weights to read; null for more than caches hold.</param>
    public KernelRates(TimeSpan duration, int? threads = null, long? memoryBytes = null)
    {
        _duration = duration;
        _memoryBytes = Math.Max(memoryBytes ?? MemoryBytes, 4L * CallBytes * (threads ?? 1));
        _team = new WorkerTeam(threads ?? ProcessorTopology.UsableCores());
        _weights = NativeStorage.Allocate(_memoryBytes);
        _x = new HostActivations(PromptTokens, K);

        // Bytes of which every number format makes ordinary numbers.
        Random random = new(1);
        byte[] some = new byte[4096];
        for (int i = 0; i < some.Length; i++) some[i] = (byte)random.Next(0x20, 0x3C);
        for (long at = 0; at < _memoryBytes; at += some.Length) some.AsSpan(0, (int)Math.Min(some.Length, _memoryBytes - at)).CopyTo(new Span<byte>(_weights.Pointer + at, some.Length));
        for (int r = 0; r < PromptTokens; r++)
        {
            foreach (ref float value in _x.Row(r)) value = (float)(random.NextDouble() - 0.5);
        }
    }

    /// <summary>Threads that measure.</summary>
    public int Threads => _team.Count;

    /// <summary>Measures the kernel that products with a weight format use.</summary>
    /// <param name="type">The format.</param>
    /// <param name="level">The most that it may use of the processor; null for all of it.</param>
    /// <exception cref="NotSupportedException">No kernel reads the format.</exception>
    public KernelRate Measure(ElementType type, CpuLevel? level = null)
    {
        MatrixKernel kernel = MatrixKernels.Best(type, MatrixLayout.OutIn, level ?? CpuFeatures.Highest)
            ?? throw new NotSupportedException($"No kernel multiplies weights in {type.Name()}.");
        double decodeCache = Rate(kernel, type, 1, fromMemory: false), decodeMemory = Rate(kernel, type, 1, fromMemory: true);
        double prefillCache = Rate(kernel, type, PromptTokens, fromMemory: false), prefillMemory = Rate(kernel, type, PromptTokens, fromMemory: true);
        double rowBytes = type.ByteSize(K), rowOperations = 2.0 * K * PromptTokens;
        ArithmeticOperation arithmetic = kernel.Form == ActivationForm.Float32 ? ArithmeticOperation.FloatFma : ArithmeticOperation.Int8Dot;
        return new KernelRate(
            type, kernel.Variant, kernel.Level, arithmetic, decodeCache * rowBytes, decodeMemory * rowBytes, prefillCache * rowOperations, prefillMemory * rowOperations);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _team.Dispose();
        _weights.Dispose();
        _x.Dispose();
    }

    /// <summary>
    /// Calls the kernels often enough, on small weights, that the runtime compiles them as it does in long runs. Without it figures of
    /// kernels that are not assembled say little.
    /// </summary>
    private void Warm(MatrixKernel kernel, ElementType type)
    {
        if (!_warm.Add(kernel)) return;

        const int Rounds = 3, CallsOfRound = 40, SmallK = 256;
        using Calls few = new(this, kernel, type, SmallK, 1), many = new(this, kernel, type, SmallK, WideTile.Tokens + 1);
        for (int round = 0; round < Rounds; round++)
        {
            for (int i = 0; i < CallsOfRound; i++)
            {
                few.Run(1, 0, 1);
                many.Run(1, 0, 1);
            }

            Thread.Sleep(TierDelay);
        }
    }

    /// <summary>Weight rows a second, all threads together: the best of several passes.</summary>
    private double Rate(MatrixKernel kernel, ElementType type, int tokens, bool fromMemory)
    {
        Warm(kernel, type);
        using Calls calls = new(this, kernel, type, K, tokens);
        int places = fromMemory ? calls.Places : 1, count = 1, at = 0;
        double best = 0;
        long started = Stopwatch.GetTimestamp();
        do
        {
            TimeSpan time = calls.Run(places, at, count);
            at = (at + count) % places;
            if (time >= Least) best = Math.Max(best, (double)count * calls.Outputs * _team.Count / time.TotalSeconds);
            else count *= 2;
        }
        while (best == 0 || Stopwatch.GetElapsedTime(started) < _duration);

        return best;
    }

    /// <summary>Operands for calls of a kernel.</summary>
    private sealed class Calls : IDisposable
    {
        private readonly KernelRates _owner;
        private readonly MatrixKernel _kernel;
        private readonly QuantizedActivations _quantized;
        private readonly HostActivations _y;
        private readonly NativeStorage _scratch;
        private readonly MatrixProduct _product;
        private readonly long _scratchBytes, _workerBytes;

        internal Calls(KernelRates owner, MatrixKernel kernel, ElementType type, int k, int tokens)
        {
            (_owner, _kernel) = (owner, kernel);
            int unit = kernel.OutputUnit(k, tokens), workers = owner.Threads;
            long stride = type.ByteSize(k);
            Outputs = unit * (int)Math.Max(1, CallBytes / (unit * type.ByteSize(K)));
            _workerBytes = owner._memoryBytes / workers / 64 * 64;
            Places = (int)(_workerBytes / (Outputs * stride));
            _quantized = new QuantizedActivations(kernel.Form);
            _y = new HostActivations(tokens * workers, Outputs);
            _scratchBytes = (kernel.ScratchBytes(k, tokens) + 63) & ~63L;
            _scratch = NativeStorage.Allocate(Math.Max(64, _scratchBytes * workers));
            _product = new MatrixProduct
            {
                Weight = owner._weights.Pointer,
                RowStride = stride,
                K = k,
                M = Outputs,
                Rows = tokens,
                X = owner._x.Pointer,
                XStride = owner._x.Stride,
                Y = _y.Pointer,
                YStride = _y.Stride,
            };
            if (kernel.Form == ActivationForm.Float32) return;

            bool wide = kernel.ReadsWideTiles;
            _product.Quantized = _quantized.Reserve(tokens, k, !wide && tokens >= QuantizedActivations.TileFromRows, wide ? WideTile.Count(tokens) : 0);
            for (int part = 0; part < WideTile.Count(tokens); part++)
                QuantizedActivations.Fill(_product.Quantized, owner._x.Pointer, owner._x.Stride, new RowGroup(0, tokens), part, part);
        }

        /// <summary>Weight rows of a call.</summary>
        internal int Outputs { get; }

        /// <summary>Calls whose weights a worker has.</summary>
        internal int Places { get; }

        /// <summary>Makes calls on all threads: of <paramref name="places"/> pieces of weights in turn, from <paramref name="first"/> on.</summary>
        internal TimeSpan Run(int places, int first, int count)
        {
            CallJob job = new(_kernel, _product, _scratch.Pointer, _scratchBytes, _workerBytes, places, first, count);
            long started = Stopwatch.GetTimestamp();
            _owner._team.Run(ref job);
            return Stopwatch.GetElapsedTime(started);
        }

        public void Dispose()
        {
            _quantized.Dispose();
            _y.Dispose();
            _scratch.Dispose();
        }
    }

    /// <summary>Calls of a kernel, one after the other, each worker on weights and outputs of its own.</summary>
    private readonly struct CallJob(
        MatrixKernel kernel, MatrixProduct product, byte* scratch, long scratchBytes, long workerBytes, int places, int first, int calls) : IParallelJob
    {
        private readonly byte* _scratch = scratch;

        public void Run(int worker, int workers)
        {
            MatrixProduct own = product;
            byte* weights = product.Weight + (worker * workerBytes);
            own.Y += (long)worker * product.Rows * product.YStride;
            for (int i = 0; i < calls; i++)
            {
                own.Weight = weights + ((first + i) % places * product.M * product.RowStride);
                kernel.Run(own, new MatrixRegion(0, product.M, 0, product.Rows), _scratch + (worker * scratchBytes));
            }
        }
    }
}
