namespace Puna.Chat.Tools;

/// <summary>How a model is told to write calls where its chat template has no words for tools.</summary>
public enum ToolPromptForm
{
    /// <summary><c>[f(a=1, b="x"), g()]</c>, as Llama 4's documentation has it.</summary>
    Pythonic,

    /// <summary><c>{"name": "f", "parameters": {…}}</c>, as Llama 3.1's has it.</summary>
    Json,
}
