"""Writes decompositions.txt.gz from Python's unicodedata: decompositions, combining classes and composable pairs.

One line per character: hexadecimal code point; c (canonical) or k (compatibility), with * where a canonical pair also
composes; the decomposition, one level deep. Lines with = give a combining class. Hangul syllables are left to arithmetic.
"""
import gzip
import pathlib
import sys
import unicodedata

lines = [f"# Unicode {unicodedata.unidata_version}"]
for code in range(0x110000):
    if 0xAC00 <= code <= 0xD7A3 or 0xD800 <= code <= 0xDFFF:
        continue
    char = chr(code)
    text = unicodedata.decomposition(char)
    if text:
        compatibility = text.startswith("<")
        parts = [p for p in text.split() if not p.startswith("<")]
        composes = not compatibility and len(parts) == 2 and unicodedata.normalize("NFC", char) == char
        lines.append(f"{code:X};{'k' if compatibility else 'c'}{'*' if composes else ''};{' '.join(f'{int(p, 16):X}' for p in parts)}")
    if unicodedata.combining(char):
        lines.append(f"{code:X}={unicodedata.combining(char)}")

path = pathlib.Path(__file__).with_name("decompositions.txt.gz")
with gzip.GzipFile(path, "wb", mtime=0) as file:
    file.write("\n".join(lines).encode())
print(len(lines), path.stat().st_size, file=sys.stderr)
