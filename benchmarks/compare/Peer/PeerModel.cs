using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Puna.Compare.Peer;

/// <summary>A model loaded by llama.cpp with its default settings, and a context of one sequence.</summary>
internal sealed unsafe class PeerModel : IDisposable
{
    private const int BatchTokens = 2048;

    private readonly nint _model, _context, _memory;
    private readonly int _vocabSize;
    private readonly LlamaApi.Batch _rows;
    private readonly Random _random = new(1);

    public PeerModel(string path, int threads, int contextTokens)
    {
        LlamaApi.ModelParams model = LlamaApi.ModelDefaultParams();
        model.GpuLayers = 0;
        _model = LlamaApi.LoadModel(path, model);
        if (_model == 0) throw new ComparisonException($"llama.cpp does not load {path}.");

        LlamaApi.ContextParams context = LlamaApi.ContextDefaultParams();
        context.Context = (uint)(contextTokens + 255) / 256 * 256;
        context.Batch = BatchTokens;
        context.Threads = context.ThreadsBatch = threads;
        _context = LlamaApi.CreateContext(_model, context);
        if (_context == 0) throw new ComparisonException($"llama.cpp makes no context of {contextTokens} tokens for {path}.");

        _memory = LlamaApi.Memory(_context);
        _vocabSize = LlamaApi.VocabularySize(LlamaApi.Vocabulary(_model));
        _rows = new LlamaApi.Batch
        {
            Ids = Array<int>(),
            Positions = Array<int>(),
            SequenceCounts = Array<int>(),
            Sequences = (int**)Array<nint>(),
            WantsLogits = Array<sbyte>(),
        };
        int* sequence = Array<int>();
        for (int i = 0; i < BatchTokens; i++)
        {
            _rows.SequenceCounts[i] = 1;
            _rows.Sequences[i] = sequence;
        }
    }

    /// <summary>Reads random tokens at [first, first + count), as many in a call as llama.cpp takes, with logits for the last.</summary>
    public void Prefill(int first, int count)
    {
        for (int done = 0; done < count; done += BatchTokens) Decode(first + done, Math.Min(BatchTokens, count - done), done + BatchTokens >= count);
    }

    /// <summary>Reads random tokens one by one, each with logits, as in generation.</summary>
    public void Generate(int first, int count)
    {
        for (int i = 0; i < count; i++) Decode(first + i, 1, wantsLogits: true);
    }

    /// <summary>Forgets all from a position on.</summary>
    public void Truncate(int position)
    {
        if (LlamaApi.RemoveFrom(_memory, 0, position, -1) == 0) throw new ComparisonException($"llama.cpp cannot go back to position {position} with this model.");
    }

    /// <summary>Seconds that an action takes.</summary>
    public static double Seconds(Action action)
    {
        long started = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        LlamaApi.FreeContext(_context);
        LlamaApi.FreeModel(_model);
        foreach (nint array in (ReadOnlySpan<nint>)[(nint)_rows.Ids, (nint)_rows.Positions, (nint)_rows.SequenceCounts, (nint)_rows.Sequences[0], (nint)_rows.Sequences, (nint)_rows.WantsLogits])
            NativeMemory.Free((void*)array);
    }

    private static T* Array<T>()
        where T : unmanaged => (T*)NativeMemory.AllocZeroed(BatchTokens, (nuint)sizeof(T));

    private void Decode(int first, int count, bool wantsLogits)
    {
        LlamaApi.Batch batch = _rows;
        batch.Tokens = count;
        for (int i = 0; i < count; i++)
        {
            batch.Ids[i] = _random.Next(_vocabSize);
            batch.Positions[i] = first + i;
            batch.WantsLogits[i] = wantsLogits && i == count - 1 ? (sbyte)1 : (sbyte)0;
        }

        if (LlamaApi.Decode(_context, batch) != 0) throw new ComparisonException($"llama_decode failed at position {first}.");
        LlamaApi.Synchronize(_context);
    }
}
