using Puna.Cli.Conversations;

namespace Puna.Host.Tests.Cli;

/// <summary>What typing does to a line, and how it is laid out on a terminal.</summary>
public sealed class LineEditorTests
{
    private const ConsoleModifiers Control = ConsoleModifiers.Control;

    private readonly StringWriter _screen = new();
    private readonly LineEditor _editor;

    public LineEditorTests() => _editor = new LineEditor(_screen, () => (80, 24));

    [Fact]
    public void Keys_edit_at_the_cursor()
    {
        Type("the ct sat");
        Press(ConsoleKey.LeftArrow, Control);
        Press(ConsoleKey.LeftArrow, times: 2);
        Type("a");
        Press(ConsoleKey.E, Control);
        Type(" down");
        Press(ConsoleKey.W, Control);
        Press(ConsoleKey.A, Control);
        Press(ConsoleKey.Delete);
        Type("T");

        Assert.Equal("The cat sat ", _editor.Text);
    }

    [Theory]
    [InlineData("日本語")]
    [InlineData("ab🎉")]
    [InlineData("abe\u0301")] // e and an accent of its own
    [InlineData("ab👨‍👩‍👧")] // a family: three people and two joiners
    public void Backspace_and_arrows_move_over_characters_as_people_see_them(string threeCharacters)
    {
        Type(threeCharacters);
        Press(ConsoleKey.Backspace);
        string two = _editor.Text;
        Press(ConsoleKey.LeftArrow, times: 2);
        Type("x");

        Assert.Equal(threeCharacters[..two.Length], two);
        Assert.Equal("x" + two, _editor.Text);
        Press(ConsoleKey.Delete, times: 2);
        Assert.Equal("x", _editor.Text);
    }

    [Fact]
    public void The_ends_of_a_line_are_no_errors()
    {
        foreach (ConsoleKey key in new[] { ConsoleKey.Backspace, ConsoleKey.Delete, ConsoleKey.LeftArrow, ConsoleKey.RightArrow, ConsoleKey.UpArrow, ConsoleKey.DownArrow, ConsoleKey.F5 })
            Press(key);
        foreach (ConsoleKey key in new[] { ConsoleKey.U, ConsoleKey.K, ConsoleKey.W, ConsoleKey.D, ConsoleKey.LeftArrow, ConsoleKey.RightArrow, ConsoleKey.X })
            Press(key, Control, keyChar: '\x18');

        Assert.Equal("", _editor.Text);
    }

    [Fact]
    public void History_keeps_what_was_typed_and_the_draft()
    {
        Enter("first");
        Enter("second");
        Enter("second");
        Type("draft");

        Press(ConsoleKey.UpArrow);
        Assert.Equal("second", _editor.Text);
        Press(ConsoleKey.UpArrow, times: 3);
        Assert.Equal("first", _editor.Text);
        Press(ConsoleKey.DownArrow, times: 4);
        Assert.Equal("draft", _editor.Text);
    }

    [Fact]
    public void An_interrupt_takes_back_what_was_typed()
    {
        Type("never mind");

        Assert.True(_editor.Interrupt());
        Assert.Equal("", _editor.Text);
        Assert.False(_editor.Interrupt());
    }

    [Fact]
    public void A_long_line_is_broken_at_the_edge_and_the_cursor_found_in_it()
    {
        LineLayout layout = LineLayout.Of("abcdefghij", cursor: 9, promptWidth: 2, width: 5);

        Assert.Equal(["abc", "defgh", "ij"], layout.Rows);
        Assert.Equal((2, 1), (layout.CursorRow, layout.CursorColumn));
    }

    [Fact]
    public void A_full_row_puts_the_cursor_on_the_next()
    {
        LineLayout layout = LineLayout.Of("abc", cursor: 3, promptWidth: 2, width: 5);

        Assert.Equal(["abc", ""], layout.Rows);
        Assert.Equal((1, 0), (layout.CursorRow, layout.CursorColumn));
    }

    [Fact]
    public void Wide_characters_take_two_cells_and_do_not_straddle_the_edge()
    {
        LineLayout layout = LineLayout.Of("a日本語", cursor: 3, promptWidth: 0, width: 4);

        Assert.Equal(["a日", "本語", ""], layout.Rows);
        Assert.Equal((1, 2), (layout.CursorRow, layout.CursorColumn));
    }

    [Fact]
    public void Pasted_lines_are_indented_and_what_controls_terminals_is_not_shown()
    {
        LineLayout layout = LineLayout.Of("a\n\tb\e[2J", cursor: 0, promptWidth: 2, width: 40);

        Assert.Equal(["a", "      b\uFFFD[2J"], layout.Rows);
        Assert.Equal((0, 2), (layout.CursorRow, layout.CursorColumn));
    }

    private void Enter(string text)
    {
        Type(text);
        Assert.Equal(text, _editor.Finish());
        _editor.Start("> ", 2);
    }

    private void Type(string text)
    {
        foreach (char c in text) Press(ConsoleKey.None, keyChar: c);
    }

    private void Press(ConsoleKey key, ConsoleModifiers modifiers = 0, int times = 1, char keyChar = '\0')
    {
        for (int i = 0; i < times; i++) _editor.Apply(new ConsoleKeyInfo(keyChar, key, false, false, modifiers.HasFlag(Control)));
    }
}
