#!/usr/bin/env python3
"""The forward pass of Llama 4 and Llama in float64, as plainly as the equations stand; every engine is measured against it.

  reference.py MODEL.gguf --tokens FILE --out LOGITS.npy [--pos0 0] [--from 0] [--round-activations] [--kv-f16]

Source of the equations: Meta's llama-models, models/llama4 (model.py, moe.py, ffn.py) and models/llama3. --round-activations rounds
what is multiplied with quantized weights as kernels over blocks do, and keeps everything else exact.
"""
import argparse

import numpy as np

import gguf

QUERIES = 256  # rows of attention at a time


class Model:
    def __init__(self, path, round_activations=False, kv_f16=False):
        self.file = gguf.Reader(path)
        self.rounds, self.kv_f16 = round_activations, kv_f16
        m = self.file.metadata
        self.arch = m["general.architecture"]
        get = lambda key, default=None: m.get(f"{self.arch}.{key}", default)
        self.layers, self.width = get("block_count"), get("embedding_length")
        self.heads = get("attention.head_count")
        self.kv_heads = get("attention.head_count_kv", self.heads)
        self.head_dim = get("attention.key_length", self.width // self.heads)
        self.epsilon = get("attention.layer_norm_rms_epsilon")
        self.experts_used = get("expert_used_count", 0)
        is_llama4 = self.arch == "llama4"
        self.chunk = get("attention.chunk_size", 8192) if is_llama4 else 0
        self.nope_interval = get("attention.nope_interval", 4) if is_llama4 else 0
        self.floor = get("attention.temperature_floor", 8192)
        # Scout normalises queries and keys, Maverick, known by its 128 experts, does not.
        self.qk_norm = is_llama4 and get("expert_count") != 128 and not get("attention.no_qk_norm", False)
        self.frequencies = get("rope.freq_base", 10000.0) ** (-np.arange(0, self.head_dim, 2) / self.head_dim)
        if "rope_freqs.weight" in self.file:
            self.frequencies = self.frequencies / self.file.tensor("rope_freqs.weight")
        self.weights = {}

    def weight(self, name, part=None):
        if (name, part) not in self.weights:
            self.weights[name, part] = self.file.tensor(name, part)
        return self.weights[name, part]

    def logits(self, ids, pos0=0, first=0):
        """Logits of the rows from `first` on, and for every one of them how clear the routers' choices were (infinite without experts)."""
        positions = np.arange(pos0, pos0 + len(ids))
        margins = np.full(len(ids), np.inf)
        x = self.weight("token_embd.weight")[ids]
        for i in range(self.layers):
            block = f"blk.{i}."
            x = x + self.attention(block, self.norm(x, block + "attn_norm.weight"), positions, is_global=self.nope_interval and (i + 1) % self.nope_interval == 0)
            h = self.norm(x, block + "ffn_norm.weight")
            x = x + (self.mixture(block, h, margins) if block + "ffn_gate_inp.weight" in self.file else self.feed_forward(block, h))
        x = self.norm(x[first:], "output_norm.weight")
        return self.project(x, "output.weight" if "output.weight" in self.file else "token_embd.weight"), margins[first:]

    def norm(self, x, name):
        return unit_rms(x, self.epsilon) * self.weight(name)

    def project(self, x, name, part=None):
        if self.rounds:
            x = rounded(x, self.file.type_of(name))
        return x @ self.weight(name, part).T

    def attention(self, block, x, positions, is_global):
        """Local layers turn queries and keys by their positions and see their own chunk; global ones see everything, at a temperature."""
        n = len(x)
        q = self.project(x, block + "attn_q.weight").reshape(n, self.heads, self.head_dim)
        k = self.project(x, block + "attn_k.weight").reshape(n, self.kv_heads, self.head_dim)
        v = self.project(x, block + "attn_v.weight").reshape(n, self.kv_heads, self.head_dim)
        if is_global:
            q = q * (1 + 0.1 * np.log(1 + np.floor((positions + 1) / self.floor)))[:, None, None]
        else:
            q, k = self.turn(q, positions), self.turn(k, positions)
            if self.qk_norm:
                q, k = unit_rms(q, self.epsilon), unit_rms(k, self.epsilon)
        if self.kv_f16:
            k, v = k.astype(np.float16).astype(np.float64), v.astype(np.float16).astype(np.float64)
        group = self.heads // self.kv_heads
        out = np.empty_like(q)
        for row in range(0, n, QUERIES):
            rows = slice(row, min(row + QUERIES, n))
            chunked = self.chunk and not is_global
            begin = max(0, positions[row] // self.chunk * self.chunk - positions[0]) if chunked else 0
            seen = slice(begin, rows.stop)
            visible = positions[None, seen] <= positions[rows, None]
            if chunked:
                visible &= positions[None, seen] // self.chunk == positions[rows, None] // self.chunk
            for head in range(self.heads):
                scores = q[rows, head] @ k[seen, head // group].T / np.sqrt(self.head_dim)
                scores = np.where(visible, scores, -np.inf)
                probabilities = np.exp(scores - scores.max(1, keepdims=True))
                out[rows, head] = probabilities @ v[seen, head // group] / probabilities.sum(1, keepdims=True)
        return self.project(out.reshape(n, -1), block + "attn_output.weight")

    def turn(self, x, positions):
        """RoPE: neighbouring components are the parts of a complex number."""
        angles = np.exp(1j * positions[:, None] * self.frequencies)[:, None, :]
        turned = (x[..., 0::2] + 1j * x[..., 1::2]) * angles
        return np.stack([turned.real, turned.imag], -1).reshape(x.shape)

    def feed_forward(self, block, x, suffix="", part=None):
        gate = self.project(x, f"{block}ffn_gate{suffix}.weight", part)
        up = self.project(x, f"{block}ffn_up{suffix}.weight", part)
        return self.project(gate * sigmoid(gate) * up, f"{block}ffn_down{suffix}.weight", part)

    def mixture(self, block, x, margins):
        """The shared expert, and the chosen ones with their input scaled by the router's opinion of them."""
        scores = self.project(x, block + "ffn_gate_inp.weight")
        order = np.argsort(-scores, 1, kind="stable")
        if self.experts_used < scores.shape[1]:
            last = np.take_along_axis(scores, order[:, self.experts_used - 1:self.experts_used + 1], 1)
            np.minimum(margins, last[:, 0] - last[:, 1], out=margins)
        out = self.feed_forward(block, x, "_shexp")
        for expert in np.unique(order[:, :self.experts_used]):
            rows = np.any(order[:, :self.experts_used] == expert, 1)
            out[rows] += self.feed_forward(block, x[rows] * sigmoid(scores[rows, expert])[:, None], "_exps", expert)
        return out


def unit_rms(x, epsilon):
    return x / np.sqrt((x ** 2).mean(-1, keepdims=True) + epsilon)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def rounded(x, weight_type):
    """Activations as they meet weights of a type: 8-bit blocks of 256 for the K types and of 32 for the older ones, the same 16 bits for 16-bit types."""
    if weight_type == "f32":
        return x
    if weight_type == "f16":
        return x.astype(np.float32).astype(np.float16).astype(np.float64)
    if weight_type == "bf16":
        return gguf.decode(gguf.to_bf16(x).view(np.uint8).reshape(-1), "bf16").reshape(x.shape)
    length = 256 if weight_type.endswith("_k") else 32
    blocks = x.astype(np.float32).reshape(-1, length)
    largest = np.take_along_axis(blocks, np.abs(blocks).argmax(1)[:, None], 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        if length == 256:  # the largest becomes -127, and the scale stays float32
            inverse = np.float32(-127) / largest
            scale = np.float32(1) / inverse
        else:              # scales are float16; rounding uses the scale before that
            scale = np.abs(largest) / np.float32(127)
            inverse = np.float32(1) / scale
            scale = scale.astype(np.float16)
        quants = np.minimum(np.rint(blocks * inverse), 127)
    return np.where(largest == 0, 0, quants.astype(np.float64) * scale).reshape(x.shape)


def read_ids(path):
    with open(path) as f:
        return [int(i) for i in f.read().replace(",", " ").split()]


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("model")
    p.add_argument("--tokens", required=True, help="file of token ids")
    p.add_argument("--pos0", type=int, default=0, help="position of the first token")
    p.add_argument("--from", dest="first", type=int, default=0, help="first row to write")
    p.add_argument("--round-activations", action="store_true")
    p.add_argument("--kv-f16", action="store_true", help="round keys and values to half")
    p.add_argument("--out", required=True)
    p.add_argument("--margins", help="file for the smallest router margin of every row, .npy")
    a = p.parse_args()
    logits, margins = Model(a.model, a.round_activations, a.kv_f16).logits(read_ids(a.tokens), a.pos0, a.first)
    np.save(a.out, logits)
    if a.margins:
        np.save(a.margins, margins)


if __name__ == "__main__":
    main()
