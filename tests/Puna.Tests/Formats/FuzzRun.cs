using System.Diagnostics;
using System.Globalization;
using Puna.Formats;

namespace Puna.Tests.Formats;

/// <summary>
/// Runs a reader over many damaged files and holds it to its promises: only typed errors, bounded memory, no hang. The
/// number of cases is 2,000, or what the environment variable <c>PUNA_FUZZ_CASES</c> says.
/// </summary>
internal static class FuzzRun
{
    private const int DefaultCases = 2000;

    // What a refused or opened file may allocate: a base for the objects of the reader and one exception with its texts,
    // and a factor for items that take few bytes in the file and an object here (an 8-byte name and an entry in a table).
    private const long BaseBytes = 192 << 10;
    private const long BytesPerFileByte = 64;

    private static readonly TimeSpan CaseLimit = TimeSpan.FromSeconds(10); // against a hang, not a measurement

    /// <summary>Prepares case <paramref name="number"/>: writes its files and returns their size and the action to try.</summary>
    internal delegate (long FileBytes, Action Read) Prepare(int number, Mutator mutator);

    /// <summary>Runs all cases; returns how many files were read in spite of the damage.</summary>
    internal static int Run(int firstSeed, Prepare prepare)
    {
        int cases = int.TryParse(Environment.GetEnvironmentVariable("PUNA_FUZZ_CASES"), CultureInfo.InvariantCulture, out int asked) ? asked : DefaultCases;
        int read = 0;
        for (int number = 0; number < cases; number++)
        {
            int seed = firstSeed + number;
            (long fileBytes, Action action) = prepare(number, new Mutator(seed));

            long start = Stopwatch.GetTimestamp(), before = GC.GetAllocatedBytesForCurrentThread();
            Exception? error = Record(action);
            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

            if (error is null) read++;
            Assert.True(error is null or ModelFileException or IOException, $"seed {seed}: {error}");
            Assert.True(allocated <= BaseBytes + (fileBytes * BytesPerFileByte), $"seed {seed}: {allocated} bytes allocated for a file of {fileBytes}");
            Assert.True(Stopwatch.GetElapsedTime(start) < CaseLimit, $"seed {seed}: longer than {CaseLimit}");
        }

        Assert.InRange(read, 1, cases - 1); // neither harmless nor hopeless: the damage reached the checks behind the first
        return read;
    }

    private static Exception? Record(Action action)
    {
        try
        {
            action();
            return null;
        }
        catch (Exception e)
        {
            return e;
        }
    }
}
