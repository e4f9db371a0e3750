namespace Puna.Evaluation;

/// <summary>An evaluation cannot go on: its data, its settings or its results are not what they must be. The message says where and what to do.</summary>
public sealed class EvaluationException : Exception
{
    /// <summary>An error for the user.</summary>
    public EvaluationException(string message) : base(message)
    {
    }

    /// <summary>An error for the user that another one led to.</summary>
    public EvaluationException(string message, Exception inner) : base(message, inner)
    {
    }
}
