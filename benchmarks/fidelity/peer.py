#!/usr/bin/env python3
"""llama.cpp through its C interface: logits, greedy tokens and token ids of a GGUF file.

  peer.py logits MODEL --tokens FILE --out LOGITS.npy [--pos0 0] [--from 0] [--batch 512] [--greedy N] [--kv f32|f16] [--plain]
  peer.py tokenize MODEL [--text FILE]
  peer.py install

The library comes from npm, prebuilt (the package and the version that benchmarks/compare uses, in the same cache), and is installed when it is
not there. The structures below are those of that version's llama.h; its defaults are compared with what is known of them before it is used.
--plain turns off flash attention and the repacking of weights at load.
"""
import argparse
import ctypes
import glob
import json
import os
import subprocess
import sys
from ctypes import POINTER, c_bool, c_char_p, c_float, c_int, c_int8, c_size_t, c_uint32, c_void_p

import numpy as np

PACKAGE, VERSION = "@node-llama-cpp/linux-x64", "3.22.1"  # with another version, compare the structures with its llama.h
CACHE = os.path.expanduser("~/.cache/puna-compare")
TYPES = {"f32": 0, "f16": 1}
FLASH_OFF = 0


class ModelParams(ctypes.Structure):
    _fields_ = [(n, c_void_p) for n in ("devices", "buffer_overrides")] \
        + [(n, c_int) for n in ("gpu_layers", "split_mode", "load_mode", "lazy_mode", "main_gpu")] \
        + [(n, c_void_p) for n in ("tensor_split", "progress", "progress_data", "overrides")] \
        + [(n, c_bool) for n in ("vocab_only", "check_tensors", "extra_buffers", "no_host", "no_alloc", "load_mtp")]


class ContextParams(ctypes.Structure):
    _fields_ = [(n, c_uint32) for n in ("ctx", "batch", "ubatch", "sequences", "snapshots", "outputs", "outputs_per_sequence")] \
        + [(n, c_int) for n in ("threads", "threads_batch", "context_type", "rope_scaling", "pooling", "attention", "flash")] \
        + [(n, c_float) for n in ("rope_base", "rope_scale", "yarn_ext", "yarn_attn", "yarn_fast", "yarn_slow")] \
        + [("yarn_ctx", c_uint32), ("defrag", c_float), ("eval_callback", c_void_p), ("eval_data", c_void_p), ("type_k", c_int), ("type_v", c_int),
           ("abort", c_void_p), ("abort_data", c_void_p)] \
        + [(n, c_bool) for n in ("embeddings", "offload_kqv", "no_perf", "op_offload", "swa_full", "unified")] \
        + [("samplers", c_void_p), ("sampler_count", c_size_t), ("other", c_void_p)]


class Batch(ctypes.Structure):
    _fields_ = [("count", c_int), ("ids", POINTER(c_int)), ("embeddings", c_void_p), ("positions", POINTER(c_int)), ("sequence_counts", POINTER(c_int)),
                ("sequences", POINTER(POINTER(c_int))), ("wants_logits", POINTER(c_int8))]


LogCallback = ctypes.CFUNCTYPE(None, c_int, c_char_p, c_void_p)


@LogCallback
def log_errors(level, text, _):
    if level == 4:
        sys.stderr.write(text.decode(errors="replace"))


def install():
    """The folder of the libraries."""
    prefix = os.path.join(CACHE, VERSION)
    folder = os.path.join(prefix, "node_modules", PACKAGE, "bins", "linux-x64")
    if not os.path.isdir(folder):
        os.makedirs(prefix, exist_ok=True)
        done = subprocess.run(["npm", "install", "--prefix", prefix, "--no-audit", "--no-fund", "--ignore-scripts", f"{PACKAGE}@{VERSION}"], capture_output=True, text=True)
        if done.returncode or not os.path.isdir(folder):
            sys.exit(f"npm did not install {PACKAGE} {VERSION} into {prefix}:\n{done.stderr[-2000:]}")
    return folder


class Peer:
    def __init__(self, path, vocab_only=False, repack=True):
        folder = install()
        only = lambda pattern: ctypes.CDLL(glob.glob(os.path.join(folder, pattern))[0], ctypes.RTLD_GLOBAL)
        ggml, self.llama = only("libggml.v*.so"), only("libllama.v*.so")
        self.llama.llama_log_set(log_errors, None)
        ggml.ggml_backend_load_all_from_path(folder.encode())
        self.llama.llama_backend_init()
        for name, result, arguments in [
                ("llama_model_default_params", ModelParams, []), ("llama_context_default_params", ContextParams, []),
                ("llama_model_load_from_file", c_void_p, [c_char_p, ModelParams]), ("llama_init_from_model", c_void_p, [c_void_p, ContextParams]),
                ("llama_model_get_vocab", c_void_p, [c_void_p]), ("llama_vocab_n_tokens", c_int, [c_void_p]), ("llama_decode", c_int, [c_void_p, Batch]),
                ("llama_free", None, [c_void_p]),
                ("llama_get_logits_ith", POINTER(c_float), [c_void_p, c_int]),
                ("llama_tokenize", c_int, [c_void_p, c_char_p, c_int, POINTER(c_int), c_int, c_bool, c_bool])]:
            function = getattr(self.llama, name)
            function.restype, function.argtypes = result, arguments
        parameters, context = self.llama.llama_model_default_params(), self.llama.llama_context_default_params()
        known = (context.ctx, context.batch, context.ubatch, context.sequences, context.type_k, context.type_v, context.no_perf, context.other) == (512, 2048, 512, 1, 1, 1, True, None)
        if not known or (parameters.vocab_only, parameters.extra_buffers, parameters.no_alloc) != (False, True, False):
            sys.exit(f"the library's default settings are not those of {PACKAGE} {VERSION}: this is another version")
        parameters.gpu_layers, parameters.vocab_only, parameters.extra_buffers = 0, vocab_only, repack
        self.model = self.llama.llama_model_load_from_file(path.encode(), parameters)
        if not self.model:
            sys.exit(f"llama.cpp does not load {path}")
        self.vocab = self.llama.llama_model_get_vocab(self.model)
        self.vocab_size = self.llama.llama_vocab_n_tokens(self.vocab)

    def open(self, length, kv, batch, flash=True, threads=1):
        p = self.llama.llama_context_default_params()
        p.ctx, p.batch, p.ubatch = -(-length // 256) * 256, batch, min(batch, 512)
        p.threads = p.threads_batch = threads
        p.type_k = p.type_v = TYPES[kv]
        if not flash:
            p.flash = FLASH_OFF
        self.context = self.llama.llama_init_from_model(self.model, p)
        if not self.context:
            sys.exit(f"llama.cpp makes no context of {length} tokens")

    def close(self):
        self.llama.llama_free(self.context)

    def decode(self, ids, position, first=0):
        """Logits of the rows from `first` on, [rows, vocabulary]."""
        n = len(ids)
        numbers = lambda kind, values: (kind * n)(*values)
        sequence = (c_int * 1)(0)
        batch = Batch(n, numbers(c_int, ids), None, numbers(c_int, range(position, position + n)), numbers(c_int, [1] * n),
                      (POINTER(c_int) * n)(*[sequence] * n), numbers(c_int8, [i >= first for i in range(n)]))
        if self.llama.llama_decode(self.context, batch):
            sys.exit(f"llama_decode failed at position {position}")
        rows = [np.ctypeslib.as_array(self.llama.llama_get_logits_ith(self.context, i), (self.vocab_size,)).copy() for i in range(first, n)]
        return np.array(rows, np.float32).reshape(-1, self.vocab_size)

    def tokenize(self, text):
        data = text.encode()
        ids = (c_int * (len(data) + 16))()
        count = self.llama.llama_tokenize(self.vocab, data, len(data), ids, len(ids), True, True)
        if count < 0:
            sys.exit("llama_tokenize failed")
        return list(ids[:count])


def logits(a):
    with open(a.tokens) as f:
        ids = [int(i) for i in f.read().replace(",", " ").split()]
    peer = Peer(a.model, repack=not a.plain)
    peer.open(len(ids) + a.greedy, a.kv, a.batch, flash=not a.plain, threads=a.threads)
    rows = []
    for at in range(0, len(ids), a.batch):
        part = ids[at:at + a.batch]
        is_last = at + a.batch >= len(ids)
        first = min(max(a.first - at, 0), len(part) - 1 if is_last and a.greedy else len(part))
        rows.append(peer.decode(part, a.pos0 + at, first))
    if a.out:
        np.save(a.out, np.concatenate(rows))
    chosen, last = [], rows[-1][-1] if a.greedy else None
    while len(chosen) < a.greedy:
        chosen.append(int(last.argmax()))
        if len(chosen) < a.greedy:
            last = peer.decode([chosen[-1]], a.pos0 + len(ids) + len(chosen) - 1)[-1]
    if a.greedy:
        print(json.dumps(chosen))


def tokenize(a):
    with open(a.text) if a.text else sys.stdin as f:
        print(*Peer(a.model, vocab_only=True).tokenize(f.read()))


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = p.add_subparsers(required=True)
    c = commands.add_parser("logits")
    c.set_defaults(run=logits)
    c.add_argument("model")
    c.add_argument("--tokens", required=True)
    c.add_argument("--out")
    c.add_argument("--pos0", type=int, default=0)
    c.add_argument("--from", dest="first", type=int, default=0)
    c.add_argument("--batch", type=int, default=512)
    c.add_argument("--greedy", type=int, default=0)
    c.add_argument("--kv", choices=sorted(TYPES), default="f32")
    c.add_argument("--plain", action="store_true")
    c.add_argument("-t", "--threads", type=int, default=1)
    c = commands.add_parser("install", help="only install the library")
    c.set_defaults(run=lambda _: print(install()))
    c = commands.add_parser("tokenize")
    c.set_defaults(run=tokenize)
    c.add_argument("model")
    c.add_argument("--text")
    a = p.parse_args()
    a.run(a)


if __name__ == "__main__":
    main()
