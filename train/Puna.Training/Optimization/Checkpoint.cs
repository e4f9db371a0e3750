using System.Text;
using Puna.Training.Model;
using Puna.Training.Numerics;

namespace Puna.Training.Optimization;

/// <summary>State of a run in one file: settings, position, weights and both moments. Written beside and renamed, so that a kill leaves the last one whole.</summary>
public static class Checkpoint
{
    private const string Magic = "PUNA-TRAIN-1";

    /// <param name="path">Where to put it; an older one is replaced.</param>
    /// <param name="run">What to save.</param>
    public static void Save(string path, TrainingRun run)
    {
        ArgumentNullException.ThrowIfNull(run);
        string temporary = path + ".tmp";
        using (FileStream stream = File.Create(temporary))
        using (BinaryWriter writer = new(stream, Encoding.UTF8))
        {
            writer.Write(Magic);
            writer.Write(run.Settings.ToJson());
            writer.Write(run.Step);
            writer.Write(run.NextExample);
            writer.Write(run.TokensSeen);
            foreach (FloatBuffer buffer in run.State) writer.Write(System.Runtime.InteropServices.MemoryMarshal.AsBytes(buffer.Span));
            writer.Flush();
            stream.Flush(flushToDisk: true);
        }

        File.Move(temporary, path, overwrite: true);
    }

    /// <param name="path">The file.</param>
    /// <param name="threads">Threads of the run.</param>
    /// <param name="steps">A new length of the schedule, or 0 for the one saved.</param>
    /// <exception cref="InvalidDataException">The file is no checkpoint or is cut short.</exception>
    public static TrainingRun Load(string path, int threads, int steps = 0)
    {
        using FileStream stream = File.OpenRead(path);
        using BinaryReader reader = new(stream, Encoding.UTF8);
        if (reader.ReadString() != Magic) throw new InvalidDataException($"{path} is not a checkpoint of this program.");

        RunSettings settings = RunSettings.FromJson(reader.ReadString());
        TrainingRun run = new(steps > 0 ? settings with { Steps = steps } : settings, threads);
        try
        {
            run.Restore(reader.ReadInt64(), reader.ReadInt64(), reader.ReadInt64());
            foreach (FloatBuffer buffer in run.State) stream.ReadExactly(System.Runtime.InteropServices.MemoryMarshal.AsBytes(buffer.Span));
            return run;
        }
        catch (EndOfStreamException error)
        {
            run.Dispose();
            throw new InvalidDataException($"{path} is cut short: {stream.Length} bytes.", error);
        }
    }

    /// <summary>Settings and weights alone.</summary>
    public static (RunSettings Settings, FloatBuffer Weights, long Step) LoadWeights(string path)
    {
        using FileStream stream = File.OpenRead(path);
        using BinaryReader reader = new(stream, Encoding.UTF8);
        if (reader.ReadString() != Magic) throw new InvalidDataException($"{path} is not a checkpoint of this program.");

        RunSettings settings = RunSettings.FromJson(reader.ReadString());
        long step = reader.ReadInt64();
        reader.ReadInt64();
        reader.ReadInt64();
        FloatBuffer weights = new(new ParameterLayout(settings.Shape).Length);
        stream.ReadExactly(System.Runtime.InteropServices.MemoryMarshal.AsBytes(weights.Span));
        return (settings, weights, step);
    }
}
