using Puna.Training.Model;
using Puna.Training.Numerics;
using Puna.Training.Optimization;
using Xunit;

namespace Puna.Training.Tests;

public sealed class CheckpointTests : IDisposable
{
    private readonly string _path = Path.Combine(Path.GetTempPath(), $"puna-checkpoint-{Guid.NewGuid():N}.bin");

    public void Dispose() => File.Delete(_path);

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    public void A_run_resumed_on_other_threads_ends_with_the_same_weights(int rank)
    {
        RunSettings settings = SmallRun.Settings with { Rank = rank };
        using FloatBuffer start = new ParameterLayout(settings.Shape).Initialize(seed: 7);
        using TrainingRun whole = new(settings, threads: 1, start), half = new(settings, threads: 1, start);
        for (int i = 0; i < 12; i++) whole.Advance(SmallRun.Batch);
        for (int i = 0; i < 5; i++) half.Advance(SmallRun.Batch);

        Checkpoint.Save(_path, half);
        using TrainingRun resumed = Checkpoint.Load(_path, threads: 2);
        for (int i = 5; i < 12; i++) resumed.Advance(SmallRun.Batch);

        Assert.Equal((12, whole.NextExample, whole.TokensSeen), (resumed.Step, resumed.NextExample, resumed.TokensSeen));
        Assert.True(whole.State[0].Span.SequenceEqual(resumed.State[0].Span));
        Assert.False(half.State[0].Span.SequenceEqual(resumed.State[0].Span));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    public void A_file_that_is_cut_short_is_told_of(int rank)
    {
        using (TrainingRun run = new(SmallRun.Settings with { Rank = rank }, threads: 1)) Checkpoint.Save(_path, run);
        byte[] whole = File.ReadAllBytes(_path);
        foreach (int bytes in (int[])[0, 5, 13, 40, whole.Length / 2, whole.Length - 1])
        {
            File.WriteAllBytes(_path, whole[..bytes]);
            Assert.Contains(_path, Assert.Throws<InvalidDataException>(() => Checkpoint.Load(_path, threads: 1)).Message, StringComparison.Ordinal);
        }

        File.WriteAllBytes(_path, whole[..(whole.Length / 8)]);
        Assert.Contains("cut short", Assert.Throws<InvalidDataException>(() => Checkpoint.LoadWeights(_path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_file_is_refused()
    {
        File.WriteAllText(_path, new string('x', 500));

        Assert.Contains("not a checkpoint", Assert.Throws<InvalidDataException>(() => Checkpoint.Load(_path, threads: 1)).Message, StringComparison.Ordinal);
        Assert.Contains("not a checkpoint", Assert.Throws<InvalidDataException>(() => Checkpoint.LoadWeights(_path)).Message, StringComparison.Ordinal);
    }
}
