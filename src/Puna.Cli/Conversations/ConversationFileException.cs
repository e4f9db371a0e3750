namespace Puna.Cli.Conversations;

/// <summary>A saved conversation that cannot be read.</summary>
internal sealed class ConversationFileException(string file, string problem, Exception? innerException = null)
    : Exception($"{file}: {problem}", innerException);
