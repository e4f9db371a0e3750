#!/usr/bin/env python3
"""Compares Puna's logits with a float64 reference and with llama.cpp, and writes a table.

  run.py --tools DIR --peer DIR --puna FILE --cache DIR [--out table.md] [--only TEXT] [--stories DIR]

--tools holds gen_llama4.py and ref_llama4.py (a generator of random models and their forward pass in numpy), --peer the
programs peer_logits and peer_tokenize built on llama.cpp. Models, reference logits and llama.cpp's are kept in --cache (about 15 GB
and an hour the first time; --seeds 3 is a quick look), Puna's are computed each time. Exit code 1 when a criterion fails;
docs/fidelity.md says what they are.
"""
import argparse
import hashlib
import json
import os
import re
import subprocess
import sys
from dataclasses import replace

import numpy as np

import cases
from metrics import distances, summary

MARGIN = 0.05          # router scores closer than this may change places under 8-bit rounding
F32_LIMIT = 1e-4       # relative error of a row, float32 weights and cache
FLIP_MARGIN = 1e-4     # router scores closer than this may change places under float32 rounding
PEER_NOISE = 1.05      # of llama.cpp's own distance from exact: where Puna is at exact, both distances are the same but for Puna's own error
CHANCE = 0.005         # share of resampled differences at or below 0 from which on being farther counts as chance
REPOSITORY = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")


class Runner:
    def __init__(self, a):
        self.a = a
        os.makedirs(a.cache, exist_ok=True)

    def run(self, *command):
        done = subprocess.run([str(c) for c in command], capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"{' '.join(map(str, command))}\nfailed with {done.returncode}:\n{done.stderr.strip()[-2000:]}")
        return done.stdout

    def path(self, kind, case, *what):
        """A name in the cache that changes with everything the contents depend on."""
        key = repr((kind, case.shape, case.type) + what)
        return os.path.join(self.a.cache, f"{kind}-{hashlib.sha256(key.encode()).hexdigest()[:16]}")

    def make(self, path, *command):
        """Runs a command that writes `path`, unless it is there; a name of its own meanwhile, so that a broken run leaves nothing."""
        if not os.path.exists(path):
            partial = path + ".partial" + os.path.splitext(path)[1]
            self.run(*[partial if c is OUT else c for c in command])
            os.replace(partial, path)
        return path

    def model(self, case):
        extra = ("--pure",) if case.is_block_quantized and case.type != "q4_k_m" else ()
        return self.make(self.path("model", case) + ".gguf", sys.executable, os.path.join(self.a.tools, "gen_llama4.py"), OUT,
                         *case.shape, "--type", case.type, *extra)

    def tokens(self, case, model):
        path = self.path("tokens", case, case.tokens, case.count) + ".txt"
        if not os.path.exists(path):
            if case.tokens == "random":
                ids = np.random.Generator(np.random.PCG64(5)).integers(0, 256, case.count).tolist()
            else:
                ids = [int(i) for i in self.run(os.path.join(self.a.peer, "peer_tokenize"), "-m", model, "--text", os.path.join(REPOSITORY, "LICENSE")).split()]
                while len(ids) < case.count:
                    ids += ids[1:]
            with open(path, "w") as f:
                f.write(" ".join(map(str, ids[:case.count])))
        return path

    def reference(self, case, model, tokens, *options):
        """Logits and, per row, the smallest router margin (infinite without experts)."""
        path = self.path("reference", case, case.tokens, case.count, case.pos0, case.first, *options)
        self.make(path + ".npy", sys.executable, os.path.join(self.a.tools, "ref_llama4.py"), model, "--tokens", tokens, "--pos0", case.pos0,
                  "--from", case.first, "--stats", path + ".json", "--out", OUT, *options)
        logits = np.load(path + ".npy")
        if not os.path.exists(path + ".json"):
            return logits, np.full(len(logits), np.inf)
        with open(path + ".json") as f:
            return logits, np.array(json.load(f)["router_margin"])[case.first:]

    def peer(self, case, model, tokens):
        path = self.path("peer", case, case.tokens, case.count, case.pos0, case.first, case.batch) + ".npy"
        self.make(path, os.path.join(self.a.peer, "peer_logits"), "-m", model, "--tokens", tokens, "--pos0", case.pos0, "--from", case.first,
                  "--batch", case.batch, "--kv", "f32", "--fa", "off", "--no-repack", "-t", 2, "--out", OUT)
        return np.load(path).astype(np.float64)

    def puna(self, case, model, tokens, backend):
        path = os.path.join(self.a.cache, "puna.npy")
        self.run(self.a.puna, "logits", model, "--ids-file", tokens, "--pos0", case.pos0, "--from", case.first, "--batch", case.batch,
                 "--kv", "f32", "--backend", backend, "--out", path)
        return np.load(path).astype(np.float64)


OUT = object()


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
            need(f"{backend}: largest error", rows[backend, "exact"]["rel"][steady].max(), F32_LIMIT)
    if case.type == "f32" or not case.peer:
        if case.peer and not case.exact_angles_matter:
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
            (remarks if share >= CHANCE else failed).append(text)
    clear = margins >= MARGIN
    need("median error from llama.cpp against its own from exact", summary(rows["cpu", "llama.cpp"], clear)["median"],
         PEER_NOISE * summary(rows["llama.cpp", "exact"], clear)["median"])
    return failed, remarks


def pool(distances):
    return {k: np.concatenate([d[k] for d in distances]) for k in distances[0]}


def pooled(parts):
    """Distances and margins over the rows of all models."""
    return {key: pool([rows[key] for rows, _ in parts]) for key in parts[0][0]}, np.concatenate([margins for _, margins in parts])


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


def compare(runner, case, seeds):
    """Per model of the case: distances of every engine from every yardstick, and the router margins."""
    shapes = [case.shape + (("--seed", str(seed)) if seed > 1 else ()) for seed in range(1, (seeds if case.many else 1) + 1)]
    return [compare_one(runner, replace(case, shape=shape)) for shape in shapes]


def compare_one(runner, case):
    model = runner.model(case)
    tokens = runner.tokens(case, model)
    exact, margins = runner.reference(case, model, tokens)
    engines = {backend: runner.puna(case, model, tokens, backend) for backend in case.backends}
    if case.peer:
        engines["llama.cpp"] = runner.peer(case, model, tokens)

    rows = {(name, "exact"): distances(exact, logits) for name, logits in engines.items()}
    if case.is_block_quantized:
        rounded, _ = runner.reference(case, model, tokens, "--act-quant")
        for name, logits in engines.items():
            if name != "reference":
                rows[name, "rounded"] = distances(rounded, logits)
    if case.peer:
        rows["cpu", "llama.cpp"] = distances(engines["llama.cpp"], engines["cpu"])
    return rows, margins


def lines(case, rows, margins):
    """Table rows of one case; a second one of the rows with a clear router where that leaves any out."""
    names = {"cpu": "Puna cpu", "reference": "Puna reference", "llama.cpp": "llama.cpp"}
    for (engine, against), d in rows.items():
        clear = margins >= MARGIN
        for label, selected in [("all", None)] + ([("clear router", clear)] if case.type != "f32" and not clear.all() else []):
            s = summary(d, selected)
            if s:
                yield f"| {case.name} | {names[engine]} | {against} | {label} | {s['n']} | {s['median']:.1e} | {s['max']:.1e} | {s['kl']:.1e} | {100 * s['top1']:.1f} % |"


def common(a, b):
    """How many tokens two lists share from the first."""
    return next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))


def greedy(runner, file, kv, count=200):
    """
    How many of 200 greedy tokens of a trained model are llama.cpp's from the first: by its default settings, and without flash
    attention; how many these two share; and whose next token the exact float64 pass chooses where Puna parts from the first.
    """
    prompt = "Once upon a time"
    ours = json.loads(runner.run(runner.a.puna, "run", file, "--prompt", prompt, "--raw", "--temperature", 0, "--max-tokens", count, "--kv", kv, "--json"))["ids"]
    text = runner.a.cache + "/prompt.txt"
    with open(text, "w") as f:
        f.write(prompt)
    prompt_ids = runner.run(os.path.join(runner.a.peer, "peer_tokenize"), "-m", file, "--text", text).split()
    peer = lambda *options: json.loads(runner.run(
        os.path.join(runner.a.peer, "peer_logits"), "-m", file, "--ids", ",".join(prompt_ids), "--greedy", count, "--kv", kv, *options))["greedy"]
    theirs, plain = peer("--fa", "auto"), peer("--fa", "off", "--no-repack")
    same, right = common(ours, theirs), ""
    if same < count:
        ids, out = runner.a.cache + "/greedy.txt", runner.a.cache + "/greedy.npy"
        with open(ids, "w") as f:
            f.write(" ".join([*prompt_ids, *map(str, ours[:same])]))
        runner.run(sys.executable, os.path.join(runner.a.tools, "ref_llama4.py"), file, "--tokens", ids, "--from", len(prompt_ids) + same - 1, "--out", out, *(["--kv-f16"] if kv == "f16" else []))
        exact = int(np.load(out)[-1].argmax())
        right = "Puna" if exact == ours[same] else "llama.cpp" if exact == theirs[same] else "neither"
    return same, common(ours, plain), common(theirs, plain), right


def processor():
    with open("/proc/cpuinfo") as f:
        return re.search(r"model name\s*: (.*)", f.read()).group(1)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--tools", required=True)
    p.add_argument("--peer", required=True)
    p.add_argument("--puna", required=True)
    p.add_argument("--cache", required=True)
    p.add_argument("--out")
    p.add_argument("--stories", help="folder with stories260K-f32.gguf and stories260K-q8_0.gguf")
    p.add_argument("--seeds", type=int, default=24, help="models of different weights for each quantized case")
    p.add_argument("--only", default="", help="cases whose name contains this")
    a = p.parse_args()
    runner, failures, chances = Runner(a), [], []
    out = open(a.out, "w") if a.out else sys.stdout
    say = lambda line: print(line, file=out, flush=True)

    say(f"Processor: {processor()}\n")
    say("| case | engine | against | rows | n | median rel. error | max | mean KL | top-1 |\n|---|---|---|---|---|---|---|---|---|")
    for case in cases.ALL:
        if a.only not in case.name:
            continue
        parts = compare(runner, case, a.seeds)
        for line in lines(case, *pooled(parts)):
            say(line)
        failed, remarks = judge(case, parts)
        chances += [f"{case.name}: {remark}" for remark in remarks]
        for failure in failed:
            failures.append(f"{case.name}: {failure}")
            print("FAILED", failures[-1], file=sys.stderr, flush=True)

    if a.stories:
        say("\n| 200 greedy tokens | cache | llama.cpp's from the first | without flash attention | llama.cpp with and without | the next: exact agrees with |\n|---|---|---|---|---|---|")
        for name in ("stories260K-f32.gguf", "stories260K-q8_0.gguf"):
            for kv in ("f32", "f16"):
                same, plain, itself, right = greedy(runner, os.path.join(a.stories, name), kv)
                say(f"| {name} | {kv} | {same} | {plain} | {itself} | {right} |")
                if max(same, plain) < itself:
                    failures.append(f"{name}, {kv} cache: token {max(same, plain)} differs from llama.cpp's, which is sure of it; exact agrees with {right}")
    for chance in chances:
        say("\nFarther than llama.cpp, within chance: " + chance)
    say("\n" + ("\n".join("FAILED " + f for f in failures) or "No criterion failed."))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
