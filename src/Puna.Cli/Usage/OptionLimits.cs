using System.CommandLine;
using System.Globalization;

namespace Puna.Cli.Usage;

/// <summary>Bounds of options that are numbers.</summary>
internal static class OptionLimits
{
    /// <summary>Refuses numbers below a least; an option that is not given passes.</summary>
    /// <exception cref="UsageException">An option has less.</exception>
    internal static void RequireAtLeast(this ParseResult parsed, long least, params ReadOnlySpan<Option> options)
    {
        foreach (Option option in options)
        {
            if (parsed.GetResult(option)?.GetValueOrDefault<object?>() is IConvertible value && value.ToDecimal(CultureInfo.InvariantCulture) < least)
                throw new UsageException($"{option.Name} {value}: at least {least} is needed.");
        }
    }

    /// <summary>Refuses a number that is no probability; an option that is not given passes.</summary>
    /// <exception cref="UsageException">The number is below 0 or above 1, or none.</exception>
    internal static void RequireProbability(this ParseResult parsed, Option<float?> option)
    {
        if (parsed.GetValue(option) is { } value && !(value is >= 0 and <= 1)) throw new UsageException($"{option.Name} {value}: 0 to 1 is possible.");
    }
}
