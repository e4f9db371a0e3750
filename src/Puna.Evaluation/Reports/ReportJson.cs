using System.Text.Json.Serialization;
using Puna.Evaluation.Runs;

namespace Puna.Evaluation.Reports;

/// <summary>JSON of reports, in snake case like the results they are made from.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(RunSummary))]
[JsonSerializable(typeof(IReadOnlyList<PairedComparison>))]
internal sealed partial class ReportJson : JsonSerializerContext;
