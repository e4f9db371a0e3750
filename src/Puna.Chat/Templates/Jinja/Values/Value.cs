using System.Globalization;
using System.Numerics;
using Puna.Chat.Templates.Jinja.Python;

namespace Puna.Chat.Templates.Jinja.Values;

/// <summary>A value of the template language. Behaves as the Python value of the same name; never a host object.</summary>
internal abstract class Value
{
    /// <summary>Python's name of the type, for messages.</summary>
    public abstract string TypeName { get; }

    public virtual bool IsTrue => true;

    public virtual bool IsIterable => false;

    /// <summary>Nesting of containers below; 0 for scalars.</summary>
    public virtual int Depth => 0;

    /// <summary>Python's <c>len</c>, or null where the type has none.</summary>
    public virtual int? Count => null;

    /// <summary>Writes Python's <c>str</c>.</summary>
    public virtual void AppendStr(TextBuilder output) => AppendRepr(output);

    /// <summary>Writes Python's <c>repr</c>.</summary>
    public virtual void AppendRepr(TextBuilder output) => output.Append($"<{TypeName} object>");

    /// <exception cref="TemplateFault">The value is not iterable.</exception>
    public virtual IEnumerable<Value> Iterate() => throw TemplateFault.Runtime($"'{TypeName}' object is not iterable");

    public static Value Of(bool value) => value ? BoolValue.True : BoolValue.False;

    public static Value Of(BigInteger value) => new IntValue(value);
}

internal sealed class NoneValue : Value
{
    public static NoneValue Instance { get; } = new();

    public override string TypeName => "NoneType";

    public override bool IsTrue => false;

    public override void AppendRepr(TextBuilder output) => output.Append("None");
}

internal sealed class BoolValue : Value
{
    public static BoolValue True { get; } = new(true);

    public static BoolValue False { get; } = new(false);

    private BoolValue(bool value) => Boolean = value;

    public bool Boolean { get; }

    public override string TypeName => "bool";

    public override bool IsTrue => Boolean;

    public override void AppendRepr(TextBuilder output) => output.Append(Boolean ? "True" : "False");
}

/// <summary>An integer of any size up to <see cref="MaxBits"/>.</summary>
internal sealed class IntValue : Value
{
    /// <summary>Bound on integers the template computes; Python prints no more than 4300 digits either.</summary>
    public const int MaxBits = 8192;

    public IntValue(BigInteger integer)
    {
        if (integer.GetBitLength() > MaxBits) throw TemplateFault.Limit($"an integer exceeds {MaxBits} bits.");
        Integer = integer;
    }

    public BigInteger Integer { get; }

    public override string TypeName => "int";

    public override bool IsTrue => !Integer.IsZero;

    public override void AppendRepr(TextBuilder output) => output.Append(Integer.ToString(CultureInfo.InvariantCulture));
}

internal sealed class FloatValue(double number) : Value
{
    public double Number { get; } = number;

    public override string TypeName => "float";

    public override bool IsTrue => Number != 0;

    public override void AppendRepr(TextBuilder output) => output.Append(PythonFloat.Repr(Number));
}

/// <summary>The result of looking up something that is not there: prints as nothing, fails when used.</summary>
internal sealed class UndefinedValue(string message, ChatTemplateErrorKind kind = ChatTemplateErrorKind.Undefined) : Value
{
    public override string TypeName => "Undefined";

    public override bool IsTrue => false;

    public override bool IsIterable => true;

    public override int? Count => 0;

    public override void AppendStr(TextBuilder output)
    {
    }

    public override void AppendRepr(TextBuilder output) => output.Append("Undefined");

    public override IEnumerable<Value> Iterate() => [];

    public TemplateFault Fault() => new(kind, message);
}
