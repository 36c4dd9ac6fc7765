"""A tree -> text that parses to the same tree."""

import json
import re

from . import language, numbers


def duration(ms):
    if ms is None:
        return "ever"
    parts = []
    for unit in ("w", "d", "h", "m", "s", "ms"):
        count, ms = divmod(ms, language.UNITS[unit])
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"


def name(text):
    plain = re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", text, re.ASCII)
    return text if plain else string(text)


def string(text):
    return json.dumps(text, ensure_ascii=False)


def constant(value):
    return string(value) if isinstance(value, str) else numbers.text(value)


def matcher(node):
    value = node.value.pattern if isinstance(node.value, re.Pattern) else node.value
    return f"{name(node.field)}{node.operator}{constant(value)}"


def braces(matchers):
    return "{" + ", ".join(map(matcher, matchers)) + "}"


def selector(node):
    text = "*" if node.types is None else "|".join(map(name, node.types))
    text += "." + name(node.field) if node.field else ""
    return text + (braces(node.matchers) if node.matchers else "")


def window(ms):
    return f"[{duration(ms)}]"


def by(node):
    return f" by {name(node.by)}" if node.by else ""


def nested(node):
    """As an operand: in brackets where that could matter."""
    simple = not isinstance(node, (*BINARY, language.Not, language.Negate))
    if isinstance(node, language.Constant) and not isinstance(node.value, str):
        simple = node.value >= 0
    return expression(node) if simple else f"({expression(node)})"


def expression(node):
    return WRITERS[type(node)](node)


def joined(word):
    return lambda node: f" {word} ".join(map(nested, node.parts))


def binary(node):
    return f"{nested(node.left)} {node.operator} {nested(node.right)}"


def among(node):
    return f"{nested(node.operand)} in ({', '.join(map(constant, node.constants))})"


def share(node):
    return f"share({selector(node.selector)}, {braces(node.matchers)} {window(node.window)})"


def seq(node):
    steps = ", ".join(map(selector, node.steps))
    return f"seq({steps} within {duration(node.within)}{by(node)}){window(node.window)}"


def unanswered(node):
    steps = ", ".join(map(selector, node.steps))
    return f"unanswered({steps}, {duration(node.within)}{by(node)}){window(node.window)}"


BINARY = (language.And, language.Or, language.Compare, language.Among, language.Arithmetic)
WRITERS = {
    language.Constant: lambda node: constant(node.value),
    language.Negate: lambda node: f"-{nested(node.operand)}",
    language.Arithmetic: binary,
    language.Compare: binary,
    language.Among: among,
    language.And: joined("and"),
    language.Or: joined("or"),
    language.Not: lambda node: f"not {nested(node.operand)}",
    language.Member: lambda node: f"member({node.segment})",
    language.Trait: lambda node: f"trait.{name(node.field)}",
    language.Bucket: lambda node: f"bucket({string(node.salt)})",
    language.Aggregate: lambda n: f"{n.function}({selector(n.selector)}{window(n.window)})",
    language.Elapsed: lambda node: f"{node.function}({selector(node.selector)})",
    language.Decay: lambda node: f"decay({selector(node.selector)}{window(node.half_life)})",
    language.Share: share,
    language.Seq: seq,
    language.Unanswered: unanswered,
}
