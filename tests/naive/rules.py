"""Rule files: JSON, or the plain YAML that rules are written in; and the order of decision."""

import json
import re

from . import language

KEYS = {"name", "description", "when", "for", "keep", "cooldown", "attach"}


class Segment:
    def __init__(self, entry):
        unknown = set(entry) - KEYS
        if unknown:
            raise language.LanguageError(f"unknown keys {sorted(unknown)}")
        self.name = entry["name"]
        if not re.fullmatch(r"[a-z][a-z0-9_]{0,62}", self.name):
            raise language.LanguageError(f"not a name: {self.name}")
        self.when = language.condition(entry["when"])
        self.hold = self.span(entry, "for")
        self.keep = self.span(entry, "keep")
        self.cooldown = self.span(entry, "cooldown")
        attach = entry.get("attach") or {}
        self.attach = {name: language.attachment(str(text)) for name, text in attach.items()}
        parts = language.walk(self.when)
        self.names = {part.segment for part in parts if isinstance(part, language.Member)}
        self.level = None

    @staticmethod
    def span(entry, key):
        return language.duration(entry[key]) if entry.get(key) not in (None, 0, "0") else 0


def level_of(segment, by_name, path=()):
    if segment.name in path:
        raise language.LanguageError("a circle of members: " + " ".join(path))
    if segment.level is None:
        unknown = segment.names - by_name.keys()
        if unknown:
            raise language.LanguageError(f"no segment {sorted(unknown)}")
        inner = path + (segment.name,)
        levels = [level_of(by_name[name], by_name, inner) for name in segment.names]
        segment.level = 1 + max(levels) if levels else 0
    return segment.level


def segments_of(entries):
    """All segments in the order of decision: by level, then by name."""
    segments = [Segment(entry) for entry in entries]
    by_name = {segment.name: segment for segment in segments}
    if len(by_name) < len(segments):
        raise language.LanguageError("a name is defined twice")
    return sorted(segments, key=lambda s: (level_of(s, by_name), s.name))


def entries_of(text):
    """The list under `segments`."""
    if text.lstrip().startswith("{"):
        return json.loads(text)["segments"]
    return YamlReader(text).document()["segments"]


class YamlReader:
    """Block mappings and sequences of one-line scalars: what rule files are made of."""

    def __init__(self, text):
        self.lines = []
        for raw in text.split("\n"):
            line = self.uncommented(raw).rstrip()
            if line and line != "---":
                self.lines.append((len(line) - len(line.lstrip()), line.lstrip()))
        self.at = 0

    @staticmethod
    def uncommented(line):
        quote = None
        for at, char in enumerate(line):
            if quote:
                quote = None if char == quote else quote
            elif char in "\"'" and (at == 0 or line[at - 1] in " :-[,"):
                quote = char
            elif char == "#" and (at == 0 or line[at - 1] in " \t"):
                return line[:at]
        return line

    def document(self):
        return self.block(self.lines[0][0])

    def block(self, indent):
        return self.sequence(indent) if self.lines[self.at][1].startswith("-") else self.mapping(indent)

    def sequence(self, indent):
        items = []
        while self.at < len(self.lines) and self.lines[self.at][0] == indent:
            text = self.lines[self.at][1]
            if not text.startswith("-"):
                break
            rest = text[1:].lstrip()
            inner = indent + len(text) - len(rest)
            self.lines[self.at] = (inner, rest)
            items.append(self.mapping(inner))
        return items

    def mapping(self, indent):
        found = {}
        while self.at < len(self.lines) and self.lines[self.at][0] == indent:
            key, _, rest = self.lines[self.at][1].partition(":")
            if key.startswith("- "):
                break
            self.at += 1
            found[key.strip().strip("\"'")] = self.entry(rest.strip(), indent)
        return found

    def entry(self, rest, indent):
        if rest in (">", "|", ">-", "|-"):
            return self.folded(indent)
        if rest:
            more = self.folded(indent)
            return self.scalar(rest + (" " + more if more else ""))
        if self.at == len(self.lines):
            return None
        inner = self.lines[self.at][0]
        nested = inner > indent or (inner == indent and self.lines[self.at][1].startswith("-"))
        return self.block(inner) if nested else None

    def folded(self, indent):
        parts = []
        while self.at < len(self.lines) and self.lines[self.at][0] > indent:
            parts.append(self.lines[self.at][1])
            self.at += 1
        return " ".join(parts)

    @staticmethod
    def scalar(text):
        if text.startswith('"'):
            return json.loads(text)
        if text.startswith("'"):
            return text[1:-1].replace("''", "'")
        return text
