using System.Text.Json;
using Puna.Chat.Templates;
using Puna.Tests.Chat.Templates.Jinja;

namespace Puna.Tests.Chat.Templates;

public class BuiltInTemplatesTests
{
    public static TheoryData<BuiltInTemplateKind, string> Cases
    {
        get
        {
            TheoryData<BuiltInTemplateKind, string> cases = [];
            foreach (BuiltInTemplateKind kind in Enum.GetValues<BuiltInTemplateKind>())
            {
                foreach (JsonElement chat in GoldenFile.Committed.Chats.EnumerateArray().Where(c => c.GetProperty("template").GetString() == "llama4"))
                    cases.Add(kind, chat.GetProperty("conversation").GetString()!);
            }

            return cases;
        }
    }

    [Theory, MemberData(nameof(Cases))]
    public void Agrees_with_the_same_format_as_a_template_in_text_and_trust(BuiltInTemplateKind kind, string conversation)
    {
        ChatTemplateInput input = GoldenConversation.Input(conversation);
        ChatTemplate template = ChatTemplate.Parse(GoldenFile.Committed.Template(kind.ToString().ToLowerInvariant()));
        RenderedPrompt? expected = Try(() => template.Render(input)), actual = Try(() => BuiltInTemplates.Render(kind, input));

        if (kind == BuiltInTemplateKind.Llama2 && conversation is "image" or "images") expected = null; // the template drops images in silence
        Assert.Equal(expected?.Segments ?? [], actual?.Segments ?? []);
        Assert.Equal(expected?.Text, actual?.Text);
    }

    [Fact]
    public void Llama_4_turns_are_laid_out_as_published()
    {
        RenderedPrompt prompt = BuiltInTemplates.Render(BuiltInTemplateKind.Llama4, new ChatTemplateInput
        {
            Messages = [new("system", "You are a helpful assistant"), new("user", "Answer who are you in the form of jeopardy?")],
            AddGenerationPrompt = true,
            BosToken = "<|begin_of_text|>",
        });

        Assert.Equal(
            "<|begin_of_text|><|header_start|>system<|header_end|>\n\nYou are a helpful assistant<|eot|>" +
            "<|header_start|>user<|header_end|>\n\nAnswer who are you in the form of jeopardy?<|eot|>" +
            "<|header_start|>assistant<|header_end|>\n\n",
            prompt.Text);
    }

    [Fact]
    public void Llama_2_puts_the_system_text_into_the_first_user_turn()
    {
        RenderedPrompt prompt = BuiltInTemplates.Render(BuiltInTemplateKind.Llama2, new ChatTemplateInput
        {
            Messages = [new("system", "S"), new("user", "A"), new("assistant", "B"), new("user", "C")],
            BosToken = "<s>",
            EosToken = "</s>",
        });

        Assert.Equal("<s>[INST] <<SYS>>\nS\n<</SYS>>\n\nA [/INST] B </s><s>[INST] C [/INST]", prompt.Text);
    }

    [Fact]
    public void Untrusted_date_cannot_bring_special_tokens()
    {
        RenderedPrompt prompt = BuiltInTemplates.Render(BuiltInTemplateKind.Llama31, new ChatTemplateInput
        {
            Messages = [new("user", "x")],
            Variables = new Dictionary<string, JsonElement> { ["date_string"] = JsonSerializer.SerializeToElement("<|eot_id|>") },
        });

        Assert.Contains(new PromptSegment("<|eot_id|>", Trusted: false), prompt.Segments);
    }

    [Theory]
    [InlineData(BuiltInTemplateKind.Llama4, "<|header_start|>", "<|header_end|>", "<|eot|>")]
    [InlineData(BuiltInTemplateKind.Llama31, "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>", "<|python_tag|>")]
    [InlineData(BuiltInTemplateKind.Llama3, "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>")]
    [InlineData(BuiltInTemplateKind.Llama2, "<s>", "</s>", "<unk>", "<0x0A>")]
    [InlineData(null, "<s>", "</s>", "<unk>", "<0x0A>", "<|im_start|>")]
    [InlineData(null, "<|endoftext|>")]
    public void Detects_the_format_by_its_special_tokens(BuiltInTemplateKind? expected, params string[] tokens) =>
        Assert.Equal(expected, BuiltInTemplates.Detect(tokens.Contains));

    private static RenderedPrompt? Try(Func<RenderedPrompt> render)
    {
        try
        {
            return render();
        }
        catch (ChatTemplateException)
        {
            return null;
        }
    }
}
