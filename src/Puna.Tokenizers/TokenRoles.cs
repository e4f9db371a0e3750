namespace Puna.Tokenizers;

/// <summary>Ids that metadata assigns a role; null where it names none.</summary>
internal sealed record TokenRoles
{
    public int? Bos { get; init; }
    public int? Eos { get; init; }
    public int? Eot { get; init; }
    public int? Eom { get; init; }
    public int? Pad { get; init; }
    public int? Unknown { get; init; }

    /// <summary>Whether texts start with BOS unless the caller decides otherwise.</summary>
    public bool AddBos { get; init; }

    public IEnumerable<(string Field, int? Id)> Named() =>
        [("bos_token_id", Bos), ("eos_token_id", Eos), ("eot_token_id", Eot), ("eom_token_id", Eom), ("padding_token_id", Pad), ("unknown_token_id", Unknown)];
}
