using System.Text.Json;

namespace Puna.Engine.Constraints.Json;

/// <summary>One condition on a value: a schema of the document, a constant, or the opposite of one of these.</summary>
/// <param name="Id">Number; equal atoms have equal numbers.</param>
/// <param name="Pointer">JSON Pointer of the schema or constant.</param>
/// <param name="Element">The schema, or the constant.</param>
/// <param name="IsConstant">The value must equal the element.</param>
/// <param name="IsNegated">The opposite is meant.</param>
internal sealed record SchemaAtom(int Id, string Pointer, JsonElement Element, bool IsConstant, bool IsNegated)
{
    public bool Equals(SchemaAtom? other) => other is not null && Id == other.Id;

    public override int GetHashCode() => Id;
}
