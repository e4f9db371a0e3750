namespace Puna.Chat.Templates;

/// <summary>What kind of failure a <see cref="ChatTemplateException"/> reports.</summary>
public enum ChatTemplateErrorKind
{
    /// <summary>The template text does not parse.</summary>
    Syntax,

    /// <summary>An operation the template language rejects: wrong types, a missing argument, division by zero.</summary>
    Runtime,

    /// <summary>An undefined value was used where a value is needed.</summary>
    Undefined,

    /// <summary>The template tried to change a value or to reach something the sandbox hides.</summary>
    Security,

    /// <summary>The template itself refused the conversation through <c>raise_exception</c>.</summary>
    Raised,

    /// <summary>A bound of <see cref="ChatTemplateLimits"/> was reached.</summary>
    Limit,
}
