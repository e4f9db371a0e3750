using System.Numerics;
using System.Text.Json;
using Puna.Evaluation.Grading.Tools;

namespace Puna.Tests.Evaluation.Grading.Tools;

public sealed class CallMatchTests
{
    private const string Weather = """
        {"name": "weather.get", "parameters": {"type": "dict", "required": ["city"], "properties": {
            "city": {"type": "string"}, "days": {"type": "integer"}, "scale": {"type": "float"}, "hourly": {"type": "boolean"},
            "tags": {"type": "array", "items": {"type": "string"}}, "at": {"type": "dict"}}}}
        """;

    private const string Reference = """
        {"weather.get": {"city": ["New York, NY", "New York"], "days": [3, ""], "scale": [1.0, ""], "hourly": [true, ""], "tags": [["rain", "wind"], ""],
            "at": [{"hour": [9, 10], "zone": ["EST", ""]}, ""]}}
        """;

    [Theory]
    [InlineData("[weather.get(city='new york')]", true)]
    [InlineData("weather.get(city='New-York_NY')", true)] // without spaces and , . / - _ * ^, in lower case
    [InlineData("[weather.get(city=\"New York\", days=3, scale=1, hourly=True, tags=['Rain', 'wind'])]", true)]
    [InlineData("[weather.get(city='New York', at={'hour': 10})]", true)]
    [InlineData("[weather.get(city='New York', at={'hour': 11})]", false)]
    [InlineData("[weather.get(city='New York', days=3.0)]", false)]
    [InlineData("[weather.get(city='New York', days='3')]", false)]
    [InlineData("[weather.get(city='New York', hourly=1)]", false)] // 1 is not True
    [InlineData("[weather.get(city='New York', days=True)]", false)]
    [InlineData("[weather.get(city='New York', tags=['wind', 'rain'])]", false)] // the order of lists counts
    [InlineData("[weather.get(days=3)]", false)]
    [InlineData("[weather.get('New York')]", false)] // positional arguments have no name
    [InlineData("[weather.get(city='New York', colour='red')]", false)]
    [InlineData("[weather_get(city='New York')]", false)]
    [InlineData("[weather.get(city='New York'), weather.get(city='New York')]", false)]
    public void A_call_is_right_by_the_published_rules(string output, bool right)
    {
        IReadOnlyList<ToolCall>? calls = PythonCalls.Parse(output);

        Assert.NotNull(calls);
        Assert.Equal(right, CallMatch.Check([Json(Weather)], [Json(Reference)], calls) is null);
    }

    [Fact]
    public void Parallel_calls_have_no_order()
    {
        JsonElement[] expected = [Json("""{"weather.get": {"city": ["Oslo"]}}"""), Json("""{"weather.get": {"city": ["Rome"]}}""")];

        Assert.Null(CallMatch.Check([Json(Weather)], expected, PythonCalls.Parse("[weather.get(city='Rome'), weather.get(city='Oslo')]")!));
        Assert.NotNull(CallMatch.Check([Json(Weather)], expected, PythonCalls.Parse("[weather.get(city='Rome'), weather.get(city='Rome')]")!));
    }

    [Fact]
    public void Names_may_have_lost_their_dots()
    {
        ToolCall call = new("weather_get", ToolCall.Object(Json("""{"city": "New York", "days": 3}""")));

        Assert.Null(CallMatch.Check([Json(Weather)], [Json(Reference)], [call], underscores: true));
        Assert.Equal("weather_get is called where weather.get is expected", CallMatch.Check([Json(Weather)], [Json(Reference)], [call]));
    }

    [Fact]
    public void Values_are_read_as_python_has_them()
    {
        ToolCall call = Assert.Single(PythonCalls.Parse("""[f(a=-5, b=2.5e3, c=None, d=(1, [2, {'k': 'v'}]), e='it\'s "so"\n', g="a" 'b', h=x.y(1, z=2), i=r'\d', j=1_000)]""")!);

        Assert.Equal(new BigInteger(-5), call.Arguments["a"]);
        Assert.Equal(2500.0, call.Arguments["b"]);
        Assert.Null(call.Arguments["c"]);
        Assert.Equal("it's \"so\"\n", call.Arguments["e"]);
        Assert.Equal("ab", call.Arguments["g"]);
        Assert.Equal("x.y(1, z=2)", call.Arguments["h"]);
        Assert.Equal(@"\d", call.Arguments["i"]);
        Assert.Equal(new BigInteger(1000), call.Arguments["j"]);
        List<object?> tuple = Assert.IsType<List<object?>>(call.Arguments["d"]);
        Assert.Equal("v", Assert.IsType<Dictionary<string, object?>>(Assert.IsType<List<object?>>(tuple[1])[1])["k"]);
    }

    [Theory]
    [InlineData("I cannot help with that.")]
    [InlineData("[f(a=1]")]
    [InlineData("[f(a='unclosed)]")]
    [InlineData("")]
    [InlineData("[f(a=1)] and more")]
    public void Words_are_no_calls(string output) => Assert.Null(PythonCalls.Parse(output));

    [Fact]
    public void Nesting_without_end_is_no_call() => Assert.Null(PythonCalls.Parse("[f(a=" + new string('[', 5000)));

    private static JsonElement Json(string text) => JsonDocument.Parse(text).RootElement;
}
