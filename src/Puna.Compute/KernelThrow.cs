using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using Puna.Tensors;
using Puna.Tensors.Quantization;

namespace Puna.Compute;

/// <summary>Errors of ops, worded once and kept out of the hot code.</summary>
[StackTraceHidden]
internal static class KernelThrow
{
    [DoesNotReturn]
    internal static void Shape(string op, string what, long actual, long expected) =>
        throw new ArgumentException($"{op}: {what} is {actual}, expected {expected}.");

    [DoesNotReturn]
    internal static void NotMultiple(string op, string what, long actual, long unit) =>
        throw new ArgumentException($"{op}: {what} is {actual}, expected a multiple of {unit}.");

    [DoesNotReturn]
    internal static void Rows(string op, string what, int rows, int maxRows) =>
        throw new ArgumentException($"{op}: {rows} rows are asked for, {what} has room for {maxRows}.");

    [DoesNotReturn]
    internal static void ForeignActivations(string op, Type type) =>
        throw new ArgumentException($"{op}: activations of type {type.Name} belong to another backend.");

    [DoesNotReturn]
    internal static void TokenOutOfRange(int row, int token, long vocabSize) =>
        throw new ArgumentException($"Embed: row {row} has token id {token}; the vocabulary has {vocabSize} ids, 0 to {vocabSize - 1}.");

    [DoesNotReturn]
    internal static void MissingPage(int row, int pos, int sequence) =>
        throw new InvalidOperationException($"Attention: row {row} (sequence {sequence}, position {pos}) needs a cache page that is not there. Reserve the batch in the cache first.");

    [DoesNotReturn]
    internal static void WeightType(string op, Tensor weight) =>
        throw new NotSupportedException($"{op}: {weight.Name} is {weight.Type}, layout {weight.Layout}; no kernel reads that.");

    [DoesNotReturn]
    internal static void ForeignPool(string op, Type type) =>
        throw new ArgumentException($"{op}: cache pages of type {type.Name} belong to another backend.");

    [DoesNotReturn]
    internal static void LayerOutOfRange(string op, int layer, int layers) =>
        throw new ArgumentException($"{op}: layer {layer} is outside the cache class, which has {layers} layers.");

    [DoesNotReturn]
    internal static void SequenceOutOfRange(string op, int row, int sequence, int slots) =>
        throw new ArgumentException($"{op}: row {row} names cache slot {sequence}; the cache has {slots} slots.");

    [DoesNotReturn]
    internal static void CacheOverflow(string what, int row, int pos, ElementType type) =>
        throw new QuantizationException(type == ElementType.F16
            ? $"WriteKv: the {what} of row {row} (position {pos}) is not finite or beyond {Cpu.HalfConversion.Overflow}, too large for an F16 cache. Use an F32 cache."
            : $"WriteKv: the {what} of row {row} (position {pos}) is not finite, which a {type.Name()} cache cannot hold. Check the weights, or use an F32 cache to see where it arises.");
}
