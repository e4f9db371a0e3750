using System.Globalization;
using System.Numerics;

namespace Puna.Engine.Sampling;

/// <summary>Range checks of the option records.</summary>
internal static class OptionRange
{
    /// <summary>Returns <paramref name="value"/> if it lies in [min, max]; NaN never does.</summary>
    /// <exception cref="SamplingOptionException">It does not.</exception>
    public static T Check<T>(string option, T value, T min, T max)
        where T : INumber<T>
    {
        if (value >= min && value <= max) return value;

        throw new SamplingOptionException(option, Text(value), $"{Text(min)} to {Text(max)}");
    }

    public static string Text<T>(T value)
        where T : INumber<T> => value.ToString(null, CultureInfo.InvariantCulture);
}
