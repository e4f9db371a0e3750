namespace Puna.Engine.Constraints;

/// <summary>Order in which the keys of an object may come.</summary>
public enum KeyOrder
{
    /// <summary>As the schema declares them under <c>properties</c>; other keys after those.</summary>
    Declared,

    /// <summary>Any order.</summary>
    Any,
}
