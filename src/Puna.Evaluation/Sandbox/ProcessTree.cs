using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace Puna.Evaluation.Sandbox;

/// <summary>The processes below one, as Linux tells of them.</summary>
internal static class ProcessTree
{
    /// <summary>How many processes there are, the first included, and the bytes of memory they hold together.</summary>
    public static (int Processes, long Memory) Measure(int root)
    {
        int count = 0;
        long pages = 0;
        Stack<int> open = new([root]);
        while (open.TryPop(out int process))
        {
            count++;
            pages += ResidentPages(process);
            foreach (int child in Children(process)) open.Push(child);
        }

        return (count, pages * Environment.SystemPageSize);
    }

    /// <summary>
    /// Kills a process and all below it. The first process of a process namespace takes everything in it along, whatever forks meanwhile.
    /// </summary>
    public static void Kill(Process process)
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (Exception error) when (error is InvalidOperationException or Win32Exception or AggregateException)
        {
            // It ended by itself, or its children did while they were looked for.
        }
    }

    private static long ResidentPages(int process)
    {
        try
        {
            string[] fields = File.ReadAllText($"/proc/{process}/statm").Split(' ');
            return fields.Length > 1 && long.TryParse(fields[1], CultureInfo.InvariantCulture, out long pages) ? pages : 0;
        }
        catch (IOException)
        {
            return 0; // gone
        }
    }

    private static List<int> Children(int process)
    {
        List<int> children = [];
        try
        {
            foreach (string thread in Directory.EnumerateDirectories($"/proc/{process}/task"))
            {
                foreach (string child in File.ReadAllText($"{thread}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries))
                {
                    if (int.TryParse(child, CultureInfo.InvariantCulture, out int id)) children.Add(id);
                }
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Gone meanwhile.
        }

        return children;
    }
}
