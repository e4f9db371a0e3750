using Puna.Evaluation.Tasks.Choices;
using Puna.Evaluation.Tasks.Written;

namespace Puna.Evaluation.Tasks;

/// <summary>All recipes.</summary>
public static class EvaluationTasks
{
    /// <summary>In order of name.</summary>
    public static IReadOnlyList<EvaluationTask> All { get; } = [.. ((IEnumerable<EvaluationTask>[])[MmluScored.All, ArcScored.All, GpqaScored.All, MmluWritten.All, MmluProWritten.All, GradeSchoolMath.All, CompetitionMath.All, InstructionFollowingTask.All, FieldExtractionTask.All, PythonCodeTask.All, LongContextTasks.All, CSharpCodeTask.All, JsonSchemaTask.All, FunctionCallTask.All, GuardTask.All]).SelectMany(tasks => tasks).OrderBy(task => task.Name, StringComparer.Ordinal)];

    /// <summary>The recipe of a name.</summary>
    /// <exception cref="EvaluationException">There is no such recipe; the message names those like it.</exception>
    public static EvaluationTask Find(string name) => All.FirstOrDefault(task => task.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
        ?? throw new EvaluationException($"There is no recipe '{name}'.{Like(name)} puna eval list shows all.");

    private static string Like(string name)
    {
        string wanted = name[(name.LastIndexOf('/') + 1)..];
        string[] like = [.. All.Select(task => task.Name).Where(n => wanted.Length > 2 && n.Contains(wanted, StringComparison.OrdinalIgnoreCase))];
        return like.Length == 0 ? "" : $" Is {string.Join(" or ", like)} meant? The part before the slash says whose recipe it is.";
    }
}
