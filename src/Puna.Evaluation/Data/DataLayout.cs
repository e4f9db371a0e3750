namespace Puna.Evaluation.Data;

/// <summary>How the files of a benchmark are laid out upstream.</summary>
/// <param name="Name">Name of the benchmark; smoke items carry it too.</param>
/// <param name="Source">Where the data come from and under what licence.</param>
/// <param name="Test">Name of the split that is asked.</param>
/// <param name="Shots">Name of the split that worked examples come from; null for none.</param>
public sealed record DataLayout(string Name, string Source, string Test, string? Shots = null)
{
    /// <summary>Folder of the configuration inside the data folder, tried before the data folder itself.</summary>
    public string? Config { get; init; }

    /// <summary>Folder beside a file that holds a file of the same name with the answers; its rows' fields are added to the questions of the same <c>id</c>. Null where rows are whole.</summary>
    public string? Answers { get; init; }

    /// <summary>Columns of CSV and TSV files that have no header, as the authors publish some.</summary>
    public IReadOnlyList<string>? Columns { get; init; }
}

/// <summary>Where a row stands.</summary>
/// <param name="File">Name of the file without folder and extension.</param>
/// <param name="Index">Number of the row in the split, from 0.</param>
/// <param name="FileIndex">Number of the row in its file, from 0.</param>
public readonly record struct RowPlace(string File, int Index, int FileIndex);
