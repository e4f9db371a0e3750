using System.CommandLine;
using Puna.Engine.Sampling;

namespace Puna.Cli;

/// <summary>Options about how tokens are chosen, the same in every command that generates.</summary>
internal sealed class SamplingCliOptions
{
    private readonly Option<float> _temperature = new("--temperature") { Description = "0 always takes the likeliest token", DefaultValueFactory = _ => SamplingDefaults.Temperature };
    private readonly Option<int> _topK = new("--top-k") { Description = "Choose among the k likeliest tokens only (default: 0, no limit)" };
    private readonly Option<float> _topP = new("--top-p") { Description = "Choose among the likeliest tokens that together have this probability", DefaultValueFactory = _ => SamplingDefaults.TopP };
    private readonly Option<float> _minP = new("--min-p") { Description = "Leave out tokens less likely than this share of the likeliest one's probability (default: 0, none)" };
    private readonly Option<float> _repeatPenalty = new("--repeat-penalty") { Description = "Divide the logits of recent tokens by this", DefaultValueFactory = _ => 1f };
    private readonly Option<ulong?> _seed = new("--seed") { Description = "Seed of the draws; the same seed gives the same text (default: another one every time)" };

    internal SamplingCliOptions(Command command)
    {
        foreach (Option option in (Option[])[_temperature, _topK, _topP, _minP, _repeatPenalty, _seed]) command.Add(option);
    }

    internal SamplingOptions Read(ParseResult parsed) => new()
    {
        Temperature = parsed.GetValue(_temperature),
        TopK = parsed.GetValue(_topK),
        TopP = parsed.GetValue(_topP),
        MinP = parsed.GetValue(_minP),
        RepetitionPenalty = parsed.GetValue(_repeatPenalty),
        Seed = parsed.GetValue(_seed),
    };
}
