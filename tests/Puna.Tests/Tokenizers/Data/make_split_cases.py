#!/usr/bin/env python3
"""Writes split-cases.jsonl: texts and how Python's third-party `regex` module splits them by each pattern.

A line is [text, llama4, llama3, gpt2]; each of the three lists the UTF-8 byte lengths of the pieces.
Run with the regex module installed (2022.10, Unicode 15): make_split_cases.py > split-cases.jsonl
"""
import json
import random
import sys

import regex

C = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)"
SPACES = r"\s*[\r\n]+|\s+(?!\S)|\s+"
LLAMA4 = (r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+" + C + "?"
          r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*" + C + "?"
          r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|" + SPACES)
LLAMA3 = C + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|" + SPACES
GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
PATTERNS = [regex.compile(p) for p in (LLAMA4, LLAMA3, GPT2)]

CURATED = [
    # Indic, Thai, Khmer, Tibetan, vocalised Arabic and Hebrew, decomposed Latin, Hangul jamo, Vietnamese
    "नमस्ते दुनिया क्षत्रिय", "தமிழ் மொழி", "বাংলা ভাষা", "ಕನ್ನಡ ಲಿಪಿ", "മലയാളം", "สวัสดีครับ ผู้ใหญ่", "ភាសាខ្មែរ", "བོད་ཡིག",
    "السَّلَامُ عَلَيْكُمْ", "بِسْمِ اللَّهِ", "שָׁלוֹם עֲלֵיכֶם", "e\u0301a\u0308 n\u0303", "\u0301abc", " \u0301abc", "\u0301 \u0302AB!", "A\u0301B\u0301c", "각", "Tiếng Việt",
    "\u0301AB", "!\u0301AB", "\u0301\u0301AB!", "(\u0301)", "1\u0301a", "x\u20dd!", "\u02b0AB", "A\u02b0B", "ǅxǅ", "ǅǅ",
    # case changes and backtracking between the two parts of a word
    "camelCaseHTTPServer", "ABCเDEF", "เABC", "เABC!", "AเB", "abcDEFghi", "ÀÉÎ àéî", "ß ẞ ſ ﬁ", "iPhone McDONALD", "日本語ABCabc", "ABC日本語", "ªºABC",
    # supplementary letters, digits, marks, case
    "\U0001D400\U0001D401\U0001D41A\U0001D41B", "\U00010400\U00010428 \U00010428\U00010400", "\U0001E900\U0001E922\U0001E944", "\U00020000\U0002A6D6", "\U0001D7CE\U0001D7CF\U0001D7D0\U0001D7D1",
    "a\U000E0100b", "\U00011000\U00011001\U00011013", "\U0001F1E9\U0001F1EA", "\U000E0041\U000E007F",
    # emoji with joiners and skin tones
    "👩‍👩‍👧‍👦 family", "👍🏽👍", " 👍🏽", "❤️‍🔥", "🏴\U000E0067\U000E0062\U000E007F", "a👍b", "1️⃣2️⃣",
    # numbers
    "1234567890", "12 345 6789", "٣٤٥٦٧", "१२३४", "Ⅷ½²③", "1,234.56", "a1b22c333d4444", "０１２３",
    # contractions
    "I'm can't WE'LL they'd you'Re I'VE it's", "x'ſ 'ſy", "'s 'T 'll'l 'r 'v're", "don''t", "'S'S", "rock'n'roll", "’s don’t", "a'", "'", "''s", "O'Reilly l'ami D'accord", "\u0301's", "1's", "K'D",
    # white space of every kind
    " ", "  ", "   a", "a   ", "a  b", "\t\tx", " \tx", "\n", "\r\n\r\n", "a\r\nb", "a\r\r\nb", " \n \n x", "   \n  x\r\n\r\ny", "\n  ", "  \n", "\n\n  a", "x \r\n y",
    "\u00a0a", "a\u00a0\u00a0b", "\u2003\u2003x", "\u3000日本", "\u0085x", "\u2028\u2029x", "\u200bx", "\ufeffx", "\x0b\x0cx", "\x1c\x1d\x1e\x1fx", "\u1680x", "\u205f\u202fx", " \u00a0\u2003", "\u180ex",
    "\x00", "a\x00b", "\x7f\x80",
    # symbols, newlines and slashes after them
    "http://example.com/a/b?c=d//\n", "!!!\n\n", "!!!\r\n/\n/x", " ///", "a/b\n/", "...\n  y", "};\n\n}\n", " $\n", "\u2026\n", "-- \n", "a_b__c", "$x=1;", "#!/bin/sh\n", "<|eot|>", "\ufffd\ufffdx", " \ufffd",
    "public static void Main(string[] args)\n{\n    return;\n}", "\tif (x)\n\t\treturn y;  // done  \n",
]

ATOMS = list(" \t\n\r/'\u00a0\u2003\u3000\u0085aszABSDtTrRevVEmMlLdD019!.-_\u017f\u0301\u093f\u0e31\u0e40\u0939\u02b0\u01c5\u00e9\u00c9\u0436\u0416\u4e16\uac00\u0663\u00bd\u200d\ufe0f\ufffd") + [
    "\U0001D400", "\U0001D41A", "\U00010400", "\U00010428", "\U0001F44D", "\U0001F3FD", "\U0001D7CE", "\U00011001", "\U00020000", "'s", "'LL", "'\u017f", "\r\n", "  ", "'re"]


def cases():
    yield from CURATED
    random.seed(20250405)
    for _ in range(2500):
        some = random.sample(ATOMS, random.randint(2, 9)) if random.random() < 0.7 else ATOMS
        yield "".join(random.choice(some) for _ in range(random.randint(1, 16)))


for text in cases():
    pieces = [[len(m.group().encode()) for m in p.finditer(text)] for p in PATTERNS]
    assert all(sum(p) == len(text.encode()) for p in pieces)
    sys.stdout.write(json.dumps([text, *pieces], separators=(",", ":")) + "\n")
