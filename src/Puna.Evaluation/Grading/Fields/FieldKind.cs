namespace Puna.Evaluation.Grading.Fields;

/// <summary>How a field's value is compared.</summary>
internal enum FieldKind
{
    /// <summary>Names, codes, addresses: equal after Unicode and white space are normalised, in any case.</summary>
    String,

    /// <summary>Equal as decimal numbers, however thousands and decimals are separated.</summary>
    Number,

    /// <summary>The same day.</summary>
    Date,

    /// <summary>Members of an enumeration and booleans: exactly equal.</summary>
    Exact,

    /// <summary>Sentences: at least 0.8 token F1.</summary>
    Text,
}
