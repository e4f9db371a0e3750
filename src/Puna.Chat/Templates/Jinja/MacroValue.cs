using Puna.Chat.Templates.Jinja.Syntax;
using Puna.Chat.Templates.Jinja.Values;

namespace Puna.Chat.Templates.Jinja;

/// <summary>A macro, or the body of a call block, with the variables around its definition.</summary>
internal sealed class MacroValue(MacroDefinition definition, Scope around) : CallableValue
{
    public MacroDefinition Definition { get; } = definition;

    public Scope Around { get; } = around;

    public override string TypeName => "Macro";

    public override Value Call(Interpreter interpreter, Arguments arguments) => interpreter.CallMacro(this, arguments);
}
