using System.CommandLine;
using System.Diagnostics;
using Puna.Cli.Usage;
using Puna.Compute;
using Puna.Compute.Cpu;
using Puna.Models;
using Puna.Models.Cache;

namespace Puna.Cli.Commands;

/// <summary><c>puna bench</c>: speed of reading a prompt and of generating, on random tokens.</summary>
internal static class BenchCommand
{
    private const int BatchTokens = 512;

    internal static Command Create()
    {
        Command command = new("bench", "Measure prompt and generation speed");
        ModelOptions modelOptions = new(command, modelIsOptional: true);
        Option<int> prompt = new("--prompt-tokens", "-p") { Description = "Tokens of the prompt", DefaultValueFactory = _ => 512 };
        Option<int> generate = new("--generate-tokens", "-n") { Description = "Tokens to generate", DefaultValueFactory = _ => 64 };
        Option<int> depth = new("--depth", "-d") { Description = "Tokens already in the cache (default: 0)" };
        Option<int> repetitions = new("--repetitions", "-r") { Description = "Repetitions", DefaultValueFactory = _ => 5 };
        Option<int> batch = new("--batch") { Description = "Sequences generated for at the same time; the rate is their sum", DefaultValueFactory = _ => 1 };
        Option<bool> kernels = new("--kernels") { Description = "Measure the matrix kernels instead, and what the machine could do: of a model's weight formats, or without a model of all" };
        Option<bool> json = new("--json") { Description = "Print a JSON object, with --kernels one for each format" };
        foreach (Option option in (Option[])[prompt, generate, depth, repetitions, batch, kernels, json]) command.Add(option);
        command.SetAction((parsed, _) => ExitCode.Guard(() =>
        {
            parsed.RequireAtLeast(0, prompt, generate, depth);
            parsed.RequireAtLeast(1, repetitions, batch);
            if (parsed.GetValue(kernels))
            {
                (int? processors, CpuLevel? level) = modelOptions.Processor(parsed);
                KernelTable.Print(parsed.GetValue(modelOptions.Model), processors, level, parsed.GetValue(json));
                return;
            }

            long started = Stopwatch.GetTimestamp();
            using PunaModel model = modelOptions.Load(parsed);
            double loadSeconds = Stopwatch.GetElapsedTime(started).TotalSeconds;

            using Bench bench = new(model, parsed.GetValue(prompt), parsed.GetValue(generate), parsed.GetValue(depth), parsed.GetValue(batch));
            (List<double> prefill, List<double> decode) = bench.Run(parsed.GetValue(repetitions));
            double peakMegabytes = PeakResidentBytes() / 1048576.0;
            int threads = model.ThreadCount;
            if (parsed.GetValue(json))
            {
                JsonLine.Write(w =>
                {
                    w.WriteString("model", model.Path);
                    w.WriteNumber("threads", threads);
                    w.WriteNumber("load_s", Math.Round(loadSeconds, 3));
                    w.WriteNumbers("prefill_tps", prefill);
                    w.WriteNumbers("decode_tps", decode);
                    w.WriteNumber("peak_rss_mb", Math.Round(peakMegabytes, 1));
                });
                return;
            }

            Console.WriteLine(FormattableString.Invariant($"{model.Name}, {threads} threads, loaded in {loadSeconds:F2} s"));
            Report($"prompt of {parsed.GetValue(prompt)}", prefill);
            Report($"generation of {parsed.GetValue(generate)}", decode);
            Console.WriteLine(FormattableString.Invariant($"peak memory {peakMegabytes:F0} MB (mapped file pages included)"));
        }));
        return command;
    }

    private static void Report(string what, List<double> rates)
    {
        if (rates.Count == 0) return;
        double[] sorted = [.. rates.Order()];
        Console.WriteLine(FormattableString.Invariant($"{what}: median {sorted[sorted.Length / 2]:F2} tokens/s ({sorted[0]:F2} to {sorted[^1]:F2})"));
    }

    private static long PeakResidentBytes()
    {
        using Process process = Process.GetCurrentProcess();
        return process.PeakWorkingSet64;
    }

    private sealed class Bench : IDisposable
    {
        private readonly PunaModel _model;
        private readonly int _prompt;
        private readonly int _generate;
        private readonly int _depth;
        private readonly KvCache _cache;
        private readonly DecoderState _state;
        private readonly Batch _batch;
        private readonly int[] _slots;
        private readonly Random _random = new(1);

        internal Bench(PunaModel model, int prompt, int generate, int depth, int sequences)
        {
            (_model, _prompt, _generate, _depth) = (model, prompt, generate, depth);
            _cache = model.Decoder.CreateCache(new KvCacheOptions
            {
                Type = model.Options.KvType,
                MaxSequences = sequences,
                KeepForRollback = Math.Max(prompt, generate),
            });
            _state = model.Decoder.CreateState(Math.Max(BatchTokens, sequences), sequences);
            _batch = new Batch(_state.MaxRows);
            _slots = new int[sequences];
        }

        internal (List<double> Prefill, List<double> Decode) Run(int repetitions)
        {
            List<double> prefill = [], decode = [];
            for (int i = 0; i < _slots.Length; i++) _slots[i] = _cache.Open();

            Prefill(_slots[0], 8); // touch the weights and compile the code
            Generate(4);
            Rewind(0);
            foreach (int slot in _slots) Prefill(slot, _depth);
            for (int r = 0; r < repetitions && _prompt > 0; r++)
            {
                prefill.Add(_prompt / Seconds(() => Prefill(_slots[0], _prompt)));
                Rewind(_depth);
            }

            for (int r = 0; r < repetitions && _generate > 0; r++)
            {
                decode.Add((double)_generate * _slots.Length / Seconds(() => Generate(_generate)));
                Rewind(_depth);
            }

            return (prefill, decode);
        }

        public void Dispose()
        {
            _state.Dispose();
            _cache.Dispose();
        }

        private void Prefill(int slot, int tokens)
        {
            for (int done = 0; done < tokens; done += _batch.Rows)
            {
                _batch.Clear();
                while (_batch.Rows < BatchTokens && done + _batch.Rows < tokens)
                    _batch.Add(NextToken(), _cache.NextPos(slot) + _batch.Rows, slot, needsLogits: done + _batch.Rows == tokens - 1);
                _model.Decoder.Forward(_batch, _cache, _state);
            }
        }

        private void Generate(int tokens)
        {
            for (int n = 0; n < tokens; n++)
            {
                _batch.Clear();
                foreach (int slot in _slots) _batch.Add(NextToken(), _cache.NextPos(slot), slot, needsLogits: true);
                _model.Decoder.Forward(_batch, _cache, _state);
            }
        }

        private void Rewind(int position)
        {
            foreach (int slot in _slots) _cache.Truncate(slot, position);
        }

        private int NextToken() => _random.Next(_model.Config.VocabSize);

        private static double Seconds(Action work)
        {
            long started = Stopwatch.GetTimestamp();
            work();
            return Stopwatch.GetElapsedTime(started).TotalSeconds;
        }
    }
}
