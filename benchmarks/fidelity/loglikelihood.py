#!/usr/bin/env python3
"""Compares the log-likelihoods of `puna eval run lmeval/arc_*` with llama.cpp's, question by question.

  loglikelihood.py --model FILE [--puna FILE] [--questions 200] [--shots 0 3] [--batch 1 16] [--work DIR]

The questions are made here from a seed. Prompts, tokens and log-likelihoods (by llama.cpp through peer.py, summed in double precision)
are computed without Puna. Exit code 1 when one differs by 1e-3 or more, when another choice is made, or when
Puna's results depend on the batch.
"""
import argparse
import json
import os
import random
import subprocess
import sys
import tempfile

import numpy as np

import peer

LIMIT = 1e-3
PUNA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "src", "Puna.Cli", "bin", "Release", "net10.0", "puna")
NAMES = "Lily Tom Ben Mia Sam Anna Max Sue".split()
THINGS = "ball cake dog cat tree car book hat bird boat".split()
PLACES = "park house garden room shop river road bed".split()
VERBS = "saw found took liked lost wanted".split()
KINDS = "red blue green big small old shiny soft".split()


def question(draw, i):
    """A question of one sentence that names its answer, with three or four choices."""
    name, verb, kind, thing, place = (draw.choice(x) for x in (NAMES, VERBS, KINDS, THINGS, PLACES))
    others = lambda words, word: draw.sample([w for w in words if w != word], 3)
    a, b = draw.randrange(2, 9), draw.randrange(2, 9)
    text, choices = [
        ("%s %s a %s %s in the %s. What did %s see there?" % (name, verb, kind, thing, place, name), ["a %s %s" % (kind, thing)] + ["a %s %s" % (k, draw.choice(THINGS)) for k in others(KINDS, kind)]),
        ("%s went to the %s with a %s. Where was %s?" % (name, place, thing, name), ["in the " + p for p in [place] + others(PLACES, place)]),
        ("One day, %s %s a %s. Who had the %s?" % (name, verb, thing, thing), [name] + others(NAMES, name)),
        ("%s had %d %ss and got %d more. How many?" % (name, a, thing, b), [str(a + b + d) for d in [0] + draw.sample([-3, -2, -1, 1, 2, 3, 4], 3)]),
    ][i % 4]
    choices = choices[:3 if i % 10 == 0 else 4]
    right = choices[0]
    draw.shuffle(choices)
    labels = list("ABCD")[:len(choices)]
    return {"id": "q%d" % i, "question": text, "choices": {"text": choices, "label": labels}, "answerKey": labels[choices.index(right)]}


def stem(row):
    return "Question: %s\nAnswer:" % row["question"]


def right(row):
    return row["choices"]["label"].index(row["answerKey"])


class Peer:
    def __init__(self, model):
        self.llama = peer.Peer(model, repack=False)

    def log_likelihood(self, context, text):
        head, whole = self.llama.tokenize(context), self.llama.tokenize(context + text)
        assert whole[:len(head)] == head, "a token spans context and continuation: %r %r" % (context[-20:], text)
        self.llama.open(len(whole), "f32", len(whole), flash=False)
        rows = self.llama.decode(whole, 0, len(head) - 1).astype(np.float64)
        self.llama.close()
        rows -= rows.max(-1, keepdims=True)
        rows -= np.log(np.exp(rows).sum(-1, keepdims=True))
        return sum(rows[i, whole[len(head) + i]] for i in range(len(whole) - len(head)))


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--model", required=True)
    p.add_argument("--puna", default=PUNA)
    p.add_argument("--questions", type=int, default=200)
    p.add_argument("--shots", type=int, nargs="+", default=[0, 3])
    p.add_argument("--batch", type=int, nargs="+", default=[1, 16])
    p.add_argument("--work")
    a = p.parse_args()
    work = a.work or tempfile.mkdtemp(prefix="puna-loglikelihood-")
    os.makedirs(work, exist_ok=True)
    draw = random.Random(7)
    test, train = [question(draw, i) for i in range(a.questions)], [question(draw, 10001 + i) for i in range(8)]
    for name, rows in (("test", test), ("train", train)):
        with open(os.path.join(work, name + ".jsonl"), "w") as f:
            f.writelines(json.dumps(row) + "\n" for row in rows)

    llama, failed = Peer(a.model), False
    for shots in a.shots:
        head = "".join("%s %s\n\n" % (stem(row), row["choices"]["text"][right(row)]) for row in train[:shots])
        theirs = [[llama.log_likelihood(head + stem(row), " " + text) for text in row["choices"]["text"]] for row in test]
        results = []
        for batch in a.batch:
            out = os.path.join(work, "shots%d-batch%d" % (shots, batch))
            subprocess.run([a.puna, "eval", "run", "lmeval/arc_challenge", "--model", a.model, "--variant", "base", "--kv", "f32", "--data", work, "--shots", str(shots), "--batch", str(batch), "--out", out],
                           check=True, capture_output=True)
            with open(os.path.join(out, "results.jsonl")) as f:
                results.append(f.read())
        ours = [json.loads(line) for line in results[0].splitlines()]
        worst = max(abs(x - y) for mine, his in zip(ours, theirs) for x, y in zip(mine["log_likelihoods"], his))
        choices = sum(int(np.argmax(mine["log_likelihoods"])) != int(np.argmax(his)) for mine, his in zip(ours, theirs))
        correct = sum(int(np.argmax(his)) == right(row) for row, his in zip(test, theirs))
        acc = sum(mine["metrics"]["acc"] for mine in ours)
        same = all(r == results[0] for r in results)
        print("%d questions, %d shots: largest difference %.3g, %d other choices, right %d (Puna) and %d (llama.cpp), results of batches %s %s"
              % (len(ours), shots, worst, choices, acc, correct, ", ".join(map(str, a.batch)), "equal" if same else "DIFFER"))
        failed |= worst >= LIMIT or choices > 0 or acc != correct or not same
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
