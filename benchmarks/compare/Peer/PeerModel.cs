using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Puna.Compare.Peer;

/// <summary>A model loaded by llama.cpp with its default settings, and a context of one or more sequences.</summary>
internal sealed unsafe class PeerModel : IDisposable
{
    private const int BatchTokens = 2048;

    private readonly nint _model, _context, _memory;
    private readonly int _vocabSize, _sequences;
    private readonly int* _sequenceIds;
    private readonly LlamaApi.Batch _rows;
    private readonly Random _random = new(1);

    public PeerModel(string path, int threads, int contextTokens, int sequences)
    {
        LlamaApi.ModelParams model = LlamaApi.ModelDefaultParams();
        model.GpuLayers = 0;
        _model = LlamaApi.LoadModel(path, model);
        if (_model == 0) throw new ComparisonException($"llama.cpp does not load {path}.");

        LlamaApi.ContextParams context = LlamaApi.ContextDefaultParams();
        context.Context = (uint)((contextTokens + 255) / 256 * 256 * sequences); // split evenly
        context.SequencesMax = (uint)sequences;
        context.Batch = BatchTokens;
        context.Threads = context.ThreadsBatch = threads;
        _context = LlamaApi.CreateContext(_model, context);
        if (_context == 0) throw new ComparisonException($"llama.cpp makes no context of {sequences} times {contextTokens} tokens for {path}.");

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
        _sequences = sequences;
        _sequenceIds = Array<int>();
        for (int i = 0; i < BatchTokens; i++)
        {
            _rows.SequenceCounts[i] = 1;
            _rows.Sequences[i] = _sequenceIds + i;
        }
    }

    /// <summary>Reads random tokens of one sequence at [first, first + count), as many in a call as llama.cpp takes, with logits for the last.</summary>
    public void Prefill(int sequence, int first, int count)
    {
        for (int done = 0; done < count; done += BatchTokens)
        {
            int rows = Math.Min(BatchTokens, count - done);
            for (int i = 0; i < rows; i++) SetRow(i, sequence, first + done + i, wantsLogits: done + i == count - 1);
            Decode(rows);
        }
    }

    /// <summary>Reads random tokens one by one, for all sequences in one call, each with logits, as in generation.</summary>
    public void Generate(int first, int count)
    {
        for (int i = 0; i < count; i++)
        {
            for (int sequence = 0; sequence < _sequences; sequence++) SetRow(sequence, sequence, first + i, wantsLogits: true);
            Decode(_sequences);
        }
    }

    /// <summary>Forgets all from a position on, in every sequence.</summary>
    public void Truncate(int position)
    {
        const int Any = -1;
        if (LlamaApi.RemoveFrom(_memory, Any, position, -1) == 0) throw new ComparisonException($"llama.cpp cannot go back to position {position} with this model.");
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
        foreach (nint array in (ReadOnlySpan<nint>)[(nint)_rows.Ids, (nint)_rows.Positions, (nint)_rows.SequenceCounts, (nint)_sequenceIds, (nint)_rows.Sequences, (nint)_rows.WantsLogits])
            NativeMemory.Free((void*)array);
    }

    private static T* Array<T>()
        where T : unmanaged => (T*)NativeMemory.AllocZeroed(BatchTokens, (nuint)sizeof(T));

    private void SetRow(int row, int sequence, int position, bool wantsLogits)
    {
        _rows.Ids[row] = _random.Next(_vocabSize);
        _rows.Positions[row] = position;
        _sequenceIds[row] = sequence;
        _rows.WantsLogits[row] = wantsLogits ? (sbyte)1 : (sbyte)0;
    }

    private void Decode(int rows)
    {
        LlamaApi.Batch batch = _rows;
        batch.Tokens = rows;
        if (LlamaApi.Decode(_context, batch) != 0) throw new ComparisonException($"llama_decode failed on {rows} rows from position {batch.Positions[0]}.");
        LlamaApi.Synchronize(_context);
    }
}
