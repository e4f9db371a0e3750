using BenchmarkDotNet.Attributes;
using Puna.Safety.Injections;
using Puna.Safety.Obfuscation;

namespace Puna.Benchmarks.Safety;

/// <summary>A look at a message by the classifier that is shipped.</summary>
[MemoryDiagnoser]
public class InjectionBenchmarks
{
    private readonly string _message = string.Concat(Enumerable.Repeat("Please write to the museum about order 4711, and ask whether the garden is open. ", 10));

    /// <summary>800 characters as they stand.</summary>
    [Benchmark]
    public float Plain() => InjectionClassifier.Shipped.Score(_message);

    /// <summary>The same with everything undone that hides text.</summary>
    [Benchmark]
    public int AllReadings() => InjectionClassifier.Shipped.ScanReadings(_message, ObfuscationPasses.All).Count;
}
