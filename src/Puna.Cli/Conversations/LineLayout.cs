using System.Globalization;
using System.Text;
using Spectre.Console.Rendering;

namespace Puna.Cli.Conversations;

/// <summary>How typed text lies on a terminal that breaks lines at its right edge.</summary>
/// <param name="Rows">What each row shows: spaces for tabs, and nothing that could control the terminal.</param>
/// <param name="CursorRow">Rows between the first row and the cursor.</param>
/// <param name="CursorColumn">Cells between the left edge and the cursor.</param>
internal readonly record struct LineLayout(string[] Rows, int CursorRow, int CursorColumn)
{
    internal const string RowEnd = "\r\n";

    private const string Tab = "    ";

    /// <summary>Lays out a text behind a prompt.</summary>
    /// <param name="text">The text.</param>
    /// <param name="cursor">UTF-16 units before the cursor.</param>
    /// <param name="promptWidth">Cells of the prompt; lines after the first are indented by as many.</param>
    /// <param name="width">Cells of a row of the terminal.</param>
    internal static LineLayout Of(string text, int cursor, int promptWidth, int width)
    {
        StringBuilder shown = new();
        int row = 0, column = promptWidth, cursorRow = 0, cursorColumn = promptWidth;
        for (int i = 0; i < text.Length;)
        {
            if (i == cursor) (cursorRow, cursorColumn) = (row, column);
            int length = StringInfo.GetNextTextElementLength(text.AsSpan(i));
            string element = text.Substring(i, length);
            i += length;
            if (element is "\n" or "\r\n")
            {
                NextRow();
                shown.Append(' ', promptWidth);
                column = promptWidth;
                continue;
            }

            element = element == "\t" ? Tab : TerminalText.Printable(element);
            int cells = new Segment(element).CellCount();
            if (column + cells > width) NextRow(); // a wide character does not straddle the edge
            shown.Append(element);
            column += cells;
            if (column >= width) NextRow(); // at the edge terminals differ on where the cursor is
        }

        if (cursor == text.Length) (cursorRow, cursorColumn) = (row, column);
        return new LineLayout(shown.ToString().Split(RowEnd), cursorRow, cursorColumn);

        void NextRow()
        {
            shown.Append(RowEnd);
            (row, column) = (row + 1, 0);
        }
    }
}
