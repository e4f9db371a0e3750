namespace Puna.Safety.Audit;

/// <summary>What a look at all records of a folder found.</summary>
/// <param name="Files">Files read.</param>
/// <param name="Records">Records in the chain.</param>
/// <param name="First">Number of the first one; more than 1 where older files were let go.</param>
/// <param name="Last">Number of the last one.</param>
/// <param name="Hash">Hash of the last one. Keep it elsewhere: whoever can write all files can chain them anew, but not to the same hash.</param>
/// <param name="UnfinishedBytes">Bytes behind the last line feed, which a killed process left.</param>
/// <param name="Problem">Where the chain breaks and why, or null.</param>
public sealed record AuditVerification(int Files, long Records, long First, long Last, string Hash, long UnfinishedBytes, string? Problem)
{
    private const int MaxLine = 1 << 24;

    private string? Expected { get; init; }

    private bool IsExpected { get; init; } // a record has the expected hash

    private int LetGo { get; init; } // number of the last file that a record says was let go

    /// <summary>Reads all records and follows the chain. Of itself a chain cannot tell that its end was cut off: that takes a hash that was kept elsewhere.</summary>
    /// <param name="folder">The folder of records.</param>
    /// <param name="expected">Hash of a record that must be there, in hexadecimal, as an earlier look gave it; null for none.</param>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static AuditVerification Of(string folder, string? expected = null)
    {
        if (!Directory.Exists(folder)) throw new DirectoryNotFoundException($"{folder}: there is no such folder.");

        AuditVerification state = new(0, 0, 0, 0, AuditLine.Beginning, 0, null) { Expected = expected?.ToLowerInvariant() };
        List<(int Number, string Path)> files = AuditLine.Files(folder);
        for (int i = 0; i < files.Count; i++)
        {
            if (i > 0 && files[i].Number != files[i - 1].Number + 1) return state with { Problem = $"{AuditLine.FileName(files[i - 1].Number + 1)} is missing" };
            state = Follow(files[i].Path, state with { Files = state.Files + 1 });
            if (state.Problem is not null) return state;
        }

        if (files.Count > 0 && files[0].Number > state.LetGo + 1) return state with { Problem = $"{AuditLine.FileName(files[0].Number - 1)} is missing, and no record says that it was let go" };
        if (state.First > 1 && files[0].Number == 1) return state with { Problem = $"the records before {state.First} are missing, and no record says that they were let go" };
        return state.Expected is null || state.IsExpected ? state : state with { Problem = $"no record has the expected hash {state.Expected}: records were cut off at an end, or all were chained anew" };
    }

    private static AuditVerification Follow(string path, AuditVerification state)
    {
        if (state.UnfinishedBytes > 0) return state with { Problem = $"the file before {Path.GetFileName(path)} ends within a line" };

        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1 << 16);
        using MemoryStream line = new();
        byte[] buffer = new byte[1 << 16];
        for (long count, number = 0; (count = file.Read(buffer)) > 0;)
        {
            ReadOnlySpan<byte> rest = buffer.AsSpan(0, (int)count);
            for (int end; (end = rest.IndexOf((byte)'\n')) >= 0; rest = rest[(end + 1)..])
            {
                number++;
                line.Write(rest[..end]);
                state = Next(state, line.GetBuffer().AsMemory(0, (int)line.Length), $"{Path.GetFileName(path)}, line {number}");
                if (state.Problem is not null) return state;
                line.SetLength(0);
            }

            line.Write(rest);
            if (line.Length > MaxLine) return state with { Problem = $"{Path.GetFileName(path)}, line {number + 1}: it is longer than a record can be" };
        }

        return state with { UnfinishedBytes = line.Length };
    }

    private static AuditVerification Next(AuditVerification state, ReadOnlyMemory<byte> line, string place)
    {
        if (AuditLine.Read(line, out long sequence, out string previous, out string hash, out int letGo) is { } problem) return state with { Problem = $"{place}: {problem}" };

        bool first = state.Records == 0;
        if (first && sequence == 1 && previous != AuditLine.Beginning) return state with { Problem = $"{place}: the first record names one before it" };
        if (!first && sequence != state.Last + 1) return state with { Problem = $"{place}: record {sequence} follows record {state.Last}: records are missing or were put elsewhere" };
        if (!first && previous != state.Hash) return state with { Problem = $"{place}: record {sequence} does not follow the record before it: that one was replaced" };
        return state with { Records = state.Records + 1, First = first ? sequence : state.First, Last = sequence, Hash = hash, IsExpected = state.IsExpected || hash == state.Expected, LetGo = Math.Max(state.LetGo, letGo) };
    }
}
