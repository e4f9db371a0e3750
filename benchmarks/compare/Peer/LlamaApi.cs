using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Puna.Compare.Peer;

/// <summary>The part of llama.cpp's C interface that a measurement needs, as declared in the llama.h of <see cref="PeerPackage.Version"/>.</summary>
internal static unsafe partial class LlamaApi
{
    private const string Llama = "llama", Ggml = "ggml";

    /// <summary>Finds the libraries in a folder.</summary>
    public static void LoadFrom(string folder)
    {
        nint llama = NativeLibrary.Load(Directory.GetFiles(folder, "libllama.v*.so").Single());
        nint ggml = NativeLibrary.Load(Directory.GetFiles(folder, "libggml.v*.so").Single());
        NativeLibrary.SetDllImportResolver(typeof(LlamaApi).Assembly, (name, _, _) => name switch { Llama => llama, Ggml => ggml, _ => 0 });
        LogSet(&LogErrors, null);
        BackendLoadAll(folder);
        BackendInit();
    }

    /// <summary>
    /// Compares well-known defaults with what the library returns: were a structure laid out otherwise than here, they
    /// would lie elsewhere.
    /// </summary>
    /// <exception cref="ComparisonException">They differ.</exception>
    public static void CheckLayout()
    {
        const int Half = 1; // GGML_TYPE_F16
        ContextParams context = ContextDefaultParams();
        ModelParams model = ModelDefaultParams();
        bool isKnown = context is { Context: 512, Batch: 2048, MicroBatch: 512, SequencesMax: 1, KeyType: Half, ValueType: Half, NoPerformanceCounters: 1, Samplers: null, OtherContext: null }
            && model is { Devices: null, Overrides: null, VocabularyOnly: 0, UseExtraBuffers: 1, NoAllocation: 0 };
        if (!isKnown) throw new ComparisonException($"the library's default settings are not those of {PeerPackage.Name} {PeerPackage.Version}: this is another version.");
    }

    [LibraryImport(Ggml, EntryPoint = "ggml_backend_load_all_from_path", StringMarshalling = StringMarshalling.Utf8)]
    private static partial void BackendLoadAll(string folder);

    [LibraryImport(Llama, EntryPoint = "llama_backend_init")]
    private static partial void BackendInit();

    [LibraryImport(Llama, EntryPoint = "llama_log_set")]
    private static partial void LogSet(delegate* unmanaged[Cdecl]<int, byte*, void*, void> log, void* data);

    [LibraryImport(Llama, EntryPoint = "llama_model_default_params")]
    public static partial ModelParams ModelDefaultParams();

    [LibraryImport(Llama, EntryPoint = "llama_context_default_params")]
    public static partial ContextParams ContextDefaultParams();

    [LibraryImport(Llama, EntryPoint = "llama_model_load_from_file", StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint LoadModel(string path, ModelParams parameters);

    [LibraryImport(Llama, EntryPoint = "llama_init_from_model")]
    public static partial nint CreateContext(nint model, ContextParams parameters);

    [LibraryImport(Llama, EntryPoint = "llama_model_get_vocab")]
    public static partial nint Vocabulary(nint model);

    [LibraryImport(Llama, EntryPoint = "llama_vocab_n_tokens")]
    public static partial int VocabularySize(nint vocabulary);

    [LibraryImport(Llama, EntryPoint = "llama_get_memory")]
    public static partial nint Memory(nint context);

    [LibraryImport(Llama, EntryPoint = "llama_memory_seq_rm")]
    public static partial byte RemoveFrom(nint memory, int sequence, int first, int end);

    [LibraryImport(Llama, EntryPoint = "llama_decode")]
    public static partial int Decode(nint context, Batch batch);

    [LibraryImport(Llama, EntryPoint = "llama_synchronize")]
    public static partial void Synchronize(nint context);

    [LibraryImport(Llama, EntryPoint = "llama_free")]
    public static partial void FreeContext(nint context);

    [LibraryImport(Llama, EntryPoint = "llama_model_free")]
    public static partial void FreeModel(nint model);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void LogErrors(int level, byte* text, void* data)
    {
        const int Error = 4; // GGML_LOG_LEVEL_ERROR
        if (level == Error) Console.Error.Write(Marshal.PtrToStringUTF8((nint)text));
    }

    /// <summary>llama_batch: rows of one call.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct Batch
    {
        public int Tokens;
        public int* Ids;
        public float* Embeddings;
        public int* Positions;
        public int* SequenceCounts;
        public int** Sequences;
        public sbyte* WantsLogits;
    }

    /// <summary>llama_model_params.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct ModelParams
    {
        public void* Devices;
        public void* BufferOverrides;
        public int GpuLayers;
        public int SplitMode;
        public int LoadMode;
        public int LazyMode;
        public int MainGpu;
        public float* TensorSplit;
        public void* ProgressCallback;
        public void* ProgressData;
        public void* Overrides;
        public byte VocabularyOnly;
        public byte CheckTensors;
        public byte UseExtraBuffers;
        public byte NoHost;
        public byte NoAllocation;
        public byte LoadMtp;
    }

    /// <summary>llama_context_params.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct ContextParams
    {
        public uint Context;
        public uint Batch;
        public uint MicroBatch;
        public uint SequencesMax;
        public uint RecurrentSnapshots;
        public uint OutputsMax;
        public uint OutputsMaxPerSequence;
        public int Threads;
        public int ThreadsBatch;
        public int ContextType;
        public int RopeScaling;
        public int Pooling;
        public int AttentionType;
        public int FlashAttention;
        public float RopeBase;
        public float RopeScale;
        public float YarnExtension;
        public float YarnAttention;
        public float YarnFast;
        public float YarnSlow;
        public uint YarnContext;
        public float Defragmentation;
        public void* EvaluateCallback;
        public void* EvaluateData;
        public int KeyType;
        public int ValueType;
        public void* AbortCallback;
        public void* AbortData;
        public byte Embeddings;
        public byte OffloadAttention;
        public byte NoPerformanceCounters;
        public byte OffloadOps;
        public byte FullSlidingWindow;
        public byte Unified;
        public void* Samplers;
        public nuint SamplerCount;
        public void* OtherContext;
    }
}
