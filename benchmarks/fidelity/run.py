#!/usr/bin/env python3
"""Compares Puna's logits with a float64 reference and with llama.cpp, and writes a table.

  run.py [--out table.md] [--only TEXT] [--seeds 24] [--no-peer] [--greedy FILE ...]

Needs numpy, and npm for llama.cpp (x64 Linux; --no-peer leaves it out). Models are made by generate.py, and by `puna quantize` where the weights are
blocks; reference.py is the float64 pass, peer.py asks llama.cpp. Everything runs in processes of one thread, as many at a time as there are
processors; nothing is kept but the table. All cases take about an hour on two cores; --seeds 3 is a quick look. Exit code 1 when a
criterion fails; docs/fidelity.md says what they are.
"""
import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np

import cases
import generate
from metrics import distances, summary

MARGIN = 0.05          # router scores closer than this may change places under 8-bit rounding
F32_LIMIT = 1e-4       # relative error of a row, float32 weights and cache
FLIP_MARGIN = 1e-4     # router scores closer than this may change places under float32 rounding
PEER_NOISE = 1.05      # of llama.cpp's own distance from exact: where Puna is at exact, both distances are the same but for Puna's own error
CHANCE = 0.005         # share of resampled differences at or below 0 from which on being farther counts as chance
ENOUGH = 8             # models: of fewer, all can lie on one side by chance
HERE = os.path.dirname(os.path.abspath(__file__))
PUNA = os.path.join(HERE, "..", "..", "src", "Puna.Cli", "bin", "Release", "net10.0", "puna")
DEMO = os.path.join(HERE, "..", "..", "src", "Puna.Demo", "puna-demo.gguf")


class Runner:
    def __init__(self, puna, peer):
        self.puna_program, self.has_peer = puna, peer

    @staticmethod
    def run(*command):
        done = subprocess.run([str(c) for c in command], capture_output=True, text=True, env=os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"})
        if done.returncode:
            raise SystemExit(f"{' '.join(map(str, command))}\nfailed with {done.returncode}:\n{done.stderr.strip()[-2000:]}")
        return done.stdout

    def script(self, name, *arguments):
        return self.run(sys.executable, os.path.join(HERE, name), *arguments)

    def model(self, case, folder):
        path = os.path.join(folder, "model.gguf")
        self.script("generate.py", path, *case.shape, *([] if case.is_block_quantized else ["--type", case.type]))
        if not case.is_block_quantized:
            return path
        blocks = os.path.join(folder, "blocks.gguf")
        self.run(self.puna_program, "quantize", path, blocks, "--type", case.type.upper(), "-t", 1)
        os.remove(path)
        return blocks

    @staticmethod
    def tokens(case, folder):
        if case.tokens == "random":
            ids = np.random.default_rng(5).integers(0, 256, case.count).tolist()
        else:
            ids = generate.tokens()
            ids = (ids * (case.count // len(ids) + 1))[:case.count]
        path = os.path.join(folder, "ids.txt")
        with open(path, "w") as f:
            f.write(" ".join(map(str, ids)))
        return path

    def reference(self, case, model, tokens, *options):
        """Logits and, per row, the smallest router margin (infinite without experts)."""
        out, margins = model + ".npy", model + ".margins.npy"
        self.script("reference.py", model, "--tokens", tokens, "--pos0", case.pos0, "--from", case.first, "--out", out, "--margins", margins, *options)
        return np.load(out), np.load(margins)

    def peer(self, case, model, tokens):
        out = model + ".npy"
        self.script("peer.py", "logits", model, "--tokens", tokens, "--pos0", case.pos0, "--from", case.first, "--batch", case.batch, "--kv", "f32", "--plain", "-t", 1, "--out", out)
        return np.load(out).astype(np.float64)

    def puna(self, case, model, tokens, backend):
        out = model + ".npy"
        self.run(self.puna_program, "logits", model, "--ids-file", tokens, "--pos0", case.pos0, "--from", case.first, "--batch", case.batch,
                 "--kv", "f32", "--backend", backend, "-t", 1, "--out", out)
        return np.load(out).astype(np.float64)


def judge(case, parts):
    """Failed criteria of one case and remarks, as text. `parts` has, per model, distances by (engine, against) and router margins.

    Farther from a float64 pass than llama.cpp is a failure unless it is chance: see `difference_by_chance`.
    """
    failed, remarks = [], []
    rows, margins = pooled(parts)

    def need(what, value, limit):
        if not value <= limit:
            failed.append(f"{what} {value:.2g} > {limit:.2g}")

    steady = margins >= FLIP_MARGIN
    for backend in case.backends:
        if case.type == "f32" or backend == "reference":
            errors = rows[backend, "exact"]["rel"]
            need(f"{backend}: largest error", errors[steady[:len(errors)]].max(), F32_LIMIT)
    has_peer = ("cpu", "llama.cpp") in rows
    if case.type == "f32" or not has_peer:
        if has_peer and not case.exact_angles_matter:
            need("cpu against llama.cpp: largest error", rows["cpu", "llama.cpp"]["rel"][steady].max(), F32_LIMIT)
        return failed, remarks

    for against in ("exact", "rounded") if case.is_block_quantized else ("exact",):
        for figure, what in (("median", "median error"), ("kl", "mean KL")):
            models = [tuple({k: v[m >= MARGIN] for k, v in r[engine, against].items()} for engine in ("cpu", "llama.cpp")) for r, m in parts]
            ours, theirs = (summary(pool([m[i] for m in models]))[figure] for i in (0, 1))
            if ours <= theirs:
                continue
            low, high, share = difference_by_chance(models, figure)
            text = f"{what} from {against} {ours:.3g}, llama.cpp's {theirs:.3g}, difference {low:.1e} to {high:.1e} over {len(models)} models"
            (remarks if share >= CHANCE or len(models) < ENOUGH else failed).append(text)
    clear = margins >= MARGIN
    need("median error from llama.cpp against its own from exact", summary(rows["cpu", "llama.cpp"], clear)["median"],
         PEER_NOISE * summary(rows["llama.cpp", "exact"], clear)["median"])
    return failed, remarks


def pool(distances):
    return {k: np.concatenate([d[k] for d in distances]) for k in distances[0]}


def pooled(parts):
    """Distances and margins over the rows of all models; an engine that only some models went through, over those, which come first."""
    return {key: pool([rows[key] for rows, _ in parts if key in rows]) for key in parts[0][0]}, np.concatenate([margins for _, margins in parts])


def difference_by_chance(models, figure, draws=2000):
    """The middle 99 % of (ours - llama.cpp's) over resampled sets of models, and the share of them that is 0 or less.

    Both engines round activations by the same rule and agree to 1e-7 until a value falls on the other side of a rounding edge; from
    there the rest of that model's rows differ at random. So models, not rows, are the independent draws.
    """
    random, values = np.random.default_rng(1), []
    for _ in range(draws):
        drawn = [models[i] for i in random.integers(0, len(models), len(models))]
        ours, theirs = (summary(pool([m[i] for m in drawn]))[figure] for i in (0, 1))
        values.append(ours - theirs)
    low, high = np.percentile(values, [0.5, 99.5])
    return low, high, np.mean(np.array(values) <= 0)


def compare(runner, case, seeds, workers):
    """Per model of the case: distances of every engine from every yardstick, and the router margins."""
    chosen = range(1, (seeds if case.many else 1) + 1)
    # The reference backend is slow and the same code for every seed: one model shows what there is to see.
    models = [replace(case, shape=case.shape + ("--seed", str(seed)), backends=case.backends if seed == 1 else ("cpu",)) for seed in chosen]
    return list(workers.map(lambda c: compare_one(runner, c), models))


def compare_one(runner, case):
    with tempfile.TemporaryDirectory(prefix="puna-fidelity-") as folder:
        model, tokens = runner.model(case, folder), runner.tokens(case, folder)
        exact, margins = runner.reference(case, model, tokens)
        engines = {backend: runner.puna(case, model, tokens, backend) for backend in case.backends}
        if case.peer and runner.has_peer:
            engines["llama.cpp"] = runner.peer(case, model, tokens)

        rows = {(name, "exact"): distances(exact, logits) for name, logits in engines.items()}
        if case.is_block_quantized:
            rounded, _ = runner.reference(case, model, tokens, "--round-activations")
            for name, logits in engines.items():
                if name != "reference":
                    rows[name, "rounded"] = distances(rounded, logits)
        if "llama.cpp" in engines:
            rows["cpu", "llama.cpp"] = distances(engines["llama.cpp"], engines["cpu"])
        return rows, margins


def lines(case, rows, margins):
    """Table rows of one case; a second one of the rows with a clear router where that leaves any out."""
    names = {"cpu": "Puna cpu", "reference": "Puna reference", "llama.cpp": "llama.cpp"}
    for (engine, against), d in rows.items():
        clear = margins[:len(d["rel"])] >= MARGIN
        for label, selected in [("all", None)] + ([("clear router", clear)] if case.type != "f32" and not clear.all() else []):
            s = summary(d, selected)
            if s:
                yield f"| {case.name} | {names[engine]} | {against} | {label} | {s['n']} | {s['median']:.1e} | {s['max']:.1e} | {s['kl']:.1e} | {100 * s['top1']:.1f} % |"


def common(a, b):
    """How many tokens two lists share from the first."""
    return next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))


def greedy(runner, file, kv, folder, count=200):
    """
    How many of 200 greedy tokens of a trained model are llama.cpp's from the first: by its default settings, and without flash
    attention; how many these two share; and whose next token the exact float64 pass chooses where Puna parts from the first.
    """
    prompt, ids = os.path.join(folder, "prompt.txt"), os.path.join(folder, "ids.txt")
    with open(prompt, "w") as f:
        f.write("Once upon a time")
    prompt_ids = runner.script("peer.py", "tokenize", file, "--text", prompt).split()
    write = lambda tokens: open(ids, "w").write(" ".join(map(str, tokens)))
    write(prompt_ids)
    peer = lambda *options: json.loads(runner.script("peer.py", "logits", file, "--tokens", ids, "--greedy", count, "--kv", kv, *options))
    theirs, plain = peer("-t", 1), peer("-t", 1, "--plain")
    ours = json.loads(runner.run(runner.puna_program, "run", file, "--prompt", "Once upon a time", "--raw", "--temperature", 0, "--max-tokens", count, "--kv", kv, "--json"))["ids"]
    same, right = common(ours, theirs), ""
    if same < count:
        out = os.path.join(folder, "greedy.npy")
        write([*prompt_ids, *ours[:same]])
        runner.script("reference.py", file, "--tokens", ids, "--from", len(prompt_ids) + same - 1, "--out", out, *(["--kv-f16"] if kv == "f16" else []))
        exact = int(np.load(out)[-1].argmax())
        right = "Puna" if exact == ours[same] else "llama.cpp" if exact == theirs[same] else "neither"
    return same, common(ours, plain), common(theirs, plain), right


def processor():
    with open("/proc/cpuinfo") as f:
        return re.search(r"model name\s*: (.*)", f.read()).group(1)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--puna", default=PUNA, help="the program (default: the repository's release build)")
    p.add_argument("--out", help="file for the table (default: standard output)")
    p.add_argument("--greedy", nargs="*", default=[DEMO], help="trained models whose greedy tokens are compared (default: the built-in model)")
    p.add_argument("--seeds", type=int, default=24, help="models of different weights for each quantized case")
    p.add_argument("--only", default="", help="cases whose name contains this, and no greedy tokens")
    p.add_argument("--no-peer", action="store_true", help="compare with the float64 pass only")
    a = p.parse_args()
    if not os.path.exists(a.puna):
        sys.exit(f"{a.puna} is not there: dotnet build src/Puna.Cli -c Release")
    runner, failures, chances = Runner(a.puna, not a.no_peer), [], []
    if runner.has_peer:
        runner.script("peer.py", "install")
    out = open(a.out, "w") if a.out else sys.stdout
    say = lambda line: print(line, file=out, flush=True)

    say(f"Processor: {processor()}; {a.seeds} models for each quantized case\n")
    say("| case | engine | against | rows | n | median rel. error | max | mean KL | top-1 |\n|---|---|---|---|---|---|---|---|---|")
    with ThreadPoolExecutor(os.cpu_count()) as workers:
        for case in cases.ALL:
            if a.only not in case.name:
                continue
            parts = compare(runner, case, a.seeds, workers)
            for line in lines(case, *pooled(parts)):
                say(line)
            failed, remarks = judge(case, parts)
            chances += [f"{case.name}: {remark}" for remark in remarks]
            for failure in failed:
                failures.append(f"{case.name}: {failure}")
                print("FAILED", failures[-1], file=sys.stderr, flush=True)

    if runner.has_peer and not a.only:
        say("\n| 200 greedy tokens | cache | llama.cpp's from the first | without flash attention | llama.cpp with and without | the next: exact agrees with |\n|---|---|---|---|---|---|")
        for file in a.greedy:
            for kv in ("f32", "f16"):
                with tempfile.TemporaryDirectory(prefix="puna-fidelity-") as folder:
                    same, plain, itself, right = greedy(runner, file, kv, folder)
                say(f"| {os.path.basename(file)} | {kv} | {same} | {plain} | {itself} | {right} |")
                if max(same, plain) < itself:
                    failures.append(f"{os.path.basename(file)}, {kv} cache: token {max(same, plain)} differs from llama.cpp's, which is sure of it; exact agrees with {right}")
    for chance in chances:
        say("\nFarther than llama.cpp, within chance or of too few models to tell: " + chance)
    say("\n" + ("\n".join("FAILED " + f for f in failures) or "No criterion failed."))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
