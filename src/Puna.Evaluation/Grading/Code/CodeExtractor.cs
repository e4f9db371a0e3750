using System.Text.RegularExpressions;

namespace Puna.Evaluation.Grading.Code;

/// <summary>Takes the program out of an answer, by the rules of the recipes. Nothing here runs it.</summary>
internal static class CodeExtractor
{
    private const string Fence = "```";

    /// <summary>lm-evaluation-harness' instruct form, whose turn was begun with an open fence: the text before the first fence.</summary>
    public static Extraction BeforeFence(string answer)
    {
        int fence = answer.IndexOf(Fence, StringComparison.Ordinal);
        return fence < 0 ? new(answer, "whole") : new(answer[..fence], "before_fence");
    }

    /// <summary>simple-evals' HumanEval: the first Python block, without everything up to the end of its first signature.</summary>
    public static Extraction SimpleBody(string answer)
    {
        const string signatureEnd = ":\n    ";
        string code = answer;
        string rule = "whole";
        int open = answer.IndexOf("```python\n", StringComparison.Ordinal);
        if (open >= 0 && answer.IndexOf(Fence, open + "```python\n".Length, StringComparison.Ordinal) is var close and >= 0)
        {
            code = answer[(open + "```python\n".Length)..close];
            rule = "python_fence";
        }

        int body = code.IndexOf(signatureEnd, StringComparison.Ordinal);
        return new Extraction(body < 0 ? code : code[(body + 2)..], rule);
    }

    /// <summary>The longest fenced block that defines a function; without fences the whole answer where it defines it.</summary>
    /// <param name="answer">The model's text.</param>
    /// <param name="entryPoint">Name of the function.</param>
    /// <param name="language">The fence's language, <c>python</c> or <c>csharp</c>; it says how a definition looks.</param>
    public static Extraction Defining(string answer, string entryPoint, string language)
    {
        Regex definition = LinearPattern.Of(language == "python"
            ? $@"^[ \t]*(async[ \t]+)?def[ \t]+{Regex.Escape(entryPoint)}[ \t]*\("
            : $@"\b{Regex.Escape(entryPoint)}[ \t]*(<[^<>()]*>)?[ \t]*\(", RegexOptions.Multiline);

        string? longest = null;
        foreach (string block in Blocks(answer))
        {
            if (block.Length > (longest?.Length ?? -1) && definition.IsMatch(block)) longest = block;
        }

        if (longest is not null) return new Extraction(longest, "defining_fence");
        return !answer.Contains(Fence, StringComparison.Ordinal) && definition.IsMatch(answer) ? new Extraction(answer, "whole") : Extraction.None;
    }

    /// <summary>MBPP: the text between [BEGIN] and [DONE], each of which may be missing because the prompt or a stop string holds it.</summary>
    public static Extraction BetweenMarks(string answer)
    {
        int begin = answer.IndexOf("[BEGIN]", StringComparison.Ordinal);
        string code = begin < 0 ? answer : answer[(begin + "[BEGIN]".Length)..];
        int done = code.IndexOf("[DONE]", StringComparison.Ordinal);
        return new Extraction((done < 0 ? code : code[..done]).Trim('\r', '\n'), begin < 0 ? "whole" : "marks");
    }

    /// <summary>
    /// The fenced blocks, in order, without their fences. A block ends at a line that is a fence; one that is cut off by the end of the answer counts.
    /// </summary>
    public static IReadOnlyList<string> Blocks(string answer)
    {
        List<string> blocks = [];
        List<string>? open = null;
        foreach (string raw in answer.Split('\n'))
        {
            string line = raw.TrimEnd('\r');
            bool fence = line.AsSpan().TrimStart().StartsWith(Fence, StringComparison.Ordinal);
            if (open is null)
            {
                if (fence) open = [];
            }
            else if (fence)
            {
                blocks.Add(string.Join('\n', open));
                open = null;
            }
            else
            {
                open.Add(line);
            }
        }

        if (open is { Count: > 0 }) blocks.Add(string.Join('\n', open));
        return blocks;
    }
}
