"""Writes unicode_golden.json.gz: random strings of characters that decompose or combine, with Python's four normal forms."""
import gzip
import json
import pathlib
import random
import unicodedata

rng = random.Random(3)
pool = [c for c in range(0x20, 0x30000) if not 0xD800 <= c <= 0xDFFF and (unicodedata.decomposition(chr(c)) or unicodedata.combining(chr(c)))]
hangul = list(range(0xAC00, 0xD7A4))
jamo = list(range(0x1100, 0x1113)) + list(range(0x1161, 0x1176)) + list(range(0x11A7, 0x11C3))
sources = [pool, pool, hangul, jamo, list(range(0x41, 0x7B)), [0x300, 0x301, 0x327, 0x323, 0x308, 0x345]]
cases = []
for _ in range(3000):
    text = "".join(chr(rng.choice(rng.choice(sources))) for _ in range(rng.randint(1, 8)))
    cases.append([text] + [unicodedata.normalize(form, text) for form in ("NFC", "NFD", "NFKC", "NFKD")])
with gzip.GzipFile(pathlib.Path(__file__).with_name("unicode_golden.json.gz"), "wb", mtime=0) as file:
    file.write(json.dumps(cases).encode())
