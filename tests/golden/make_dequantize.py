#!/usr/bin/env python3
"""Makes dequantize.bin.gz: blocks of every decodable type and the floats they stand for.

The floats come from ggml's own library (dequantize_row_* of libggml-base.so, the release named in README.md), called
through ctypes; the plain number types, F8_E4M3 and Q8_1, for which it has no such function, are computed by the formula
of their format in numpy. Blocks are random bytes of a fixed seed with scales of a sane size, then edge blocks: all bytes
zero, all bytes 0xFF beside a sane scale, a negative scale, a subnormal scale.

    python3 make_dequantize.py path/to/libggml-base.so

File (gzip; little-endian): repeated records of
    u32 type id | u32 block count | u32 elements | blocks | float32[elements]
"""
import ctypes
import gzip
import os
import struct
import sys

import numpy as np

# name -> (id, elements, bytes, offsets of f16 scales)
TYPES = {
    "q4_0": (2, 32, 18, [0]), "q4_1": (3, 32, 20, [0, 2]), "q5_0": (6, 32, 22, [0]), "q5_1": (7, 32, 24, [0, 2]),
    "q8_0": (8, 32, 34, [0]), "q8_1": (9, 32, 36, [0, 2]), "q2_K": (10, 256, 84, [80, 82]),
    "q3_K": (11, 256, 110, [108]), "q4_K": (12, 256, 144, [0, 2]), "q5_K": (13, 256, 176, [0, 2]),
    "q6_K": (14, 256, 210, [208]), "q8_K": (15, 256, 292, []), "iq2_xxs": (16, 256, 66, [0]),
    "iq2_xs": (17, 256, 74, [0]), "iq3_xxs": (18, 256, 98, [0]), "iq1_s": (19, 256, 50, [0]),
    "iq4_nl": (20, 32, 18, [0]), "iq3_s": (21, 256, 110, [0]), "iq2_s": (22, 256, 82, [0]),
    "iq4_xs": (23, 256, 136, [0]), "iq1_m": (29, 256, 56, []), "tq1_0": (34, 256, 54, [52]),
    "tq2_0": (35, 256, 66, [64]), "mxfp4": (39, 32, 17, []),
}
# name -> (id, numpy type of the storage)
PLAIN = {"f32": (0, "<f4"), "f16": (1, "<f2"), "i8": (24, "i1"), "i16": (25, "<i2"), "i32": (26, "<i4"),
         "i64": (27, "<i8"), "f64": (28, "<f8"), "bf16": (30, "<u2"), "f8_e4m3": (1000, "u1")}


def put_scale(block, name, value):
    """Writes the block scales; the second (an offset or minimum scale) is a third of the first."""
    _, _, _, offsets = TYPES[name]
    for k, o in enumerate(offsets):
        block[o:o + 2] = np.frombuffer(np.float16(value / (1, 3)[k]).tobytes(), np.uint8)
    if name == "q8_K":
        block[0:4] = np.frombuffer(np.float32(value).tobytes(), np.uint8)
    elif name == "mxfp4":
        block[0] = 0 if abs(value) < 1e-6 else int(np.clip(128 + np.round(np.log2(abs(value))), 0, 254))
    elif name == "iq1_m":  # the four top nibbles of the scale words
        bits = int(np.float16(value).view(np.uint16))
        for k in range(4):
            block[49 + 2 * k] = (block[49 + 2 * k] & 0x0F) | (((bits >> (4 * k)) & 15) << 4)


def make_blocks(name, rng):
    _, length, size, _ = TYPES[name]
    count = 6 if length == 256 else 20
    blocks = rng.integers(0, 256, (count, size), np.uint8)
    for b in blocks:
        put_scale(b, name, float(rng.uniform(0.001, 0.03)))
    edge = np.zeros((5, size), np.uint8)
    edge[1] = 0xFF
    put_scale(edge[1], name, 0.01)
    edge[2:] = rng.integers(0, 256, (3, size), np.uint8)
    put_scale(edge[2], name, -0.02)
    put_scale(edge[3], name, 3e-7)
    put_scale(edge[4], name, -6e-8)
    return np.concatenate([blocks, edge])


def ggml_decode(lib, name, blocks):
    y = np.empty(blocks.shape[0] * TYPES[name][1], np.float32)
    f = getattr(lib, "dequantize_row_" + name)
    f.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64]
    f.restype = None
    raw = np.ascontiguousarray(blocks)
    f(raw.ctypes.data, y.ctypes.data, y.size)
    return y


def q8_1_decode(blocks):
    d = np.ascontiguousarray(blocks[:, 0:2]).view("<f2").astype(np.float32)
    return (d * blocks[:, 4:].view(np.int8).astype(np.float32)).reshape(-1)


def f8_decode(raw):
    e, m = (raw >> 3) & 15, (raw & 7).astype(np.float64)
    v = np.where(e == 0, m / 8 * 2.0 ** -6, (1 + m / 8) * 2.0 ** (e.astype(np.float64) - 7))
    v = np.where((raw & 127) == 127, np.nan, v)
    return np.where(raw & 128, -v, v).astype(np.float32)


def plain(name, rng):
    dtype = PLAIN[name][1]
    if name == "f8_e4m3":
        raw = np.arange(256, dtype=np.uint8)
        return raw, f8_decode(raw)
    if name == "bf16":
        v = np.concatenate([rng.standard_normal(120), [0, -0.0, 1e-40, -1e-40, 3e38, np.inf, -np.inf, 1]]).astype(np.float32)
        u = v.view(np.uint32) >> 16
        return u.astype("<u2").view(np.uint8), (u << 16).view(np.float32)
    if name.startswith("f"):
        v = np.concatenate([rng.standard_normal(120), [0, -0.0, 6e-8, -3e-5, 65504, np.inf, -np.inf, 1]]).astype(dtype)
    else:
        info = np.iinfo(dtype)
        v = np.concatenate([rng.integers(info.min, info.max, 124, np.int64, True), [0, 1, info.min, info.max]]).astype(dtype)
    return v.view(np.uint8), v.astype(np.float32)


def main():
    lib = ctypes.CDLL(sys.argv[1])
    rng = np.random.default_rng(20261)
    out = bytearray()
    for name, (type_id, length, _, _) in TYPES.items():
        blocks = make_blocks(name, rng)
        y = q8_1_decode(blocks) if name == "q8_1" else ggml_decode(lib, name, blocks)
        out += struct.pack("<III", type_id, blocks.shape[0], y.size) + blocks.tobytes() + y.astype("<f4").tobytes()
    for name, (type_id, _) in PLAIN.items():
        raw, y = plain(name, rng)
        out += struct.pack("<III", type_id, y.size, y.size) + raw.tobytes() + y.astype("<f4").tobytes()
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "dequantize.bin.gz")
    with open(path, "wb") as f:
        f.write(gzip.compress(bytes(out), 9, mtime=0))
    print(path, len(out), "bytes,", os.path.getsize(path), "compressed")


if __name__ == "__main__":
    main()
