namespace Puna.Chat.Templates.Jinja.Values;

/// <summary>Evaluated arguments of a call.</summary>
internal sealed class Arguments(IReadOnlyList<Value> positional, IReadOnlyList<KeyValuePair<Text, Value>> keywords)
{
    public static Arguments None { get; } = new([], []);

    public IReadOnlyList<Value> Positional { get; } = positional;

    public IReadOnlyList<KeyValuePair<Text, Value>> Keywords { get; } = keywords;

    /// <summary>Distributes the arguments over named parameters; those not given are null.</summary>
    /// <exception cref="TemplateFault">Too many, unknown, repeated or missing arguments.</exception>
    public Value?[] Bind(string function, int required, params ReadOnlySpan<string> parameters)
    {
        if (Positional.Count > parameters.Length)
            throw TemplateFault.Runtime($"{function}() takes at most {parameters.Length} arguments ({Positional.Count} given)");

        Value?[] bound = new Value?[parameters.Length];
        for (int i = 0; i < Positional.Count; i++) bound[i] = Positional[i];
        foreach ((Text name, Value value) in Keywords)
        {
            int at = parameters.IndexOf(name.Chars);
            if (at < 0) throw TemplateFault.Runtime($"{function}() got an unexpected keyword argument '{name.Chars}'");
            if (bound[at] is not null) throw TemplateFault.Runtime($"{function}() got multiple values for argument '{name.Chars}'");
            bound[at] = value;
        }

        for (int i = 0; i < required; i++)
        {
            if (bound[i] is null) throw TemplateFault.Runtime($"{function}() is missing its argument '{parameters[i]}'");
        }

        return bound;
    }

    /// <summary>The arguments after the first <paramref name="count"/> positional ones.</summary>
    public Arguments Skip(int count) => new([.. Positional.Skip(count)], Keywords);
}
