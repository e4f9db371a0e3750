using System.Diagnostics;
using Puna.Training.Model;
using Puna.Training.Numerics;

namespace Puna.Training.Commands;

/// <summary>Tokens per second of one thread, for choosing a size.</summary>
internal static class SpeedCommand
{
    public static void Run(Options options)
    {
        ModelShape shape = options.Shape(ModelShape.Demo(options.Int("vocabulary", 2048)));
        int tokens = options.Int("tokens", 1024), length = options.Int("length", 256);
        ParameterLayout layout = new(shape);
        using FloatBuffer weights = layout.Initialize(1), gradients = new(layout.Length);
        using Network network = new(layout, tokens);
        SeededRandom random = new(2);
        TokenBatch batch = new(
            [.. Enumerable.Range(0, tokens).Select(_ => random.Next(shape.Vocabulary))],
            [.. Enumerable.Repeat(length, tokens / length)],
            [.. Enumerable.Range(0, tokens).Select(t => (t + 1) % length == 0 ? 0f : 1f)]);
        network.ForwardBackward(weights, batch, gradients, 1, 0.01f);
        for (int round = 0; round < 3; round++)
        {
            long start = Stopwatch.GetTimestamp();
            network.ForwardBackward(weights, batch, gradients, 1f / tokens, 0.01f);
            double all = Stopwatch.GetElapsedTime(start).TotalSeconds;
            start = Stopwatch.GetTimestamp();
            network.Forward(weights, batch);
            Console.WriteLine($"{layout.Length / 1e6:F2} M parameters, {tokens / all:F0} tokens/s both ways, {tokens / Stopwatch.GetElapsedTime(start).TotalSeconds:F0} forward, one thread");
        }

        using MatrixMultiplier multiplier = new();
        using FloatBuffer a = new(1024 * 256), b = new(256 * 256), c = new(1024 * 256);
        unsafe
        {
            long start = Stopwatch.GetTimestamp();
            for (int i = 0; i < 50; i++) multiplier.TimesTransposed(1024, 256, 256, a.Data, 256, b.Data, 256, c.Data, 256);
            Console.WriteLine($"products [1024,256]x[256,256]: {50 * 2.0 * 1024 * 256 * 256 / Stopwatch.GetElapsedTime(start).TotalSeconds / 1e9:F1} GFLOP/s");
        }
    }
}
