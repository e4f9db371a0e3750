using System.Text.Json;
using Puna.Evaluation;
using Puna.Evaluation.Grading.Instructions;

namespace Puna.Tests.Evaluation.Grading.Instructions;

public sealed class InstructionCheckersTests
{
    public static TheoryData<string, string, string, bool> Cases => new()
    {
        { "keywords:existence", """{"keywords": ["Sun", "moon"]}""", "Sunday and the MOONLIGHT", true },
        { "keywords:existence", """{"keywords": ["Sun", "moon"]}""", "Only the sun", false },
        { "keywords:frequency", """{"keyword": "ha", "frequency": 3, "relation": "at least"}""", "Ha ha ha", true },
        { "keywords:frequency", """{"keyword": "ha", "frequency": 3, "relation": "less than"}""", "Ha ha ha", false },
        { "keywords:forbidden_words", """{"forbidden_words": ["cat"]}""", "A category", true },
        { "keywords:forbidden_words", """{"forbidden_words": ["cat"]}""", "A Cat.", false },
        { "keywords:letter_frequency", """{"letter": "E", "let_frequency": 2, "let_relation": "at least"}""", "Eels", true },
        { "keywords:letter_frequency", """{"letter": "!", "let_frequency": 1, "let_relation": "less than"}""", "Eels!", false },
        { "language:response_language", """{"language": "de"}""", "Das ist ein kurzer Satz, und er ist nicht auf Englisch.", true },
        { "language:response_language", """{"language": "de"}""", "This is a short sentence in the English language.", false },
        { "language:response_language", """{"language": "th"}""", "12345", true }, // nothing to detect counts as followed
        { "length_constraints:number_sentences", """{"num_sentences": 3, "relation": "at least"}""", "One. Two! Is it three?", true },
        { "length_constraints:number_sentences", """{"num_sentences": 3, "relation": "less than"}""", "Dr. Smith met Mr. Jones. They left, e.g. by car.", true },
        { "length_constraints:number_sentences", """{"num_sentences": 3, "relation": "at least"}""", "Dr. Smith met Mr. Jones. They left.", false },
        { "length_constraints:number_words", """{"num_words": 3, "relation": "at least"}""", "well-known words", true },
        { "length_constraints:number_words", """{"num_words": 4, "relation": "at least"}""", "well-known words", false },
        { "length_constraints:number_paragraphs", """{"num_paragraphs": 2}""", "x***y", true },
        { "length_constraints:number_paragraphs", """{"num_paragraphs": 2}""", "x******y", false }, // an empty middle
        { "length_constraints:number_paragraphs", """{"num_paragraphs": 2}""", "***\nx\n***\ny\n***", true },
        { "length_constraints:nth_paragraph_first_word", """{"num_paragraphs": 2, "nth_paragraph": 2, "first_word": "Hello"}""", "First.\n\n\"Hello, you", true },
        { "length_constraints:nth_paragraph_first_word", """{"num_paragraphs": 2, "nth_paragraph": 2, "first_word": "hello"}""", "First.\n\nOh hello", false },
        { "length_constraints:nth_paragraph_first_word", """{"num_paragraphs": 3, "nth_paragraph": 2, "first_word": "hello"}""", "First.\n\nHello", false },
        { "detectable_content:number_placeholders", """{"num_placeholders": 2}""", "Dear [name], at [place]", true },
        { "detectable_content:number_placeholders", """{"num_placeholders": 2}""", "Dear [name\n], at [place]", false },
        { "detectable_content:postscript", """{"postscript_marker": "P.S."}""", "Bye.\nP.S. hi", true },
        { "detectable_content:postscript", """{"postscript_marker": "P.P.S"}""", "Bye.\nP.S. hi", false },
        { "detectable_content:postscript", """{"postscript_marker": "P.P.S"}""", "Bye.\nP. P. S hi", true },
        { "detectable_format:number_bullet_lists", """{"num_bullets": 3}""", "* a\n* b\n- c", true },
        { "detectable_format:number_bullet_lists", """{"num_bullets": 3}""", "* a\n** b\n- c", false },
        { "detectable_format:constrained_response", "{}", "Well. My answer is maybe.", true },
        { "detectable_format:constrained_response", "{}", "My answer is perhaps.", false },
        { "detectable_format:number_highlighted_sections", """{"num_highlights": 1}""", "**a**", true },
        { "detectable_format:number_highlighted_sections", """{"num_highlights": 2}""", "*a* and * *", false },
        { "detectable_format:multiple_sections", """{"section_spliter": "Section", "num_sections": 2}""", "Section 1\nx\nSection 2\ny", true },
        { "detectable_format:multiple_sections", """{"section_spliter": "PARAGRAPH", "num_sections": 2}""", "PARAGRAPH 1\nparagraph 2", false },
        { "detectable_format:json_format", "{}", "```json\n{\"a\": 1}\n```", true },
        { "detectable_format:json_format", "{}", "Sure:\n{\"a\":1}", false },
        { "detectable_format:title", "{}", "<<Poem of joy>>\nText", true },
        { "detectable_format:title", "{}", "<< >>", false },
        { "combination:two_responses", "{}", "one\n******\ntwo", true },
        { "combination:two_responses", "{}", "one ****** one", false },
        { "combination:two_responses", "{}", "one ****** ****** two", false },
        { "combination:repeat_prompt", """{"prompt_to_repeat": "Write a Poem."}""", " write a poem. Roses are red", true },
        { "combination:repeat_prompt", """{"prompt_to_repeat": "Write a Poem."}""", "Roses. Write a poem.", false },
        { "startend:end_checker", """{"end_phrase": "Any questions?"}""", "Well. \"ANY QUESTIONS?\" ", true },
        { "startend:end_checker", """{"end_phrase": "Any questions?"}""", "Any questions? No.", false },
        { "startend:quotation", "{}", " \"quoted\" ", true },
        { "startend:quotation", "{}", "\"", false },
        { "change_case:english_capital", "{}", "THIS IS THE ANSWER TO IT.", true },
        { "change_case:english_capital", "{}", "THIS IS the ANSWER TO IT.", false },
        { "change_case:english_capital", "{}", "DAS IST EIN SATZ UND ER IST NICHT KURZ.", false },
        { "change_case:english_lowercase", "{}", "this is the answer to it, 5 times.", true },
        { "change_case:english_lowercase", "{}", "1234", false }, // no cased letter
        { "change_case:capital_word_frequency", """{"capital_frequency": 3, "capital_relation": "at least"}""", "NASA and the U.S. said: STOP!", true },
        { "change_case:capital_word_frequency", """{"capital_frequency": 2, "capital_relation": "less than"}""", "I said GO", false },
        { "punctuation:no_comma", "{}", "1,000", false },
        { "punctuation:no_comma", "{}", "1000", true },
    };

    [Theory, MemberData(nameof(Cases))]
    public void Checker(string id, string arguments, string answer, bool followed) =>
        Assert.Equal(followed, InstructionCheckers.Check(Of(id, arguments), answer));

    [Fact]
    public void There_are_25_checkers_and_each_has_cases_for_both_outcomes()
    {
        Assert.Equal(25, InstructionCheckers.Ids.Count);
        Assert.Equal(InstructionCheckers.Ids.Order(StringComparer.Ordinal), Cases.Select(row => row.Data.Item1).Distinct().Order(StringComparer.Ordinal));
        Assert.All(InstructionCheckers.Ids, id => Assert.Equal(2, Cases.Where(row => row.Data.Item1 == id).Select(row => row.Data.Item4).Distinct().Count()));
    }

    [Fact]
    public void Loose_drops_first_and_last_lines_and_asterisks()
    {
        FollowedInstructions followed = InstructionFollowing.Grade("Sure:\n{\"a\":1}", [Of("detectable_format:json_format", "{}"), Of("punctuation:no_comma", "{}")]);

        Assert.Equal([false, true], followed.Strict);
        Assert.Equal([true, true], followed.Loose);
        Assert.False(followed.AllStrict);
        Assert.True(followed.AllLoose);
    }

    [Fact]
    public void An_empty_answer_follows_nothing()
    {
        FollowedInstructions followed = InstructionFollowing.Grade(" \n", [Of("punctuation:no_comma", "{}")]);

        Assert.False(followed.AllStrict);
        Assert.False(followed.AllLoose);
    }

    [Fact]
    public void Errors_of_the_data_are_named()
    {
        Assert.Contains("no checker 'x:y'", Assert.Throws<EvaluationException>(() => InstructionCheckers.Check(Of("x:y", "{}"), "a")).Message);
        Assert.Contains("num_words", Assert.Throws<EvaluationException>(() => InstructionCheckers.Check(Of("length_constraints:number_words", """{"num_words": null, "relation": "at least"}"""), "a")).Message);
        Assert.Contains("C++", Assert.Throws<EvaluationException>(() => InstructionCheckers.Check(Of("keywords:existence", """{"keywords": ["C++++"]}"""), "a")).Message);
    }

    [Theory]
    [InlineData("en", "The quick brown fox jumps over the lazy dog and that is all there is to it.")]
    [InlineData("fr", "Le chat est sur la table et il ne veut pas descendre avec nous.")]
    [InlineData("es", "El perro está en la casa y no quiere salir con los niños.")]
    [InlineData("pt", "O cão está em casa e não quer sair com os meninos para a rua.")]
    [InlineData("it", "Il cane è nella casa e non vuole uscire con i bambini per giocare.")]
    [InlineData("nl", "De hond is niet in het huis en wij zijn met de kinderen naar buiten.")]
    [InlineData("fi", "Koira on talossa ja se ei halua mennä ulos kun sataa, mutta minä menen.")]
    [InlineData("vi", "Con chó ở trong nhà và không muốn ra ngoài với những người này.")]
    [InlineData("sw", "Mbwa yuko ndani ya nyumba na hataki kutoka nje kwa sababu ni baridi.")]
    [InlineData("ru", "Собака в доме и она не хочет идти на улицу, потому что это был дождь.")]
    [InlineData("bg", "Кучето е в къщата и не иска да излезе навън, защото вали и това е всичко.")]
    [InlineData("hi", "कुत्ता घर में है और वह बाहर नहीं जाना चाहता है।")]
    [InlineData("mr", "कुत्रा घरात आहे आणि तो बाहेर जात नाही पण मी जातो.")]
    [InlineData("ne", "कुकुर घरमा छ र उनी बाहिर जान चाहँदैन भने पनि म जान्छु।")]
    [InlineData("ar", "الكلب في البيت ولا يريد أن يخرج من هذا المكان إلى الشارع.")]
    [InlineData("fa", "سگ در خانه است و نمی خواهد با ما به خیابان برود.")]
    [InlineData("ur", "کتا گھر میں ہے اور وہ باہر نہیں جانا چاہتا ہے۔")]
    [InlineData("bn", "কুকুরটি বাড়িতে আছে।")]
    [InlineData("ta", "நாய் வீட்டில் உள்ளது.")]
    [InlineData("ko", "개는 집에 있습니다.")]
    [InlineData("ja", "犬は家の中にいます。")]
    [InlineData("zh-cn", "狗在房子里。")]
    public void Languages(string code, string text) => Assert.Equal(code, LanguageGuess.Of(text));

    [Theory]
    [InlineData("It costs 3.5 dollars. That is all.", 2)]
    [InlineData("Hello there", 1)]
    [InlineData("He said \"No!\" Then he left.", 2)]
    [InlineData("Wait... what? Yes.", 2)]
    [InlineData("The U.S. economy grew. J. Smith agreed.", 2)]
    [InlineData("", 0)]
    public void Sentences(string text, int count) => Assert.Equal(count, EnglishText.CountSentences(text));

    private static Instruction Of(string id, string arguments) => Instruction.Of(id, JsonDocument.Parse(arguments).RootElement);
}
