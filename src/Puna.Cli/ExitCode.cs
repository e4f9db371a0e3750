using Puna.Chat.Templates;
using Puna.Cli.Conversations;
using Puna.Conversion;
using Puna.Engine;
using Puna.Engine.Constraints;
using Puna.Engine.Sampling;
using Puna.Evaluation;
using Puna.Formats;
using Puna.Models;
using Puna.Models.Cache;
using Puna.Prompting;
using Puna.Safety;
using Puna.Safety.Policy;
using Puna.Tokenizers;

namespace Puna.Cli;

/// <summary>What the process returns, and how an error becomes that.</summary>
internal static class ExitCode
{
    /// <summary>Done.</summary>
    internal const int Done = 0;

    /// <summary>The work failed.</summary>
    internal const int Failed = 1;

    /// <summary>Bad usage or bad input.</summary>
    internal const int BadInput = 2;

    /// <summary>Runs a command; an error is one line on standard error.</summary>
    internal static async Task<int> Guard(Func<Task> command)
    {
        try
        {
            await command().ConfigureAwait(false);
            return Done;
        }
        catch (OperationCanceledException)
        {
            Console.Error.WriteLine("puna: stopped.");
            return Failed;
        }
        catch (Exception error) when (IsBadInput(error))
        {
            Console.Error.WriteLine($"puna: {Message(error)}");
            return BadInput;
        }
        catch (Exception error) when (IsFailure(error))
        {
            Console.Error.WriteLine($"puna: {Message(error)}");
            return Failed;
        }
    }

    /// <summary>As <see cref="Guard(Func{Task})"/>, for work that does not wait.</summary>
    internal static Task<int> Guard(Action command) => Guard(() =>
    {
        command();
        return Task.CompletedTask;
    });

    /// <summary>
    /// The message on one line, without what .NET appends for programmers and without control characters, as
    /// it may quote a file.
    /// </summary>
    internal static string Message(Exception error)
    {
        string message = error is ChatFormatException { Error: ChatFormatError.NoFormat } format
            ? $"{format.ModelPath}: the file has no chat template; it may be a base model. Continue plain text with puna run --raw, or give a Jinja template with --chat-template FILE."
            : error.Message;
        if (error is ChatFormatException) message = message.Replace("PunaModelOptions.ChatTemplate", "--chat-template", StringComparison.Ordinal);
        if (error is FileNotFoundException { FileName: { } file } && !message.Contains("there is no", StringComparison.Ordinal)) message = $"{file}: there is no such file.";
        if (error is ArgumentException { ParamName: { } name }) message = message.Replace($" (Parameter '{name}')", "", StringComparison.Ordinal);
        if (error is ArgumentOutOfRangeException { ActualValue: { } value }) message = message.Replace($"{Environment.NewLine}Actual value was {value}.", "", StringComparison.Ordinal);
        return TerminalText.Printable(message.ReplaceLineEndings(" "));
    }

    /// <summary>True for errors whose message is for the user; others are faults of the program.</summary>
    internal static bool IsExpected(Exception error) => IsBadInput(error) || IsFailure(error);

    private static bool IsFailure(Exception error) => error is IOException or UnauthorizedAccessException or InvalidLogitsException or KvCacheFullException or GuardFailureException or OutOfMemoryException;

    private static bool IsBadInput(Exception error) => error is UsageException or PolicyException or EvaluationException or ConversionException or ConversationFileException
        or ModelFileException or ModelException or TokenizerFormatException or ChatTemplateException or ChatFormatException or PromptTooLongException
        or SamplingOptionException or ConstraintException or FileNotFoundException or DirectoryNotFoundException or ArgumentException;
}
