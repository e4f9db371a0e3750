#!/usr/bin/env python3
"""Writes a Llama 4 or Llama model with random weights as GGUF.

  generate.py OUT.gguf [--arch llama4|llama] [--experts 16] [--type f32|f16|bf16] [--seed 1] …

Weights depend on the seed and on the tensor's name and shape only, so that one model can be written in several types. Variances
keep the states near unit size, so that all parts of a layer matter. The vocabulary is made here, too: bytes and pairs that are
frequent in the repository's licence. `tokens` is that licence in the model's own tokens.
"""
import argparse
import hashlib
import math
import os
from collections import Counter

import numpy as np

import gguf

PART = 1 << 22  # numbers made at a time
HERE = os.path.dirname(os.path.abspath(__file__))
# Factor, low and high frequency factor, original context, as Meta's configurations have them.
ROPE_SCALING = {"scout": (16.0, 1.0, 1.0, 8192), "llama32": (32.0, 1.0, 4.0, 8192)}
SPECIAL = {
    "llama4": ["<|begin_of_text|>", "<|end_of_text|>", "<|header_start|>", "<|header_end|>", "<|eom|>", "<|eot|>"],
    "llama3": ["<|begin_of_text|>", "<|end_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eom_id|>", "<|eot_id|>"],
}


def byte_letters():
    """The letter that byte-level BPE writes for every byte: itself where it is a visible Latin-1 character, else one from U+0100 on."""
    shown = {b for b in range(256) if 33 <= b <= 126 or 161 <= b <= 172 or b >= 174}
    hidden = iter(range(256, 512))
    return [chr(b) if b in shown else chr(next(hidden)) for b in range(256)]


def learn_pairs(text, count):
    """Byte pair encoding of a text: the pairs in the order they were joined, and the text in tokens. Pairs do not cross from one word into the next."""
    words = [list(w.encode()) for w in text.replace("\n", " ").split(" ") if w]
    words = [[32] + w for w in words]
    joined = []
    for new in range(256, 256 + count):
        seen = Counter(pair for w in words for pair in zip(w, w[1:]))
        if not seen:
            break
        (a, b), _ = min(seen.items(), key=lambda item: (-item[1], item[0]))
        joined.append((a, b))
        for w in words:
            i = 0
            while i + 1 < len(w):
                if w[i] == a and w[i + 1] == b:
                    w[i:i + 2] = [new]
                i += 1
    return joined, [t for w in words for t in w]


def licence():
    with open(os.path.join(HERE, "..", "..", "LICENSE")) as f:
        return f.read()


def tokens(vocab=512):
    """The licence as ids of the byte-pair vocabulary."""
    return learn_pairs(licence(), vocab - 256 - len(SPECIAL["llama4"]))[1]


def add_byte_pairs(w, family, vocab):
    special = list(SPECIAL[family])
    pairs, _ = learn_pairs(licence(), vocab - 256 - len(special))
    names = byte_letters()
    merges = []
    for a, b in pairs:
        merges.append(f"{names[a]} {names[b]}")
        names.append(names[a] + names[b])
    special += [f"<|reserved_special_token_{i}|>" for i in range(vocab - len(names) - len(special))]
    w.add("tokenizer.ggml.model", gguf.STRING, "gpt2")
    w.add("tokenizer.ggml.pre", gguf.STRING, "llama4" if family == "llama4" else "llama-bpe")
    w.add("tokenizer.ggml.tokens", gguf.ARRAY, names + special, gguf.STRING)
    w.add("tokenizer.ggml.token_type", gguf.ARRAY, [1] * len(names) + [3] * len(special), gguf.I32)
    w.add("tokenizer.ggml.merges", gguf.ARRAY, merges, gguf.STRING)
    w.add("tokenizer.ggml.bos_token_id", gguf.U32, len(names))
    w.add("tokenizer.ggml.eos_token_id", gguf.U32, len(names) + 5)


def add_sentence_pieces(w, vocab):
    names = ["<unk>", "<s>", "</s>"] + [f"<0x{b:02X}>" for b in range(256)] + ["\u2581"] + [chr(c) for c in range(33, 127)]
    names += [f"\u2581{chr(a)}{chr(b)}" for a in range(97, 123) for b in range(97, 123)][:vocab - len(names)]
    w.add("tokenizer.ggml.model", gguf.STRING, "llama")
    w.add("tokenizer.ggml.tokens", gguf.ARRAY, names, gguf.STRING)
    w.add("tokenizer.ggml.scores", gguf.ARRAY, [0.0] * 259 + [-float(i) for i in range(len(names) - 259)], gguf.F32)
    w.add("tokenizer.ggml.token_type", gguf.ARRAY, [2, 3, 3] + [6] * 256 + [1] * (len(names) - 259), gguf.I32)
    w.add("tokenizer.ggml.bos_token_id", gguf.U32, 1)
    w.add("tokenizer.ggml.eos_token_id", gguf.U32, 2)
    w.add("tokenizer.ggml.unknown_token_id", gguf.U32, 0)


def rope_factors(head_dim, base, factor, low, high, context):
    """What every frequency is divided by: 1 for short waves, the factor for long ones, and between them smoothly from one to the other."""
    factors = []
    for i in range(0, head_dim, 2):
        turns = context * base ** (-i / head_dim) / (2 * math.pi)  # within the original context
        if turns > high:
            factors.append(1.0)
        elif turns < low:
            factors.append(factor)
        else:
            share = (turns - low) / (high - low)
            factors.append(1 / (share + (1 - share) / factor))
    return factors


class Model:
    def __init__(self, a):
        self.a, self.w = a, gguf.Writer()

    def put(self, name, *shape, gain=1.0, mean=0.0):
        """A tensor of normal numbers; matrices scaled by the square root of their inputs."""
        std = gain / math.sqrt(shape[-1]) if len(shape) > 1 else gain
        self.w.tensor(name, shape, self.numbers(name, shape, np.float32(std), np.float32(mean)), "f32" if len(shape) == 1 or "ffn_gate_inp" in name else self.a.type)

    def numbers(self, name, shape, std, mean):
        seed = hashlib.sha256(f"{self.a.seed} {name} {shape}".encode()).digest()
        random, left = np.random.default_rng(int.from_bytes(seed[:8], "little")), math.prod(shape)
        while left:
            part = min(left, PART)
            yield random.standard_normal(part, np.float32) * std + mean
            left -= part

    def norm(self, name):
        self.put(name, self.a.embd, gain=0.1, mean=1.0)

    def layer(self, i):
        a, b = self.a, f"blk.{i}."
        self.norm(b + "attn_norm.weight")
        self.put(b + "attn_q.weight", a.heads * a.head_dim, a.embd, gain=1.5)
        self.put(b + "attn_k.weight", a.kv_heads * a.head_dim, a.embd, gain=1.5)
        self.put(b + "attn_v.weight", a.kv_heads * a.head_dim, a.embd)
        self.put(b + "attn_output.weight", a.embd, a.heads * a.head_dim, gain=0.5)
        self.norm(b + "ffn_norm.weight")
        if a.experts and (i + 1) % a.moe_step == 0:
            self.put(b + "ffn_gate_inp.weight", a.experts, a.embd, gain=2.0)
            self.feed_forward(b, "_exps", a.ff_expert, (a.experts,))
            self.feed_forward(b, "_shexp", a.ff_expert)
        else:
            self.feed_forward(b, "", a.ff_dense)

    def feed_forward(self, b, suffix, width, leading=()):
        for part, shape, gain in ("gate", (width, self.a.embd), 1.0), ("up", (width, self.a.embd), 1.0), ("down", (self.a.embd, width), 0.4):
            self.put(f"{b}ffn_{part}{suffix}.weight", *leading, *shape, gain=gain)

    def metadata(self):
        a, add = self.a, self.w.add
        add("general.architecture", gguf.STRING, a.arch)
        add("general.name", gguf.STRING, "random")
        numbers = {
            "block_count": a.layers, "context_length": a.ctx, "embedding_length": a.embd, "feed_forward_length": a.ff_dense, "vocab_size": a.vocab,
            "attention.head_count": a.heads, "attention.head_count_kv": a.kv_heads, "attention.key_length": a.head_dim,
            "attention.value_length": a.head_dim, "rope.dimension_count": a.head_dim,
        }
        if a.arch == "llama4":
            # A dense Llama 4 as converters write it: llama.cpp wants a number of experts even where no layer has any.
            numbers |= {"expert_count": a.experts or 16, "expert_used_count": a.experts_used, "expert_feed_forward_length": a.ff_expert,
                        "interleave_moe_layer_step": a.moe_step if a.experts else 1 << 20}
            numbers |= {} if a.chunk is None else {"attention.chunk_size": a.chunk}
            numbers |= {} if a.nope_interval is None else {"attention.nope_interval": a.nope_interval}
        for key, value in numbers.items():
            add(f"{a.arch}.{key}", gguf.U32, value)
        add(f"{a.arch}.rope.freq_base", gguf.F32, a.rope_base)
        add(f"{a.arch}.attention.layer_norm_rms_epsilon", gguf.F32, 1e-5)
        if a.floor is not None:
            add(f"{a.arch}.attention.temperature_floor", gguf.F32, a.floor)
        if a.no_qk_norm:
            add(f"{a.arch}.attention.no_qk_norm", gguf.BOOL, True)
        if a.tokenizer == "spm":
            add_sentence_pieces(self.w, a.vocab)
        else:
            add_byte_pairs(self.w, a.tokenizer, a.vocab)

    def write(self):
        a = self.a
        self.metadata()
        self.put("token_embd.weight", a.vocab, a.embd, gain=2.0)
        if not a.tied:
            self.put("output.weight", a.vocab, a.embd, gain=3.0)
        self.norm("output_norm.weight")
        if a.rope_scaling:
            self.w.tensor("rope_freqs.weight", (a.head_dim // 2,), [rope_factors(a.head_dim, a.rope_base, *ROPE_SCALING[a.rope_scaling])])
        for i in range(a.layers):
            self.layer(i)
        self.w.write(a.out)


def parse(arguments):
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("out")
    p.add_argument("--arch", choices=["llama4", "llama"], default="llama4")
    p.add_argument("--tokenizer", choices=["llama4", "llama3", "spm"], default="llama4")
    p.add_argument("--type", choices=["f32", "f16", "bf16"], default="f32")
    for name, value in dict(layers=4, embd=256, heads=8, kv_heads=2, head_dim=32, ff_expert=256, ff_dense=512, experts=16, experts_used=1,
                            moe_step=1, vocab=512, ctx=10485760, seed=1).items():
        p.add_argument("--" + name.replace("_", "-"), type=int, default=value)
    p.add_argument("--rope-base", type=float, default=500000.0)
    p.add_argument("--rope-scaling", choices=sorted(ROPE_SCALING))
    p.add_argument("--tied", action="store_true", help="the output uses the embedding")
    for name in ("chunk", "nope-interval"):
        p.add_argument("--" + name, type=int, help="written as a key that llama.cpp does not read")
    p.add_argument("--floor", type=float, help="of the temperature; written as a key that llama.cpp does not read")
    p.add_argument("--no-qk-norm", action="store_true", help="written as a key that llama.cpp does not read")
    return p.parse_args(arguments)


def generate(out, *arguments):
    Model(parse([out, *arguments])).write()


if __name__ == "__main__":
    Model(parse(None)).write()
