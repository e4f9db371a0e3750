"""Distances between two sets of logits, row by row."""
import numpy as np


def log_softmax(x):
    x = x - x.max(-1, keepdims=True)
    return x - np.log(np.exp(x).sum(-1, keepdims=True))


def distances(reference, test):
    """Per row: relative error, KL divergence in nats, and whether the largest logit is the same.

    The relative error is the length of the difference over the length of the reference less its mean: a constant added to
    all logits changes no probability, so it counts in the difference but not in the size.
    """
    difference = test - reference
    centred = reference - reference.mean(-1, keepdims=True)
    relative = np.sqrt((difference ** 2).sum(-1) / (centred ** 2).sum(-1))
    p, q = log_softmax(reference), log_softmax(test)
    return dict(rel=relative, kl=np.maximum((np.exp(p) * (p - q)).sum(-1), 0), top1=reference.argmax(-1) == test.argmax(-1))


def summary(d, rows=None):
    """Median and largest relative error, mean KL and share of equal largest logits over the chosen rows, or None of no rows."""
    if rows is not None:
        d = {k: v[rows] for k, v in d.items()}
    if len(d["rel"]) == 0:
        return None
    return dict(n=len(d["rel"]), median=float(np.median(d["rel"])), max=float(d["rel"].max()), kl=float(d["kl"].mean()), top1=float(d["top1"].mean()))
