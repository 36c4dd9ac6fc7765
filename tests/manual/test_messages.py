"""The catalogue of messages has every id that the source logs, and no other."""
import re
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
CALL = re.compile(r"\b(log_line|work_notice|partition_notice)\s*\(")
PLACES = {"log_line": 1, "work_notice": 2, "partition_notice": 2}  # of the id among the arguments
HANDED_ON = {"notice->id", "const char *id"}


def arguments(text, at):
    """Of a call whose bracket is open at `at`, as they stand."""
    depth, start, quoted, found = 1, at, False, []
    while depth > 0:
        char = text[at]
        if quoted:
            at += char == "\\"
            quoted = char != '"' or text[at] != '"'
        elif char == '"':
            quoted = True
        elif char in "([{":
            depth += 1
        elif char in ")]}":
            depth -= 1
        if not quoted and (char == "," and depth == 1 or depth == 0):
            found.append(" ".join(text[start:at].split()))
            start = at + 1
        at += 1
    return found


def logged():
    """{id: levels} over the whole source."""
    ids = {}
    for path in sorted([*TOP.glob("daemon/**/*.c"), *TOP.glob("pipeline/**/*.c")]):
        text = path.read_text()
        for call in CALL.finditer(text):
            given = arguments(text, call.end())
            place = PLACES[call[1]]
            if given[place] in HANDED_ON:
                continue
            literals = re.findall(r'"([^"]*)"', given[place])
            assert literals, f"{path}: {call[0]} with an id that is no literal: {given[place]}"
            levels = re.findall(r"(DEBUG|INFO|WARN|ERROR)", given[place - 1])
            for literal in literals:
                ids.setdefault(literal, set()).update(level.lower() for level in levels)
    return ids


def catalogue():
    rows = re.findall(r'^MESSAGE\("([a-z-]+)", "([a-z, ]+)",', (TOP / "daemon/messages.def").read_text(), re.M)
    assert [row[0] for row in rows] == sorted({row[0] for row in rows}), "sorted, each once"
    return {name: set(levels.split(", ")) for name, levels in rows}


def test_every_id_of_the_source_is_in_the_catalogue_and_no_other():
    in_source, listed = logged(), catalogue()
    assert len(in_source) > 40
    assert in_source.keys() == listed.keys(), in_source.keys() ^ listed.keys()


def test_their_levels_are_those_of_the_source():
    in_source = logged()
    for name, levels in catalogue().items():
        if name not in ("kafka-up", "kafka-down"):  # one call logs either
            assert levels == in_source[name], name


def test_a_message_that_is_not_listed_would_be_found():
    text = 'log_line(LOG_INFO_LINE, down ? "a-b" : "c",\n  f("x, \\"y"), 1);'
    assert arguments(text, text.index("(") + 1) == ["LOG_INFO_LINE", 'down ? "a-b" : "c"', 'f("x, \\"y")', "1"]
