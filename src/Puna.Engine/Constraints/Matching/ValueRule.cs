using Puna.Engine.Constraints.Automata;

namespace Puna.Engine.Constraints.Matching;

/// <summary>What a value may be: any of some texts, objects and arrays. Filled while compiling, constant afterwards.</summary>
internal sealed class ValueRule
{
    internal List<TextForm> Texts { get; } = [];

    internal List<ObjectForm> Objects { get; } = [];

    internal List<ArrayForm> Arrays { get; } = [];

    /// <summary>Fewest bytes of a value, about; <see cref="Dfa.Unbounded"/> while none is known.</summary>
    internal int MinBytes { get; private set; } = Dfa.Unbounded;

    /// <summary>Levels of nesting that the flattest value has; <see cref="Dfa.Unbounded"/> while none is known.</summary>
    internal int Height { get; private set; } = Dfa.Unbounded;

    /// <summary>True when there is a value.</summary>
    internal bool IsPossible => Height != Dfa.Unbounded;

    /// <summary>How many values there are, if fewer than a number; otherwise that number.</summary>
    internal int CountValues(int enough)
    {
        if (Objects.Count + Arrays.Count > 0) return enough;
        int count = 0;
        foreach (TextForm text in Texts) count += text.Dfa.Words(enough)?.Count ?? enough;
        return Math.Min(count, enough);
    }

    /// <summary>Takes over what its forms have found out; true when something changed.</summary>
    internal bool Update()
    {
        (int bytes, int height) = (MinBytes, Height);
        foreach (TextForm text in Texts)
        {
            if (text.IsEmpty) continue;
            MinBytes = Math.Min(MinBytes, text.MinBytes);
            Height = 0;
        }

        foreach (ObjectForm form in Objects)
        {
            MinBytes = Math.Min(MinBytes, form.MinBytes);
            Height = Math.Min(Height, form.Height);
        }

        foreach (ArrayForm form in Arrays)
        {
            MinBytes = Math.Min(MinBytes, form.MinBytes);
            Height = Math.Min(Height, form.Height);
        }

        return (bytes, height) != (MinBytes, Height);
    }
}
