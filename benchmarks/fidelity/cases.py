"""What is compared: model shapes, element types, and where in a sequence the tokens stand."""
from dataclasses import dataclass, field

QUANTIZED = ("q8_0", "q4_0", "q4_k", "q6_k", "q4_k_m")


@dataclass(frozen=True)
class Case:
    name: str
    shape: tuple = ()            # arguments of the model generator
    type: str = "f32"
    count: int = 96              # tokens
    tokens: str = "random"       # or "real": text tokenized with the model's own vocabulary
    pos0: int = 0
    first: int = 0               # first row compared
    batch: int = 512             # tokens per forward pass
    peer: bool = True            # llama.cpp can load the model
    many: bool = False           # judged over models of several seeds
    backends: tuple = field(default=("cpu", "reference"))

    @property
    def is_block_quantized(self):
        return self.type in QUANTIZED

    @property
    def exact_angles_matter(self):
        """Past some 10^4 positions llama.cpp's float32 angles drift, and it is no longer a measure."""
        return self.pos0 > 5000 or self.count > 5000


DENSE = ("--experts", "0")
MOE = ("--experts", "16")
INTERLEAVED = ("--layers", "8", "--moe-step", "2", "--experts-used", "2", "--head-dim", "64", "--heads", "4")
LLAMA = ("--arch", "llama", "--experts", "0", "--tokenizer", "llama3", "--rope-scaling", "llama32", "--ctx", "131072")

SHAPES = [
    Case("dense", DENSE),
    Case("MoE every layer, top-1 of 16", MOE),
    Case("MoE every second layer, top-2, head 64", INTERLEAVED),
    Case("MoE every layer, top-3", MOE + ("--experts-used", "3")),
    Case("128 experts, no QK norm", ("--experts", "128", "--moe-step", "2", "--ff-expert", "128")),
    Case("Scout's RoPE factors, head 128", MOE + ("--rope-scaling", "scout", "--head-dim", "128", "--heads", "4")),
    Case("5 heads on 1 KV head, width 160", MOE + ("--embd", "160", "--heads", "5", "--kv-heads", "1")),
    Case("tied embeddings", DENSE + ("--tied",)),
    Case("real text", MOE, count=300, tokens="real"),
    Case("one token at a time", MOE, batch=1),
    Case("chunk 16, temperature floor 8", MOE + ("--chunk", "16", "--floor", "8"), peer=False),
    Case("chunk 37, RoPE absent every 2nd layer", MOE + ("--chunk", "37", "--nope-interval", "2"), peer=False),
    Case("QK norm off by key", MOE + ("--no-qk-norm",), peer=False),
    Case("Llama 3 with rope_freqs", LLAMA, count=300),
    Case("Llama 2", ("--arch", "llama", "--experts", "0", "--tokenizer", "spm", "--rope-base", "10000", "--ctx", "4096"), count=300),
]

POSITIONS = [
    Case("positions 8150 to 8245", MOE, pos0=8150),
    Case("positions 8150 to 8245, one at a time", MOE, pos0=8150, batch=1),
    Case("positions 8150 to 8245, dense", DENSE, pos0=8150),
    Case("positions from 40,920", MOE, pos0=40920),
    Case("positions from 100,000", MOE, pos0=100_000),
    Case("positions from 1,000,000", MOE, pos0=1_000_000),
    Case("positions from 10,000,000", MOE, pos0=10_000_000),
    Case("8300 tokens of real text, last 400", MOE, count=8300, tokens="real", first=7900, backends=("cpu",)),
    Case("the same, one token at a time", MOE, count=8300, tokens="real", first=7900, batch=1, backends=("cpu",)),
]

# One rounding edge crossed decides a whole model's distance: one model says little.
TYPES = [Case(f"MoE, {t}", MOE, type=t, count=256, many=True) for t in ("f16", "bf16") + QUANTIZED] \
    + [Case(f"dense, {t}", DENSE, type=t, count=256, many=True) for t in ("f16", "bf16") + QUANTIZED] \
    + [Case(f"Llama 3, {t}", LLAMA, type=t, count=256, many=True) for t in ("q8_0", "q4_k_m")] \
    + [Case("positions 8150 to 8245, q8_0, dense", DENSE, type="q8_0", pos0=8150, many=True)]

ALL = SHAPES + POSITIONS + TYPES
