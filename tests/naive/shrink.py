"""Makes a failing case small: fewer segments, events and options, simpler expressions."""

import json
from copy import deepcopy

from . import events, generate, language, spell

ROUNDS_MAX = 6


def shrink(case, fails):
    """The smallest case found for which fails(case) still holds."""
    for _ in range(ROUNDS_MAX):
        size = size_of(case)
        for smaller in (fewer_lines, fewer_segments, fewer_options, simpler_rules, plainer_lines):
            case = smaller(case, fails)
        if size_of(case) == size:
            break
    return case


def size_of(case):
    return len(json.dumps(case.to_json()))


def first_smaller(case, fails, candidates):
    """Takes every candidate that still fails in place of the case."""
    again = True
    while again:
        again = False
        for candidate in candidates(case):
            if fails(candidate):
                case, again = candidate, True
                break
    return case


def fewer_lines(case, fails):
    size = max(1, len(case.lines) // 2)
    while size:
        at = 0
        while at < len(case.lines):
            smaller = deepcopy(case)
            del smaller.lines[at : at + size]
            if smaller.lines and fails(smaller):
                case = smaller
            else:
                at += size
        size //= 2
    return case


def fewer_segments(case, fails):
    def candidates(case):
        for at in range(len(case.rules)):
            smaller = deepcopy(case)
            del smaller.rules[at]
            if smaller.rules:
                yield smaller

    return first_smaller(case, fails, candidates)


def fewer_options(case, fails):
    def candidates(case):
        for key in case.settings:
            smaller = deepcopy(case)
            del smaller.settings[key]
            yield smaller
        if case.drain:
            smaller = deepcopy(case)
            smaller.drain = False
            yield smaller
        for at, entry in enumerate(case.rules):
            for key in ("for", "keep", "cooldown", "attach"):
                if key in entry:
                    smaller = deepcopy(case)
                    del smaller.rules[at][key]
                    yield smaller
            for name in entry.get("attach", {}):
                smaller = deepcopy(case)
                del smaller.rules[at]["attach"][name]
                yield smaller

    return first_smaller(case, fails, candidates)


def simpler_rules(case, fails):
    def candidates(case):
        for at, entry in enumerate(case.rules):
            for text in simpler_texts(language.condition, entry["when"]):
                smaller = deepcopy(case)
                smaller.rules[at]["when"] = text
                yield smaller
            for name, attached in entry.get("attach", {}).items():
                for text in simpler_texts(language.attachment, attached):
                    smaller = deepcopy(case)
                    smaller.rules[at]["attach"][name] = text
                    yield smaller

    return first_smaller(case, fails, candidates)


def simpler_texts(parse, text):
    """Texts that differ in one place and are shorter."""
    count = len(list(language.walk(parse(text))))
    for at in range(count):
        for variant in range(12):
            root = parse(text)
            simpler = spell.expression(simplified(root, list(language.walk(root))[at], variant))
            if len(simpler) < len(text):
                yield simpler


def simplified(root, node, variant):
    below = list(language.children(node))
    if variant < 4:
        return replaced(root, node, below[variant]) if variant < len(below) else root
    if variant < 7 and isinstance(node, (language.And, language.Or)) and len(node.parts) > 2:
        del node.parts[(variant - 4) % len(node.parts)]
    if isinstance(node, language.Among) and variant < 7 and len(node.constants) > 1:
        del node.constants[(variant - 4) % len(node.constants)]
    for selector in selectors_of(node):
        if variant in (7, 8) and selector.matchers:
            del selector.matchers[(variant - 7) % len(selector.matchers)]
            break
        if variant in (9, 10) and selector.types and len(selector.types) > 1:
            del selector.types[variant - 9]
            break
    if variant == 11 and getattr(node, "by", None):
        node.by = None
    return root


def selectors_of(node):
    return getattr(node, "steps", None) or ([node.selector] if hasattr(node, "selector") else [])


def replaced(root, node, other):
    if root is node:
        return other
    for parent in language.walk(root):
        for name, child in vars(parent).items():
            if child is node:
                setattr(parent, name, other)
            elif isinstance(child, list):
                child[:] = [other if part is node else part for part in child]
    return root


def plainer_lines(case, fails):
    def candidates(case):
        for at, line in enumerate(case.lines):
            for name in members_of(line):
                if name in ("user", "type", "ts"):
                    continue
                smaller = deepcopy(case)
                members = {k: v for k, v in members_of(line).items() if k != name}
                smaller.lines[at] = generate.write_line(members)
                yield smaller

    return first_smaller(case, fails, candidates)


def members_of(line):
    """Each member of the object with its text, nothing where the line is no object."""
    try:
        payload = json.loads(line, parse_float=events.Token, parse_int=events.Token)
    except ValueError:
        return {}
    if not isinstance(payload, dict):
        return {}
    return {name: json_text(value) for name, value in payload.items()}


def json_text(value):
    if isinstance(value, events.Token):
        return str(value)
    if isinstance(value, dict):
        return generate.write_line({name: json_text(inner) for name, inner in value.items()})
    if isinstance(value, list):
        return "[" + ",".join(map(json_text, value)) + "]"
    return json.dumps(value, ensure_ascii=False)
