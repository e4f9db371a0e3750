namespace Puna.Evaluation.Models;

/// <summary>What a model was trained to do with a prompt.</summary>
public enum ModelVariant
{
    /// <summary>Continues text.</summary>
    Base,

    /// <summary>Answers in its maker's chat format.</summary>
    Instruct,

    /// <summary>Answers after a further tuning, such as an adapter's.</summary>
    ChatTuned,
}
