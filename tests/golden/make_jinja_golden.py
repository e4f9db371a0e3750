"""Writes jinja_golden.json: what Python's jinja2 renders for the cases here. Run: python3 make_jinja_golden.py

With `--random N SEED OUT`, writes N random cases to OUT instead; the test reads them from PUNA_JINJA_RANDOM."""
import copy
import json
import pathlib
import sys

import jinja2

import jinja_cases
import jinja_conversations
import jinja_random
from jinja_environment import render

HERE = pathlib.Path(__file__).parent


def outcome(template, context):
    """None where the text shows an address, or the type of an escaped text, which this project does not keep."""
    result = render(template, copy.deepcopy(context))  # some filters change lists in place
    text = result.get("output", "").lower()
    return None if " at 0x" in text or "markup(" in text else result


def golden():
    cases = [{"group": group, "template": template, **result} for group, template in jinja_cases.cases() if (result := outcome(template, jinja_cases.WORLD))]
    templates = {path.stem: path.read_text() for path in sorted((HERE / "jinja").glob("*.jinja"))}
    chats = [
        {"template": name, "conversation": key, **render(source, copy.deepcopy(context))}
        for name, source in templates.items() for key, context in jinja_conversations.CONVERSATIONS.items()]
    return {
        "made_by": f"make_jinja_golden.py with jinja2 {jinja2.__version__}",
        "world": jinja_cases.WORLD, "cases": cases,
        "templates": templates, "conversations": jinja_conversations.CONVERSATIONS, "chats": chats}


def main():
    if sys.argv[1:2] == ["--random"]:
        count, seed, out = int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
        cases = [{"group": "random", "template": t, **result} for t in jinja_random.templates(count, seed) if (result := outcome(t, jinja_cases.WORLD))]
        pathlib.Path(out).write_text(json.dumps({"world": jinja_cases.WORLD, "cases": cases}, ensure_ascii=True))
        return
    text = json.dumps(golden(), ensure_ascii=True, indent=0)
    (HERE / "jinja_golden.json").write_text(text + "\n")


main()
