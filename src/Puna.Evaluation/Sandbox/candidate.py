# Runs the program of a model in its own sandbox and answers calls of its functions. What it says is only ever taken as
# values: whether they are right is decided in another sandbox, which this one cannot reach.
import io, itertools, json, os, sys

calls = os.fdopen(os.dup(0), "r", encoding="utf-8", newline="\n")
replies = os.fdopen(os.dup(1), "w", encoding="utf-8", newline="\n")
nothing = os.open("/dev/null", os.O_RDWR)
for standard in (0, 1, 2):
    os.dup2(nothing, standard)
sys.stdin, sys.stdout, sys.stderr = io.StringIO(), io.StringIO(), io.StringIO()
kept = []


def encode(value, depth=0):
    if depth > 100:
        raise ValueError("a value nested more than 100 deep cannot be compared")
    if value is None or value is True or value is False:
        return ["c", value]
    if isinstance(value, bool):
        return ["c", bool(value)]
    if isinstance(value, int):
        return ["i", hex(value)]
    if isinstance(value, float):
        return ["f", float.hex(value)]
    if isinstance(value, complex):
        return ["z", float.hex(value.real), float.hex(value.imag)]
    if isinstance(value, str):
        return ["s", str.__str__(value)]
    if isinstance(value, (bytes, bytearray)):
        return ["b", bytes(value).hex()]
    for kind, tag in ((list, "l"), (tuple, "t"), (set, "e"), (frozenset, "r")):
        if isinstance(value, kind):
            return [tag, [encode(item, depth + 1) for item in kind.__iter__(value)]]
    if isinstance(value, dict):
        return ["d", [[encode(k, depth + 1), encode(v, depth + 1)] for k, v in dict.items(value)]]
    if type(value).__name__ == "deque":
        return ["q", [encode(item, depth + 1) for item in value]]
    if hasattr(value, "__next__"):
        return ["n", [encode(item, depth + 1) for item in itertools.islice(value, 100000)]]
    if hasattr(value, "__iter__") and type(value).__name__ in ("range", "map", "filter", "zip", "dict_keys", "dict_values", "dict_items"):
        return ["n", [encode(item, depth + 1) for item in itertools.islice(value, 100000)]]
    kept.append(value)
    return ["h", len(kept) - 1]


def decode(item):
    tag, value = item[0], item[1]
    if tag == "c":
        return value
    if tag == "i":
        return int(value, 16)
    if tag == "f":
        return float.fromhex(value)
    if tag == "z":
        return complex(float.fromhex(value), float.fromhex(item[2]))
    if tag == "s":
        return value
    if tag == "b":
        return bytes.fromhex(value)
    if tag == "d":
        return {decode(k): decode(v) for k, v in value}
    if tag == "h":
        return kept[value]
    return {"l": list, "t": tuple, "e": set, "r": frozenset, "n": iter}[tag]([decode(x) for x in value])


def reply(message):
    replies.write(json.dumps(message) + "\n")
    replies.flush()


names = {"__name__": "candidate"}
try:
    exec(compile(json.loads(calls.readline()), "candidate.py", "exec"), names)
    reply(["v", ["c", None]])
except BaseException as error:
    reply(["x", type(error).__name__, str(error)[:500]])
    sys.exit(0)

for line in calls:
    try:
        name, args, kwargs = json.loads(line)
        if name not in names:
            raise NameError(f"name '{name}' is not defined")
        reply(["v", encode(names[name](*[decode(a) for a in args], **{k: decode(v) for k, v in kwargs.items()}))])
    except BaseException as error:
        reply(["x", type(error).__name__, str(error)[:500]])
