using Puna.Evaluation.Grading;
using Puna.Evaluation.Grading.Code;

namespace Puna.Tests.Evaluation.Grading.Code;

public sealed class CodeExtractorTests
{
    private const string TwoBlocks = "First a test:\n```python\nassert add(1, 2) == 3\n```\nThen:\n```python\nimport math\n\ndef helper():\n    return 0\n\ndef add(a, b):\n    return a + b\n```\nDone.";

    [Fact]
    public void The_longest_block_that_defines_the_function_is_taken_whole()
    {
        Puna.Evaluation.Grading.Extraction code = CodeExtractor.Defining(TwoBlocks, "add", "python");

        Assert.Equal("defining_fence", code.Rule);
        Assert.StartsWith("import math", code.Value);
        Assert.False(CodeExtractor.Defining(TwoBlocks, "ad", "python").Found);
    }

    [Fact]
    public void Code_without_fences_is_the_whole_answer_and_words_are_none()
    {
        Assert.Equal("whole", CodeExtractor.Defining("def add(a, b):\n    return a + b", "add", "python").Rule);
        Assert.False(CodeExtractor.Defining("I would call add(a, b).", "add", "python").Found);
    }

    [Fact]
    public void A_block_that_the_token_limit_cut_counts() =>
        Assert.Equal("def add(a, b):\n    return a", CodeExtractor.Defining("```python\ndef add(a, b):\n    return a", "add", "python").Value);

    [Fact]
    public void CSharp_methods_are_found() =>
        Assert.True(CodeExtractor.Defining("```csharp\npublic static long Add(long a, long b) { return a + b; }\n```", "Add", "csharp").Found);

    [Fact]
    public void Rules_of_the_recipes()
    {
        Assert.Equal("    return a + b\n", CodeExtractor.BeforeFence("    return a + b\n```\nThis adds.").Value);
        Assert.Equal("    return a + b\n", CodeExtractor.SimpleBody("```python\ndef add(a, b):\n    return a + b\n```").Value);
        Assert.Equal("def f():\n  pass", CodeExtractor.BetweenMarks("[BEGIN]\ndef f():\n  pass\n[DONE]\nrest").Value);
        Assert.Equal("x = 1", CodeExtractor.BetweenMarks("\r\nx = 1").Value);
    }

    [Fact]
    public void Stops_cut_in_list_order_at_their_first_place()
    {
        Assert.Equal(("a", "\ndef"), StopText.Cut("a\ndef b\nclass c\ndef d", ["", "\nclass", "\ndef"]));
        Assert.Equal(("abc", null), StopText.Cut("abc", ["\n"]));
    }
}
