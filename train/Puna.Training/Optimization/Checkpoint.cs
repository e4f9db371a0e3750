using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
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
            foreach (FloatBuffer buffer in run.State) writer.Write(MemoryMarshal.AsBytes(buffer.Span));
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
        (RunSettings settings, long step, long nextExample, long tokens) = ReadHead(stream, path);
        RequireBytes(stream, path, TrainingRun.StateLength(settings));
        TrainingRun run = new(steps > 0 ? settings with { Steps = steps } : settings, threads);
        run.Restore(step, nextExample, tokens);
        foreach (FloatBuffer buffer in run.State) stream.ReadExactly(MemoryMarshal.AsBytes(buffer.Span));
        return run;
    }

    /// <summary>Settings, weights and step alone.</summary>
    /// <exception cref="InvalidDataException">The file is no checkpoint or is cut short.</exception>
    public static (RunSettings Settings, FloatBuffer Weights, long Step) LoadWeights(string path)
    {
        using FileStream stream = File.OpenRead(path);
        (RunSettings settings, long step, _, _) = ReadHead(stream, path);
        long length = new ParameterLayout(settings.Shape).Length;
        RequireBytes(stream, path, length);
        FloatBuffer weights = new(length);
        stream.ReadExactly(MemoryMarshal.AsBytes(weights.Span));
        return (settings, weights, step);
    }

    /// <summary>What a checkpoint says of its run.</summary>
    /// <exception cref="InvalidDataException">The file is no checkpoint.</exception>
    internal static RunSettings LoadSettings(string path)
    {
        using FileStream stream = File.OpenRead(path);
        return ReadHead(stream, path).Settings;
    }

    private static (RunSettings Settings, long Step, long NextExample, long Tokens) ReadHead(FileStream stream, string path)
    {
        using BinaryReader reader = new(stream, Encoding.UTF8, leaveOpen: true);
        try
        {
            if (stream.Length < Magic.Length + 1 || reader.ReadByte() != Magic.Length || !reader.ReadBytes(Magic.Length).AsSpan().SequenceEqual(Encoding.ASCII.GetBytes(Magic)))
                throw new InvalidDataException($"{path} is not a checkpoint of this program.");

            return (RunSettings.FromJson(reader.ReadString()), reader.ReadInt64(), reader.ReadInt64(), reader.ReadInt64());
        }
        catch (Exception error) when (error is EndOfStreamException or FormatException or JsonException or ArgumentException)
        {
            throw new InvalidDataException($"{path}: the settings at its beginning cannot be read ({error.Message}). Take an older copy, or begin again in another folder.", error);
        }
    }

    // Sizes come from the file: they are compared with it before anything is allocated.
    private static void RequireBytes(FileStream stream, string path, long floats)
    {
        long left = stream.Length - stream.Position;
        if (floats < 0 || floats > left / sizeof(float))
            throw new InvalidDataException($"{path} is cut short: its settings ask for {floats} values of {sizeof(float)} bytes, and {left} bytes are left. Take an older copy, or begin again in another folder.");
    }
}
