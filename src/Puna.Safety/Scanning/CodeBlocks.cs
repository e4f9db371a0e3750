using System.Collections.Frozen;

namespace Puna.Safety.Scanning;

/// <summary>A piece of code in a text.</summary>
/// <param name="Language">Its language, one of <see cref="CodeBlocks.Languages"/>, or null where nothing tells it.</param>
/// <param name="Start">First UTF-16 unit.</param>
/// <param name="End">Unit behind the last.</param>
internal readonly record struct CodeBlock(string? Language, int Start, int End);

/// <summary>Finds code between fences.</summary>
internal static class CodeBlocks
{
    internal static readonly string[] Languages = ["csharp", "python", "javascript", "java", "c", "php", "go", "rust", "shell", "sql", "yaml", "dockerfile"];

    private static readonly FrozenDictionary<string, string> Names = (
        "c#=csharp cs=csharp csharp=csharp dotnet=csharp py=python python=python python3=python ipython=python js=javascript javascript=javascript jsx=javascript ts=javascript tsx=javascript " +
        "typescript=javascript node=javascript mjs=javascript java=java kotlin=java kt=java scala=java c=c cpp=c c++=c cc=c h=c hpp=c objc=c php=php go=go golang=go rust=rust rs=rust " +
        "sh=shell bash=shell shell=shell zsh=shell console=shell terminal=shell shellscript=shell sql=sql mysql=sql postgresql=sql postgres=sql tsql=sql plsql=sql sqlite=sql yaml=yaml yml=yaml dockerfile=dockerfile docker=dockerfile")
        .Split(' ').Select(pair => pair.Split('=')).ToFrozenDictionary(pair => pair[0], pair => pair[1], StringComparer.OrdinalIgnoreCase);

    /// <summary>The blocks between fences of three or more backticks or tildes. A block without its end goes to the end of the text.</summary>
    internal static IEnumerable<CodeBlock> Fenced(string text)
    {
        int at = 0;
        while (NextFence(text, at) is var (open, length, _, lineEnd) && open >= 0)
        {
            ReadOnlySpan<char> info = text.AsSpan(open + length, lineEnd - open - length).Trim();
            int space = info.IndexOfAny(' ', '{', ',');
            string? language = LanguageOf((space >= 0 ? info[..space] : info).TrimStart('.').ToString());
            char mark = text[open];
            int start = Math.Min(lineEnd + 1, text.Length), end = text.Length, next = text.Length;
            for (int look = start; NextFence(text, look) is var (close, closing, closeLine, closeEnd) && close >= 0; look = closeEnd)
            {
                if (text[close] != mark || closing < length || !text.AsSpan(close + closing, closeEnd - close - closing).IsWhiteSpace()) continue;
                (end, next) = (closeLine, closeEnd);
                break;
            }

            yield return new CodeBlock(language, start, end);
            at = next;
        }
    }

    /// <summary>The language of a fence's word, or null.</summary>
    internal static string? LanguageOf(string word) => Names.GetValueOrDefault(word);

    /// <summary>The next line that begins, behind at most blanks, with three backticks or tildes: fence, its length, the line and its end.</summary>
    private static (int Fence, int Length, int Line, int LineEnd) NextFence(string text, int at)
    {
        while (at < text.Length)
        {
            int found = text.AsSpan(at).IndexOfAny("```", "~~~");
            if (found < 0) break;

            int fence = at + found, line = text.LastIndexOf('\n', fence, fence - at + 1) + 1;
            if (line == 0) line = at == 0 || text[at - 1] == '\n' ? at : -1;
            int length = TextParts.Run(text, fence, int.MaxValue, c => c == text[fence]) - fence, lineEnd = text.IndexOf('\n', fence);
            if (lineEnd < 0) lineEnd = text.Length;
            if (line >= 0 && text.AsSpan(line, fence - line).IsWhiteSpace()) return (fence, length, line, lineEnd);
            at = fence + length;
        }

        return (-1, 0, 0, 0);
    }

    private static int IndexOfAny(this ReadOnlySpan<char> text, string first, string second)
    {
        int a = text.IndexOf(first, StringComparison.Ordinal), b = text[..(a < 0 ? text.Length : a)].IndexOf(second, StringComparison.Ordinal);
        return b >= 0 ? b : a;
    }
}
