namespace Puna.Chat.Tools;

/// <summary>Ways in which Llama models write calls.</summary>
internal enum CallForm
{
    /// <summary><c>[f(a=1, b="x"), g()]</c>.</summary>
    Pythonic,

    /// <summary><c>{"name": "f", "parameters": {…}}</c>, or a list of such objects.</summary>
    Json,

    /// <summary><c>&lt;function=f&gt;{…}&lt;/function&gt;</c>.</summary>
    Function,
}
