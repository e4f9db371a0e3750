using System.Globalization;
using System.Text;
using System.Text.Json;
using Puna.Compare.Peer;

namespace Puna.Compare;

/// <summary>The comparison as a table for people and as JSON for programs.</summary>
internal static class Report
{
    private static readonly JsonSerializerOptions JsonOptions = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>The table, with what one has to know to read it.</summary>
    public static string Markdown(Comparison comparison)
    {
        Plan plan = comparison.Plan;
        StringBuilder text = new();
        Line($"# Puna and llama.cpp on {Machine.Processor()}");
        Line("");
        Line($"{Machine.Describe()}; {DateTime.UtcNow:yyyy-MM-dd}; llama.cpp of {PeerPackage.Name} {PeerPackage.Version} ({comparison.PeerLibraries}), its defaults.");
        Line($"Prompt of {plan.Workload.PromptTokens}, generation of {plan.Workload.GenerateTokens} tokens; {plan.Rounds} turns of each engine, one after the other, {plan.Workload.Repetitions} repetitions in each; medians, in tokens/s.");
        Line("");
        Line("| file | threads | depth | sequences | prompt: Puna | llama.cpp | ratio | generation: Puna | llama.cpp | ratio | read GB/s | Puna's share | llama.cpp's | prompt, Puna | peak Gop/s | Puna's share | llama.cpp's | loading s | peak MB |");
        Line("|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|");
        foreach (Row row in comparison.Rows)
        {
            double bandwidth = Medians.Of(row.Bandwidths), peak = Medians.Of(row.Peaks);
            double ours = Operations(row, row.Puna), theirs = Operations(row, row.Peer);
            Line(string.Create(CultureInfo.InvariantCulture,
                $"| {row.Model} | {row.Threads} | {row.Depth} | {row.Batch} | {Rate(row.Puna.PrefillMedian, "F1")} | {Rate(row.Peer.PrefillMedian, "F1")} | {Ratio(row.Puna.PrefillMedian, row.Peer.PrefillMedian)} " +
                $"| {Rate(row.Puna.DecodeMedian, "F2")} | {Rate(row.Peer.DecodeMedian, "F2")} | {Ratio(row.Puna.DecodeMedian, row.Peer.DecodeMedian)} " +
                $"| {bandwidth / 1e9:F1} | {Share(row.Puna.DecodeMedian / row.Batch * row.Cost.BytesPerToken, bandwidth)} | {Share(row.Peer.DecodeMedian / row.Batch * row.Cost.BytesPerToken, bandwidth)} " +
                $"| {(ours > 0 ? $"{ours / 1e9:F0} Gop/s" : "")} " +
                $"| {(peak > 0 ? $"{peak / 1e9:F0}" : "")} | {Share(ours, peak)} | {Share(theirs, peak)} " +
                $"| {row.Puna.LoadSeconds:F2} : {row.Peer.LoadSeconds:F2} | {row.Puna.PeakMegabytes:F0} : {row.Peer.PeakMegabytes:F0} |"));
        }

        Line("");
        Line("Shares of the read bandwidth count the weights that a token needs, once for all sequences side by side (with experts, more are read), not the cache; the bandwidth is the median of the fastest passes over 512 MiB, measured before every turn.");
        Line("An operation is a product or a sum; shares of the peak are of 8-bit dot products on registers alone, measured before every turn with the same threads. The output projection counts once a prompt. Loading and memory are Puna : llama.cpp, mapped pages of the file included.");
        return text.ToString();

        double Operations(Row row, EngineFigures engine) => engine.PrefillMedian > 0 ? row.Cost.PrefillOperations(plan.Workload.PromptTokens, engine.PrefillMedian) : 0;

        void Line(string line) => text.Append(line).Append('\n');
    }

    /// <summary>All samples.</summary>
    public static string Json(Comparison comparison) => JsonSerializer.Serialize(
        new
        {
            Machine = Machine.Describe(),
            Date = DateTime.UtcNow,
            Peer = $"{PeerPackage.Name} {PeerPackage.Version} ({comparison.PeerLibraries})",
            comparison.Plan.Workload,
            comparison.Plan.Rounds,
            comparison.Rows,
        },
        JsonOptions) + "\n";

    private static string Rate(double tokensPerSecond, string format) => tokensPerSecond > 0 ? tokensPerSecond.ToString(format, CultureInfo.InvariantCulture) : "";

    private static string Ratio(double ours, double theirs) => theirs > 0 ? (ours / theirs).ToString("F2", CultureInfo.InvariantCulture) : "";

    private static string Share(double rate, double limit) => rate > 0 && limit > 0 ? (100 * rate / limit).ToString("F0", CultureInfo.InvariantCulture) + " %" : "";
}
