using Puna.Engine.Sampling;

namespace Puna.Tests.Engine.Sampling;

public class SamplingOptionsTests
{
    public static TheoryData<string, string, Func<object>> OutOfRange => new()
    {
        { "Temperature", "-0.1", () => new SamplingOptions { Temperature = -0.1f } },
        { "Temperature", "NaN", () => new SamplingOptions { Temperature = float.NaN } },
        { "TopK", "-1", () => new SamplingOptions { TopK = -1 } },
        { "TopP", "1.5", () => new SamplingOptions { TopP = 1.5f } },
        { "MinP", "-1", () => new SamplingOptions { MinP = -1 } },
        { "TypicalP", "2", () => new SamplingOptions { TypicalP = 2 } },
        { "RepetitionPenalty", "0", () => new SamplingOptions { RepetitionPenalty = 0 } },
        { "RepeatLastN", "-2", () => new SamplingOptions { RepeatLastN = -2 } },
        { "PresencePenalty", "2.5", () => new SamplingOptions { PresencePenalty = 2.5f } },
        { "FrequencyPenalty", "-3", () => new SamplingOptions { FrequencyPenalty = -3 } },
        { "XtcProbability", "1.1", () => new SamplingOptions { XtcProbability = 1.1f } },
        { "XtcThreshold", "Infinity", () => new SamplingOptions { XtcThreshold = float.PositiveInfinity } },
        { "MinKeep", "0", () => new SamplingOptions { MinKeep = 0 } },
        { "TopLogprobs", "21", () => new SamplingOptions { TopLogprobs = 21 } },
        { "LogitBias[7]", "101", () => new SamplingOptions { LogitBias = new Dictionary<int, float> { [7] = 101 } } },
        { "LogitBias[7]", "NaN", () => new SamplingOptions { LogitBias = new Dictionary<int, float> { [7] = float.NaN } } },
        { "Dry.Multiplier", "-1", () => new DryOptions { Multiplier = -1 } },
        { "Dry.Base", "0.5", () => new DryOptions { Base = 0.5f } },
        { "Dry.AllowedLength", "0", () => new DryOptions { AllowedLength = 0 } },
        { "Dry.LastN", "-5", () => new DryOptions { LastN = -5 } },
    };

    [Theory, MemberData(nameof(OutOfRange))]
    public void Value_outside_the_range_is_refused_with_option_value_and_range(string option, string value, Func<object> create)
    {
        SamplingOptionException error = Assert.Throws<SamplingOptionException>(create);

        Assert.Equal(option, error.Option);
        Assert.Equal(value, error.Value);
        Assert.Equal($"{option} is {value}; allowed: {error.Allowed}.", error.Message);
    }

    [Fact]
    public void Ids_outside_the_vocabulary_are_refused()
    {
        SamplingOptions bias = new() { LogitBias = new Dictionary<int, float> { [10] = 1 } };
        SamplingOptions breakers = new() { Dry = new DryOptions { SequenceBreakers = [-1] } };

        Assert.Equal("LogitBias is token id 10; allowed: ids 0 to 9, the model's vocabulary.", Assert.Throws<SamplingOptionException>(() => new Sampler(bias, 10, 16)).Message);
        Assert.Equal("Dry.SequenceBreakers", Assert.Throws<SamplingOptionException>(() => new Sampler(breakers, 10, 16)).Option);
    }

    [Fact]
    public void Alternatives_need_log_probabilities() =>
        Assert.Equal("TopLogprobs", Assert.Throws<SamplingOptionException>(() => new Sampler(new SamplingOptions { TopLogprobs = 3 }, 10, 16)).Option);

    [Fact]
    public void Bias_is_copied_so_that_the_options_stay_as_they_were()
    {
        Dictionary<int, float> bias = new() { [1] = 5 };
        SamplingOptions options = new() { LogitBias = bias };
        bias[1] = -5;

        Assert.Equal(5, options.LogitBias[1]);
    }
}
