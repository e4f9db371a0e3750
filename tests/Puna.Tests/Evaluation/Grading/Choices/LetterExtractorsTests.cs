using Puna.Evaluation.Grading;
using Puna.Evaluation.Grading.Choices;

namespace Puna.Tests.Evaluation.Grading.Choices;

public sealed class LetterExtractorsTests
{
    [Theory]
    [InlineData("Answer: C", "C")]
    [InlineData("**Answer:** C", null)]
    [InlineData("Answer: $B$", "B")]
    [InlineData("The answer is C", null)]
    [InlineData("Answer: (D)", null)]
    [InlineData("answer : a", "a")] // not A: wrong, as published
    [InlineData("Answer: All of these", "A")]
    [InlineData("Answer: B ... wait. Answer: C", "B")]
    public void Simple(string answer, string? letter) => Assert.Equal(letter, LetterExtractors.Simple(answer).Value);

    [Theory]
    [InlineData("the answer is (C).", "C", "answer_is")]
    [InlineData("So the answer is: B", "B", "last_letter")]
    [InlineData("the answer is A ... no, the answer is (F)", "A", "answer_is")]
    [InlineData("The answer is **G**", "G", "last_letter")]
    [InlineData("answer is Correct", "C", "answer_is")]
    [InlineData("Answer: B or answer: D\nAnswer: E", "D", "answer_colon")] // the last one on the first line that has one
    [InlineData("Answer:\n\nF", "F", "answer_colon")]
    [InlineData("B_ and ÀB and C̈", "C", "last_letter")] // a combining mark is no word character in Python
    [InlineData("nothing here", null, "none")]
    public void Mmlu_pro_in_three_steps(string answer, string? letter, string rule) =>
        Assert.Equal(new Puna.Evaluation.Grading.Extraction(letter, rule), LetterExtractors.MmluProThreeSteps(answer));

    [Fact]
    public void Mmlu_pro_in_one_step()
    {
        Assert.False(LetterExtractors.MmluPro("So the answer is: B").Found);
        Assert.Equal("C", LetterExtractors.MmluPro("the answer is (C).").Value);
    }

    [Theory]
    [InlineData("The correct answer is **C**", "C")]
    [InlineData("The correct answer is (B)", "B")]
    [InlineData("The correct answer is Apples", "A")]
    [InlineData("(A)", null)]
    public void LongBench(string answer, string? letter) => Assert.Equal(letter, LetterExtractors.LongBench(answer).Value);

    [Theory]
    [InlineData("The best answer is A. No: the best answer is B.", "B")]
    [InlineData("best answer is b", null)]
    public void Meta_takes_the_last(string answer, string? letter) => Assert.Equal(letter, LetterExtractors.Meta(answer).Value);

    [Theory]
    [InlineData("**Answer:** C", "C")]
    [InlineData(@"Answer: $\boxed{D}$", "D")]
    [InlineData("Réponse : B", "B")]
    [InlineData("答案：Ｄ", "D")]
    [InlineData("উত্তর: ব", "B")]
    [InlineData("الإجابة: ج", "C")]
    [InlineData("Respuesta: A\nAnswer: B", "B")] // the order of the words decides, not of the text
    [InlineData("I do not know", null)]
    public void Words_for_answer_in_many_languages(string answer, string? letter) => Assert.Equal(letter, MultilingualLetter.Extract(answer).Value);
}
