using System.Diagnostics;

namespace Puna.Tests;

/// <summary>Waits for what happens by itself, as long as a busy machine takes.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    /// <summary>Returns when the condition holds; a test for which it does not come to hold fails.</summary>
    /// <param name="condition">What to wait for.</param>
    /// <param name="otherwise">What is to be said when it does not come.</param>
    internal static Task HoldsAsync(Func<bool> condition, Func<string> otherwise) => HoldsAsync(() => Task.FromResult(condition()), otherwise);

    /// <inheritdoc cref="HoldsAsync(Func{bool}, Func{string})"/>
    internal static async Task HoldsAsync(Func<Task<bool>> condition, Func<string> otherwise)
    {
        for (long start = Stopwatch.GetTimestamp(); !await condition();)
        {
            if (Stopwatch.GetElapsedTime(start) > Limit) Assert.Fail($"Two minutes later: {otherwise()}");
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }
    }
}
