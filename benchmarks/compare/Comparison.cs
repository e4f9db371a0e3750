using Puna.Compare.Peer;
using Puna.Compute.Cpu;
using Puna.Compute.Cpu.Measuring;

namespace Puna.Compare;

/// <summary>One engine's figures for a row: those of all its turns.</summary>
/// <param name="Prefill">Prompt tokens a second.</param>
/// <param name="Decode">Generated tokens a second.</param>
/// <param name="LoadSeconds">Median of the load times.</param>
/// <param name="PeakMegabytes">Largest resident memory.</param>
public sealed record EngineFigures(double[] Prefill, double[] Decode, double LoadSeconds, double PeakMegabytes)
{
    /// <summary>Middle prompt rate, or 0 when none was measured.</summary>
    public double PrefillMedian => Medians.Of(Prefill);

    /// <summary>Middle generation rate, or 0 when none was measured.</summary>
    public double DecodeMedian => Medians.Of(Decode);

    internal static EngineFigures Of(IReadOnlyList<Turn> turns) => new(
        [.. turns.SelectMany(t => t.Prefill)], [.. turns.SelectMany(t => t.Decode)], Medians.Of(turns.Select(t => t.LoadSeconds)), turns.Max(t => t.PeakMegabytes));
}

/// <summary>A row of the table.</summary>
/// <param name="Model">File name.</param>
/// <param name="Threads">Threads of both engines.</param>
/// <param name="Depth">Tokens in the cache.</param>
/// <param name="Batch">Sequences that generate side by side.</param>
/// <param name="Cost">What a token costs.</param>
/// <param name="Puna">Puna's figures.</param>
/// <param name="Peer">llama.cpp's figures.</param>
/// <param name="Bandwidths">Read bandwidth before each turn, bytes a second.</param>
/// <param name="Peaks">Peak of 8-bit dot products before each turn, operations a second; empty where the processor has none.</param>
public sealed record Row(string Model, int Threads, int Depth, int Batch, ModelCost Cost, EngineFigures Puna, EngineFigures Peer, double[] Bandwidths, double[] Peaks);

/// <summary>All rows, and how they were measured.</summary>
/// <param name="Plan">What was asked for.</param>
/// <param name="PeerLibraries">llama.cpp's library for this processor.</param>
/// <param name="Rows">The table.</param>
public sealed record Comparison(Plan Plan, string PeerLibraries, IReadOnlyList<Row> Rows)
{
    private static readonly TimeSpan BandwidthTime = TimeSpan.FromSeconds(0.4), PeakTime = TimeSpan.FromSeconds(0.1);

    /// <summary>Measures every row; the engines take turns, so that a change of the machine's speed meets both.</summary>
    public static Comparison Run(Plan plan, string punaPath, string peerLibrary)
    {
        PunaProgram puna = new(punaPath);
        string variant = "";
        List<Row> rows = [];
        foreach (string model in plan.Models)
        {
            ModelCost cost = ModelCost.Of(model);
            foreach ((int threads, int depth, int batch) in plan.Threads.SelectMany(t => plan.Depths.SelectMany(d => plan.Batches.Select(b => (t, d, b)))))
            {
                List<Turn> ours = [], theirs = [];
                List<double> bandwidths = [], peaks = [];
                for (int round = 0; round < plan.Rounds; round++)
                {
                    MeasureMachine(threads, bandwidths, peaks);
                    ours.Add(puna.Run(model, threads, depth, batch, plan.Workload));
                    MeasureMachine(threads, bandwidths, peaks);
                    (Turn turn, variant) = PeerWorker.Start(peerLibrary, model, threads, depth, batch, plan.Workload);
                    theirs.Add(turn);
                    Console.Error.WriteLine(FormattableString.Invariant(
                        $"{Path.GetFileName(model)} {threads} threads, depth {depth}, batch {batch}, round {round + 1}: Puna {Medians.Of(ours[^1].Prefill):F1} / {Medians.Of(ours[^1].Decode):F2}, llama.cpp {Medians.Of(turn.Prefill):F1} / {Medians.Of(turn.Decode):F2} tokens/s"));
                }

                rows.Add(new Row(Path.GetFileName(model), threads, depth, batch, cost, EngineFigures.Of(ours), EngineFigures.Of(theirs), [.. bandwidths], [.. peaks]));
            }
        }

        return new Comparison(plan, variant, rows);
    }

    private static void MeasureMachine(int threads, List<double> bandwidths, List<double> peaks)
    {
        bandwidths.Add(MemoryBandwidth.Measure(BandwidthTime, threads));
        if (ArithmeticPeak.Measure(ArithmeticOperation.Int8Dot, PeakTime, threads) is { } peak) peaks.Add(peak);
    }
}
