"""Reads and writes GGUF files, and decodes the block types that Puna encodes. Little endian, version 3."""
import struct

import numpy as np

ALIGNMENT = 32
SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
STRING, ARRAY = 8, 9
U32, I32, F32, BOOL = 4, 5, 6, 7

# Number in the file: name, weights in a block, bytes of a block.
TYPES = {
    0: ("f32", 1, 4), 1: ("f16", 1, 2), 30: ("bf16", 1, 2), 2: ("q4_0", 32, 18), 3: ("q4_1", 32, 20), 6: ("q5_0", 32, 22), 7: ("q5_1", 32, 24),
    8: ("q8_0", 32, 34), 12: ("q4_k", 256, 144), 13: ("q5_k", 256, 176), 14: ("q6_k", 256, 210),
}


class Reader:
    """A file's metadata, and its tensors decoded when asked for."""

    def __init__(self, path):
        self.data = np.memmap(path, np.uint8, "r")
        self.at = 0
        magic, version, tensors, entries = self.take("<4sIQQ")
        if magic != b"GGUF" or version != 3:
            raise ValueError(f"{path}: magic {magic}, version {version}; GGUF 3 is needed")
        self.metadata = {}
        for _ in range(entries):
            key = self.text()
            self.metadata[key] = self.value(self.take("<I")[0])
        self.tensors = {}
        for _ in range(tensors):
            name = self.text()
            dimensions = self.take(f"<{self.take('<I')[0]}Q")
            kind, offset = self.take("<IQ")
            self.tensors[name] = (dimensions[::-1], kind, offset)
        alignment = self.metadata.get("general.alignment", ALIGNMENT)
        self.start = -(-self.at // alignment) * alignment

    def take(self, form):
        values = struct.unpack_from(form, self.data, self.at)
        self.at += struct.calcsize(form)
        return values

    def text(self):
        length, = self.take("<Q")
        self.at += length
        return self.data[self.at - length:self.at].tobytes().decode()

    def value(self, kind):
        if kind == STRING:
            return self.text()
        if kind == ARRAY:
            item, count = self.take("<IQ")
            if item in SCALARS:
                return list(self.take(f"<{count}{SCALARS[item]}"))
            return [self.value(item) for _ in range(count)]
        return self.take("<" + SCALARS[kind])[0]

    def __contains__(self, name):
        return name in self.tensors

    def type_of(self, name):
        return TYPES[self.tensors[name][1]][0]

    def tensor(self, name, part=None):
        """A tensor in float64, the outermost dimension first; or one part of its outermost dimension."""
        shape, kind, offset = self.tensors[name]
        type_name, block, size = TYPES[kind]
        count = int(np.prod(shape))
        first, shape = 0, list(shape)
        if part is not None:
            count //= shape[0]
            first = part * count
            shape = shape[1:]
        begin = self.start + offset + first // block * size
        raw = self.data[begin:begin + count // block * size]
        return decode(np.asarray(raw), type_name).reshape(shape)


def decode(raw, type_name):
    """The weights of blocks, in float64."""
    if type_name == "f32":
        return raw.view(np.float32).astype(np.float64)
    if type_name == "f16":
        return raw.view(np.float16).astype(np.float64)
    if type_name == "bf16":
        return (raw.view(np.uint16).astype(np.uint32) << 16).view(np.float32).astype(np.float64)
    block, size = next((b, s) for name, b, s in TYPES.values() if name == type_name)
    return DECODERS[type_name](raw.reshape(-1, size)).reshape(-1)


def half(columns):
    """Two bytes of every block as a number, [blocks, 1]."""
    return np.ascontiguousarray(columns).view(np.float16).astype(np.float64)


def nibbles(packed):
    """Low halves of the bytes, then high halves."""
    return np.concatenate([packed & 15, packed >> 4], 1).astype(np.float64)


def fifth_bits(bits):
    """32 bits of every block as 0 or 16."""
    return np.unpackbits(bits, axis=1, bitorder="little").astype(np.float64) * 16


def q8_0(b):
    return half(b[:, :2]) * np.ascontiguousarray(b[:, 2:]).view(np.int8)


def q4_0(b):
    return half(b[:, :2]) * (nibbles(b[:, 2:]) - 8)


def q4_1(b):
    return half(b[:, :2]) * nibbles(b[:, 4:]) + half(b[:, 2:4])


def q5_0(b):
    return half(b[:, :2]) * (nibbles(b[:, 6:]) + fifth_bits(b[:, 2:6]) - 16)


def q5_1(b):
    return half(b[:, :2]) * (nibbles(b[:, 8:]) + fifth_bits(b[:, 4:8])) + half(b[:, 2:4])


def six_bit_scales(s):
    """Eight scales and eight minima of 6 bits in 12 bytes, as [blocks, 8] each."""
    low, middle, high = s[:, :4], s[:, 4:8], s[:, 8:]
    scales = np.concatenate([low & 63, (high & 15) | (low >> 6 << 4)], 1)
    minima = np.concatenate([middle & 63, (high >> 4) | (middle >> 6 << 4)], 1)
    return scales.astype(np.float64), minima.astype(np.float64)


def affine(b, quants):
    """Super-blocks of eight times 32 quants, each eighth with a scale and a minimum."""
    scales, minima = six_bit_scales(b[:, 4:16])
    return (half(b[:, :2]) * scales)[:, :, None] * quants - (half(b[:, 2:4]) * minima)[:, :, None]


def pairs_of_halves(packed):
    """Four times 32 bytes: the low halves are an eighth, the high halves the next."""
    p = packed.reshape(len(packed), 4, 1, 32)
    return np.concatenate([p & 15, p >> 4], 2).reshape(len(packed), 8, 32).astype(np.float64)


def q4_k(b):
    return affine(b, pairs_of_halves(b[:, 16:]))


def q5_k(b):
    fifth = (b[:, 16:48][:, None, :] >> np.arange(8, dtype=np.uint8)[None, :, None]) & 1
    return affine(b, pairs_of_halves(b[:, 48:]) + 16.0 * fifth)


def q6_k(b):
    low, high = b[:, :128].reshape(-1, 2, 2, 32), b[:, 128:192].reshape(-1, 2, 1, 32)
    low = np.concatenate([low & 15, low >> 4], 2)                                          # [blocks, half, quarter, 32]
    high = (high >> np.array([0, 2, 4, 6], np.uint8)[None, None, :, None]) & 3
    quants = (low | (high << 4)).astype(np.float64).reshape(-1, 16, 16) - 32
    scales = np.ascontiguousarray(b[:, 192:208]).view(np.int8).astype(np.float64)
    return (half(b[:, 208:]) * scales)[:, :, None] * quants


DECODERS = {f.__name__: f for f in (q8_0, q4_0, q4_1, q5_0, q5_1, q4_k, q5_k, q6_k)}


class Writer:
    """Collects metadata and float32 tensors, then writes a file. 16-bit types are rounded to nearest even here; blocks are `puna quantize`'s to make."""

    def __init__(self):
        self.entries, self.tensors = [], []

    def add(self, key, kind, value, item=None):
        self.entries.append(text(key) + struct.pack("<I", kind) + self.packed(kind, value, item))

    @staticmethod
    def packed(kind, value, item):
        if kind == STRING:
            return text(value)
        if kind == ARRAY:
            body = b"".join(map(text, value)) if item == STRING else struct.pack(f"<{len(value)}{SCALARS[item]}", *value)
            return struct.pack("<IQ", item, len(value)) + body
        return struct.pack("<" + SCALARS[kind], value)

    def tensor(self, name, shape, parts, type_name="f32"):
        """A tensor whose values come in parts of any size when the file is written, so that large ones need little memory."""
        kind, size = next((number, size) for number, (n, _, size) in TYPES.items() if n == type_name)
        self.tensors.append((name, shape[::-1], kind, int(np.prod(shape)) * size, parts))

    def write(self, path):
        head = struct.pack("<4sIQQ", b"GGUF", 3, len(self.tensors), len(self.entries)) + b"".join(self.entries)
        offset = 0
        for name, shape, kind, size, _ in self.tensors:
            head += text(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, kind, offset)
            offset += -(-size // ALIGNMENT) * ALIGNMENT
        with open(path, "wb") as f:
            f.write(head)
            for name, _, kind, size, parts in self.tensors:
                f.write(b"\0" * (-f.tell() % ALIGNMENT))
                end = f.tell() + size
                for part in parts:
                    f.write(encode(part, TYPES[kind][0]))
                if f.tell() != end:
                    raise ValueError(f"{name}: {f.tell() - end + size} bytes came, {size} are needed")
            f.write(b"\0" * (-f.tell() % ALIGNMENT))


def encode(x, type_name):
    x = np.ascontiguousarray(x, np.float32)
    return (x.astype(np.float16) if type_name == "f16" else to_bf16(x) if type_name == "bf16" else x).tobytes()


def text(s):
    data = s.encode()
    return struct.pack("<Q", len(data)) + data


def to_bf16(x):
    """The upper half of every float32, rounded to nearest even, as uint16."""
    bits = np.ascontiguousarray(x, np.float32).view(np.uint32)
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(np.uint16)
