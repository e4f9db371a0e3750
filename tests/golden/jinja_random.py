"""Random templates: expressions over the names of jinja_cases.WORLD, in statements with whitespace control."""
import random

NAMES = ["s", "t", "e", "n", "neg", "f", "yes", "no", "nil", "xs", "ws", "empty", "d", "nested", "u", "rows", "mixed", "multi", "missing", "x"]
LITERALS = ["0", "1", "-1", "2", "2.5", "'a'", "''", "'l'", "'\\n'", "true", "none", "[1, 2]", "('a',)", "{'a': 1}", "10", "'%s'", "'é'"]
BINARY = ["+", "-", "*", "/", "//", "%", "**", "~", "==", "!=", "<", "<=", ">", ">=", "in", "not in", "and", "or"]
FILTERS = [
    "upper", "lower", "title", "capitalize", "trim", "length", "list", "first", "last", "reverse", "sort", "unique", "join", "join(',')", "tojson", "tojson(indent=2)", "string", "int",
    "float", "abs", "round", "round(1)", "default('z')", "default(1, true)", "replace('a', 'bb')", "map('string')", "map(attribute='n')", "select", "reject('none')", "select('string')", "sum", "min",
    "max", "items", "dictsort", "batch(2)", "slice(2)", "indent(2)", "wordcount", "center(9)", "truncate(5)", "selectattr('v', 'gt', 1)", "map('length')", "e", "sort(reverse=true)", "groupby('g')"]
METHODS = [
    "strip()", "upper()", "split()", "split('l')", "split('l', 1)", "rsplit('l', 1)", "splitlines()", "replace('l', 'x')", "find('o')", "count('l')", "startswith('H')", "title()", "items()", "keys()", "values()",
    "get('a')", "get('z', 1)", "index(1)", "count(1)", "partition(',')", "isdigit()", "zfill(9)", "center(9)", "rjust(9)", "swapcase()", "lstrip()", "append(1)", "format(1)", "a", "k", "zz", "join(ws)"]
TESTS = ["defined", "none", "string", "number", "mapping", "iterable", "sequence", "odd", "even", "integer", "float", "boolean", "true", "lower", "upper", "eq 1", "in [1, 'a']", "divisibleby 2", "gt 1", "sameas none"]


def templates(count, seed):
    rng = random.Random(seed)
    return [_template(rng, 2) if rng.random() < 0.4 else "{{ " + _expr(rng, 4) + " }}" for _ in range(count)]


def _expr(rng, depth):
    if depth == 0 or rng.random() < 0.15:
        return rng.choice(NAMES if rng.random() < 0.6 else LITERALS)
    kind, sub = rng.randrange(10), lambda: _expr(rng, depth - 1)
    if kind <= 1:
        op = rng.choice(BINARY)
        right = str(rng.randrange(-3, 9)) if op == "**" else sub()
        return f"{sub()} {op} {right}"
    if kind == 2: return f"({sub()})"
    if kind <= 4: return f"{sub()} | {rng.choice(FILTERS)}"
    if kind == 5: return f"({sub()}).{rng.choice(METHODS)}"
    if kind == 6: return f"{sub()} is {rng.choice(['', 'not '])}{rng.choice(TESTS)}"
    # Slices of names only: jinja2 folds those of constants in advance, with another outcome.
    if kind == 7: return f"{rng.choice(NAMES)}[{rng.choice(['0', '-1', '1:', ':2', '::-1', '-2:', '1:3', '::2', '5', repr('a'), '-3:-1'])}]"
    if kind == 8: return f"{sub()} if {sub()} else {sub()}" if rng.random() < 0.7 else f"not {sub()}"
    return "[" + ", ".join(sub() for _ in range(rng.randrange(3))) + "]" if rng.random() < 0.6 else "{'a': " + sub() + "}"


def _tag(rng, text):
    return "{%" + rng.choice(["", "", "", "-", "+"]) + f" {text} " + rng.choice(["", "", "", "-", "+"]) + "%}"


def _text(rng):
    return "".join(rng.choice([" ", "\n", "x", "  ", "\t", "\n\n", "y\n"]) for _ in range(rng.randrange(4)))


def _template(rng, depth):
    parts = []
    for _ in range(rng.randrange(1, 4)):
        parts.append(_text(rng))
        kind = rng.randrange(7)
        if kind <= 1 or depth == 0:
            parts.append("{{" + rng.choice(["", "-"]) + f" {_expr(rng, 2)} " + rng.choice(["", "-"]) + "}}")
        elif kind == 2:
            parts += [_tag(rng, f"if {_expr(rng, 2)}"), _template(rng, depth - 1), _tag(rng, "else"), _template(rng, depth - 1), _tag(rng, "endif")]
        elif kind == 3:
            parts += [_tag(rng, f"for x in {rng.choice(['xs', 'ws', 'd', 's[:3]', 'empty', 'rows', 'range(3)'])}"), _template(rng, depth - 1), "{{ loop.index }}", _tag(rng, "endfor")]
        elif kind == 4:
            parts.append(_tag(rng, f"set x = {_expr(rng, 2)}"))
        elif kind == 5:
            parts += [_tag(rng, "set x"), _template(rng, depth - 1), _tag(rng, "endset"), "{{ x }}"]
        else:
            parts.append("{#" + rng.choice(["", "-", "+"]) + " c " + rng.choice(["", "-", "+"]) + "#}")
    return "".join(parts) + _text(rng)
