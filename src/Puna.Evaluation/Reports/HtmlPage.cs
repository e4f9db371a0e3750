using System.Globalization;
using System.Net;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;

namespace Puna.Evaluation.Reports;

/// <summary>
/// Builds a page that needs nothing but itself: style, script and data are inside, and its policy forbids it to load anything. Text
/// is escaped where it is written; names and answers of models are not trusted.
/// </summary>
internal sealed class HtmlPage(string title)
{
    private static readonly Lazy<string> Style = new(() => Resource("page.css")), Script = new(() => Resource("page.js"));

    private readonly StringBuilder _body = new();
    private string? _items;

    /// <summary>Adds markup that this library wrote.</summary>
    public HtmlPage Add(string html)
    {
        _body.Append(html).Append('\n');
        return this;
    }

    /// <summary>Adds an element with a text.</summary>
    public HtmlPage Element(string name, string text, string? className = null) => Add($"<{name}{(className is null ? "" : $" class=\"{className}\"")}>{Escape(text)}</{name}>");

    /// <summary>Adds a table; the first row is the head. Columns named in <paramref name="words"/> hold text.</summary>
    public HtmlPage Table(IReadOnlyList<IReadOnlyList<string>> rows, params ReadOnlySpan<int> words)
    {
        StringBuilder html = new("<div class=\"scroll\"><table>");
        for (int r = 0; r < rows.Count; r++)
        {
            string tag = r == 0 ? "th" : "td";
            html.Append("<tr>");
            for (int c = 0; c < rows[r].Count; c++) html.Append(CultureInfo.InvariantCulture, $"<{tag}{(words.Contains(c) ? " class=\"words\"" : "")}>{Escape(rows[r][c])}</{tag}>");
            html.Append("</tr>");
        }

        return Add(html.Append("</table></div>").ToString());
    }

    /// <summary>Adds a browser of items.</summary>
    /// <param name="json">The items, a JSON array as page.js reads it.</param>
    /// <param name="kinds">Kinds to choose from: the name in the items, and what people read.</param>
    public HtmlPage Items(string json, IReadOnlyList<(string Kind, string Label)> kinds)
    {
        _items = json;
        string options = string.Concat(kinds.Select(kind => $"<option value=\"{Escape(kind.Kind)}\">{Escape(kind.Label)}</option>"));
        return Add($"""
            <div class="tools"><label>Show <select id="kind"><option value="">all</option>{options}</select></label>
            <input id="search" type="search" placeholder="Search prompts and answers" aria-label="Search prompts and answers"> <span id="count" class="soft" role="status"></span></div>
            <div id="list"></div><button id="more" type="button">Show more</button>
            """);
    }

    public override string ToString()
    {
        string script = _items is null ? "" : Script.Value;
        string policy = $"default-src 'none'; style-src 'sha256-{Hash(Style.Value)}'; base-uri 'none'; form-action 'none'" + (script.Length > 0 ? $"; script-src 'sha256-{Hash(script)}'" : "");

        // Inside a script element only "</" and "<!--" could end the data early; in JSON the sign can be written as an escape.
        string data = _items is null ? "" : $"<script type=\"application/json\" id=\"items\">{_items.Replace("<", "\\u003c", StringComparison.Ordinal)}</script>\n<script>{script}</script>\n";
        return $"""
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta http-equiv="Content-Security-Policy" content="{policy}">
            <title>{Escape(title)}</title>
            <style>{Style.Value}</style>
            </head>
            <body>
            <main>
            {_body}</main>
            {data}</body>
            </html>

            """;
    }

    public static string Escape(string text) => WebUtility.HtmlEncode(text);

    private static string Hash(string text) => Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private static string Resource(string name)
    {
        using StreamReader reader = new(Assembly.GetExecutingAssembly().GetManifestResourceStream(name)!);
        return reader.ReadToEnd().Replace("\r\n", "\n", StringComparison.Ordinal);
    }
}
