using System.Diagnostics;
using System.Text;
using Puna.Chat.Tools;

namespace Puna.Tests.Chat.Tools;

public sealed class ToolCallReaderTests
{
    private static readonly string[] Names = ["f", "g", "get_weather", "get-time", "math.add"];

    /// <summary>An answer, the text that is left of it, and its calls as JSON.</summary>
    public static TheoryData<string, string, string[]> Answers => new()
    {
        // Llama 4's list.
        { "[f()]", "", ["f{}"] },
        { "[get_weather(city=\"San Francisco\"), get_weather(city='Seattle')]", "", ["get_weather{\"city\":\"San Francisco\"}", "get_weather{\"city\":\"Seattle\"}"] },
        { "[f(a=1, b=-2.5, c=1e3, d=.5, e=1., g=+7, h=0, i=-0.0)]", "", ["f{\"a\":1,\"b\":-2.5,\"c\":1e3,\"d\":0.5,\"e\":1.0,\"g\":7,\"h\":0,\"i\":-0.0}"] },
        { "[f(a=True, b=False, c=None, d=true, e=false, f=null)]", "", ["f{\"a\":true,\"b\":false,\"c\":null,\"d\":true,\"e\":false,\"f\":null}"] },
        { "[f(a=[1, [2, {'k': [\"v\", {}]}]], b={\"x\": {\"y\": []}})]", "", ["f{\"a\":[1,[2,{\"k\":[\"v\",{}]}]],\"b\":{\"x\":{\"y\":[]}}}"] },
        { "[f(a={k=\"v\", n=3})]", "", ["f{\"a\":{\"k\":\"v\",\"n\":3}}"] },
        { """[f(a="q\"q", b='it\'s', c="tab\tnew\nslash\\end", d="\u00e9\x41\U0001F600\ud83d\ude00\101\/\q")]""", "",
            ["""f{"a":"q\"q","b":"it's","c":"tab\tnew\nslash\\end","d":"éA😀😀A/\\q"}"""] },
        { "[f(a=\"brackets ])}{[( and 'quotes'\")]", "", ["f{\"a\":\"brackets ])}{[( and 'quotes'\"}"] },
        { "[f(a=\"two\nlines\")]", "", ["f{\"a\":\"two\\nlines\"}"] },
        { "[ f ( a = 1 , ) , g ( ) , ]", "", ["f{\"a\":1}", "g{}"] },
        { "[get-time(zone=\"UTC\"), math.add(x=1)]", "", ["get-time{\"zone\":\"UTC\"}", "math.add{\"x\":1}"] },
        { "[f(user-id=1, straße=\"é\")]", "", ["f{\"user-id\":1,\"straße\":\"é\"}"] },

        // JSON.
        { "{\"name\": \"f\", \"parameters\": {\"a\": 1}}", "", ["f{\"a\": 1}"] },
        { "{\"type\": \"function\", \"name\": \"f\", \"parameters\": {}}", "", ["f{}"] },
        { "{\"parameters\": {\"a\": \"}\"}, \"name\": \"f\"}", "", ["f{\"a\": \"}\"}"] },
        { "{\"name\": \"f\", \"arguments\": {\"a\": {\"b\": [\"\\u00e9\"]}}}", "", ["f{\"a\": {\"b\": [\"\\u00e9\"]}}"] },
        { "{\"name\": \"f\", \"parameters\": {}}{\"name\": \"g\", \"parameters\": {}}", "", ["f{}", "g{}"] },
        { "{\"name\": \"f\", \"parameters\": {}};\n{\"name\": \"g\", \"parameters\": {}}", "", ["f{}", "g{}"] },
        { "[{\"name\": \"f\", \"parameters\": {}}, {\"name\": \"g\", \"parameters\": {}}]", "", ["f{}", "g{}"] },
        { "{\"n\\u0061me\": \"\\u0066\", \"parameters\": {\"a\": 1}}", "", ["f{\"a\": 1}"] },
        { "{\"name\": \"get\\u005fweather\", \"parameters\": {}}", "", ["get_weather{}"] },
        { "<|python_tag|>{\"name\": \"f\", \"parameters\": {}}<|eom_id|>", "", ["f{}"] },
        { "<function=f>{\"a\": 1}</function>", "", ["f{\"a\": 1}"] },
        { "<function=f> {\"a\": {}}", "", ["f{\"a\": {}}"] },
        { "<|python_start|>[f()]<|python_end|>", "", ["f{}"] },

        // Text around calls.
        { "Let me look.\n\n[f()]", "Let me look.", ["f{}"] },
        { "[f()]\nThat is all.", "That is all.", ["f{}"] },
        { "One [f(a=1)] two {\"name\": \"g\", \"parameters\": {}}; three", "Onetwo; three", ["f{\"a\":1}", "g{}"] },
        { "[[f()]", "[", ["f{}"] },
        { "[f(x)] and [f(a=1)]", "[f(x)] and", ["f{\"a\":1}"] },

        // Text.
        { "", "", [] },
        { "  Hello [1, 2, 3], [a](b) {\"a\": 1} <b>x</b> <|x|> \n", "  Hello [1, 2, 3], [a](b) {\"a\": 1} <b>x</b> <|x|> \n", [] },
        { "{\"name\": \"Ada\", \"age\": 36}", "{\"name\": \"Ada\", \"age\": 36}", [] },
        { "{\"name\": \"f\", \"age\": 36}", "{\"name\": \"f\", \"age\": 36}", [] },
        { "[other(a=1)]", "[other(a=1)]", [] },
        { "[f(a=1), other()]", "[f(a=1), other()]", [] },
        { "f(a=1)", "f(a=1)", [] },
        { "<|python_tag|>print(1)", "<|python_tag|>print(1)", [] },

        // Malformed, and so text.
        { "[f(1)]", "[f(1)]", [] },
        { "[f(a=b)]", "[f(a=b)]", [] },
        { "[f(a=1 b=2)]", "[f(a=1 b=2)]", [] },
        { "[f(a=1, a=2)]", "[f(a=1, a=2)]", [] },
        { "[f(a=007)]", "[f(a=007)]", [] },
        { "[f(a=1e)]", "[f(a=1e)]", [] },
        { "[f(a=\"\\ud83d\")]", "[f(a=\"\\ud83d\")]", [] },
        { "[f(a=\"\\N{BULLET}\")]", "[f(a=\"\\N{BULLET}\")]", [] },
        { "[f(a=(1])]", "[f(a=(1])]", [] },
        { "[f(,)]", "[f(,)]", [] },
        { "[f(a=1]", "[f(a=1]", [] },
        { "[f(a=\"never closed [f(a=1)]", "[f(a=\"never closed [f(a=1)]", [] },
        { "{\"name\": \"f\", \"parameters\": [1]}", "{\"name\": \"f\", \"parameters\": [1]}", [] },
        { "{\"name\": \"f\", \"parameters\": {\"a\": 1, \"a\": 2}}", "{\"name\": \"f\", \"parameters\": {\"a\": 1, \"a\": 2}}", [] },
        { "{\"name\": \"f\", \"parameters\": {\"a\": \"\\ud83d\"}}", "{\"name\": \"f\", \"parameters\": {\"a\": \"\\ud83d\"}}", [] },
        { "{\"name\": \"f\"}", "{\"name\": \"f\"}", [] },
        { "{\"name\": \"f\\\"", "{\"name\": \"f\\\"", [] },
        { "{\"n\\u0061me\": \"other\", \"parameters\": {}}", "{\"n\\u0061me\": \"other\", \"parameters\": {}}", [] },
        { "<function=f>{1}", "<function=f>{1}", [] },
        { "<function=f", "<function=f", [] },
    };

    [Theory, MemberData(nameof(Answers))]
    public void Calls_are_found_and_all_else_is_text(string answer, string text, string[] calls)
    {
        (string foundText, List<string> foundCalls) = Read(answer, [answer.Length]);

        Assert.Equal(text, foundText);
        Assert.Equal(calls, foundCalls);
    }

    [Theory, MemberData(nameof(Answers))]
    public void What_comes_out_does_not_depend_on_how_the_answer_is_cut(string answer, string text, string[] calls)
    {
        for (int cut = 0; cut <= answer.Length; cut++) Same([cut, answer.Length - cut]);
        Same(Enumerable.Repeat(1, answer.Length));

        void Same(IEnumerable<int> lengths)
        {
            (string foundText, List<string> foundCalls) = Read(answer, lengths);
            Assert.Equal(text, foundText);
            Assert.Equal(calls, foundCalls);
        }
    }

    /// <summary>Pieces of calls and text in any order, mostly malformed: it never throws, and cuts change nothing.</summary>
    [Fact]
    public void Any_text_cut_anywhere_reads_the_same_and_loses_nothing_but_space_and_marks()
    {
        string[] words =
        [
            "[", "]", "{", "}", "(", ")", "f", "g(", "get_weather", "a=", "\"", "'", "\\", ", ", ";", ":", " ", "\n", "1", "-.5e3", "True", "null", "\"name\"", "\"parameters\"",
            ": ", "\"f\"", "<function=f>", "<|python_tag|>", "<|", "</function>", "[f(a=1)]", "[f(a=\"x\"), g()]", "{\"name\": \"g\", \"parameters\": {\"k\": [1, {}]}}", "text", "é", "😀", "\ud83d", "\0",
        ];
        int found = 0;
        Random random = new(5);
        for (int round = 0; round < 20_000; round++)
        {
            StringBuilder built = new();
            for (int i = random.Next(1, 14); i > 0; i--) built.Append(words[random.Next(words.Length)]);
            string answer = built.ToString();
            List<int> lengths = [];
            for (int left = answer.Length; left > 0; left -= lengths[^1]) lengths.Add(random.Next(1, left + 1));

            (string text, List<string> calls) = Read(answer, [answer.Length]);

            (string cutText, List<string> cutCalls) = Read(answer, lengths);
            Assert.Equal(text, cutText);
            Assert.Equal(calls, cutCalls);
            if (calls.Count == 0) Assert.Equal(answer, text);
            found += calls.Count;
        }

        Assert.True(found > 5_000, $"only {found} calls were made");
    }

    [Fact]
    public void Text_that_cannot_be_a_call_is_not_kept_waiting()
    {
        ToolCallReader reader = new(Names);

        Assert.Equal("[No", Text(reader.Append("[No")));
        Assert.Equal("{\"name\": \"A", Text(reader.Append("{\"name\": \"A")));
        Assert.Equal("", Text(reader.Append("[f(a=\"")));
        Assert.Equal("", Text(reader.Append("x\"")));
        Assert.Equal("f", Assert.Single(reader.Append(")]")).Call!.Name);
    }

    [Fact]
    public void A_reader_is_new_after_the_end()
    {
        ToolCallReader reader = new(Names);
        _ = reader.Append("[f(a=");

        Assert.Equal("[f(a=", Text(reader.End()));
        Assert.Equal("f", Assert.Single(reader.Append("[f()]")).Call!.Name);
        Assert.Empty(reader.End());
    }

    /// <summary>What would make a reader that starts over at each bracket quadratic.</summary>
    [Theory]
    [InlineData("[")]
    [InlineData("[f(a=")]
    [InlineData("{\"name\": \"f\", \"parameters\": ")]
    [InlineData("[f(a=\"")]
    [InlineData("[f(a={\"k\": [")]
    [InlineData("[f(a=1), ")]
    [InlineData(" ")]
    [InlineData("<|python_tag|>")]
    public void The_work_grows_with_the_length_alone(string word)
    {
        string answer = string.Concat(Enumerable.Repeat(word, 2_000_000 / word.Length)); // quadratic work would take hours
        Stopwatch watch = Stopwatch.StartNew();

        (string text, _) = Read(answer, Enumerable.Repeat(4, answer.Length / 4 + 1));

        Assert.Equal(answer, text);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(60), $"{watch.Elapsed}");
    }

    [Theory, InlineData(50, true), InlineData(70, false), InlineData(100_000, false)]
    public void Nesting_is_bounded(int depth, bool isCall)
    {
        string answer = $"[f(a={new string('[', depth)}{new string(']', depth)})]";
        string json = $"{{\"name\": \"f\", \"parameters\": {{\"a\": {new string('[', depth)}{new string(']', depth)}}}}}";

        Assert.Equal(isCall ? 1 : 0, Read(answer, [answer.Length]).Calls.Count);
        Assert.Equal(isCall ? 1 : 0, Read(json, [json.Length]).Calls.Count);
    }

    private static (string Text, List<string> Calls) Read(string answer, IEnumerable<int> lengths)
    {
        ToolCallReader reader = new(Names);
        StringBuilder text = new();
        List<string> calls = [];
        int position = 0;
        foreach (int length in lengths)
        {
            int taken = Math.Min(length, answer.Length - position);
            Take(reader.Append(answer.AsSpan(position, taken)));
            position += taken;
        }

        Take(reader.End());
        return (text.ToString(), calls);

        void Take(IReadOnlyList<ToolCallPiece> pieces)
        {
            foreach (ToolCallPiece piece in pieces)
            {
                text.Append(piece.Text);
                if (piece.Call is { } call) calls.Add(call.Name + call.Arguments.GetRawText());
            }
        }
    }

    private static string Text(IReadOnlyList<ToolCallPiece> pieces) => string.Concat(pieces.Select(p => p.Text));
}
