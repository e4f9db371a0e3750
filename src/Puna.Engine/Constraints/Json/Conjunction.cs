namespace Puna.Engine.Constraints.Json;

/// <summary>Conditions that hold together; none of them means any value. Immutable, compared by members.</summary>
internal sealed class Conjunction : IEquatable<Conjunction>
{
    private readonly int _hash;

    private Conjunction(SchemaAtom[] atoms)
    {
        Atoms = atoms;
        HashCode hash = default;
        foreach (SchemaAtom atom in atoms) hash.Add(atom.Id);
        _hash = hash.ToHashCode();
    }

    internal static Conjunction Any { get; } = new([]);

    /// <summary>In order of their numbers.</summary>
    internal SchemaAtom[] Atoms { get; }

    internal static Conjunction Of(params IEnumerable<SchemaAtom> atoms) => new([.. atoms.Distinct().OrderBy(a => a.Id)]);

    internal Conjunction With(Conjunction other) => other.Atoms.Length == 0 ? this : Atoms.Length == 0 ? other : Of([.. Atoms, .. other.Atoms]);

    public bool Equals(Conjunction? other) => other is not null && _hash == other._hash && Atoms.AsSpan().SequenceEqual(other.Atoms);

    public override bool Equals(object? obj) => Equals(obj as Conjunction);

    public override int GetHashCode() => _hash;
}
