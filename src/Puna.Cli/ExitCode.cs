using Puna.Engine;
using Puna.Engine.Sampling;
using Puna.Formats;
using Puna.Models;
using Puna.Prompting;
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
            Console.Error.WriteLine($"puna: {error.Message}");
            return BadInput;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or InvalidLogitsException or OutOfMemoryException)
        {
            Console.Error.WriteLine($"puna: {error.Message}");
            return Failed;
        }
    }

    /// <summary>As <see cref="Guard(Func{Task})"/>, for work that does not wait.</summary>
    internal static Task<int> Guard(Action command) => Guard(() =>
    {
        command();
        return Task.CompletedTask;
    });

    private static bool IsBadInput(Exception error) => error is UsageException or ModelFileException or ModelException or TokenizerFormatException
        or PromptTooLongException or ChatFormatException or SamplingOptionException or FileNotFoundException or DirectoryNotFoundException or ArgumentException;
}
