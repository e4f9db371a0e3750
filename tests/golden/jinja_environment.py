"""Jinja set up the way Hugging Face renders chat templates, and the names of its errors."""
import datetime
import json

import jinja2
import jinja2.ext
import jinja2.nodes
import jinja2.sandbox

CLOCK = datetime.datetime(2026, 3, 5, 7, 8, 9)


class Generation(jinja2.ext.Extension):
    """`generation` marks what the assistant wrote; its body is rendered in place, in a scope of its own."""
    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        return jinja2.nodes.CallBlock(self.call_method("_render"), [], [], body).set_lineno(line)

    def _render(self, caller):
        return caller()


class Raised(jinja2.TemplateError):
    pass


def _raise(message):
    raise Raised(message)


def _tojson(value, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
    return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


def environment():
    env = jinja2.sandbox.ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[Generation, jinja2.ext.loopcontrols])
    env.filters["tojson"] = _tojson
    env.globals["raise_exception"] = _raise
    env.globals["strftime_now"] = CLOCK.strftime
    return env


def render(template, context):
    """Returns {"output": text} or {"error": kind}."""
    try:
        return {"output": environment().from_string(template).render(**context)}
    except Raised as e:
        return {"error": "Raised", "message": str(e)}
    except (jinja2.TemplateSyntaxError, SyntaxError):
        return {"error": "Syntax"}
    except jinja2.sandbox.SecurityError:
        return {"error": "Security"}
    except jinja2.UndefinedError:
        return {"error": "Undefined"}
    except OverflowError as e:
        return {"error": "Limit" if "Range too big" in str(e) else "Runtime"}
    except Exception:
        return {"error": "Runtime"}
