"""The manual of the language says what the program does."""
import importlib.util
import json
import os
import re
import subprocess
import sys
from importlib.machinery import SourceFileLoader
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parent.parent.parent
CTL = TOP / os.environ.get("FOOTPRINT_BUILD", "build/release") / "footprintctl"


def load_script():
    loader = SourceFileLoader("manual", str(TOP / "scripts" / "manual"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("manual", loader))
    sys.modules["manual"] = module
    loader.exec_module(module)
    return module


manual = load_script()
EXAMPLES = {example.name: example for example in manual.examples()}


def without_rules(line):
    change = json.loads(line)
    del change["rules"]
    return change


def by_user(changes):
    """The order of users at one instant is nobody's promise."""
    return sorted(changes, key=lambda change: change["user"])


def yaml_of(path):
    """The fenced rules of a page."""
    fences = re.findall(r"^```yaml\n(.*?)^```", path.read_text(encoding="utf-8"), flags=re.M | re.S)
    return [text for text in fences if re.search(r"^segments:", text, flags=re.M)]


def check(path):
    return subprocess.run([CTL, "check", "--segments", path], capture_output=True, text=True, check=False)


def test_the_pages_are_what_the_script_prints():
    for path, text in manual.PRINTED.items():
        assert path.read_text(encoding="utf-8") == text(), "scripts/manual writes it anew"


PAGES = sorted(path for folder in ("config", "daemon") for path in (TOP / folder).rglob("*.[1-8]"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_is_clean(page):
    assert manual.PAGE in PAGES and len(PAGES) >= 6
    told = subprocess.run(["mandoc", "-T", "lint", page], capture_output=True, text=True, check=False).stdout
    assert [line for line in told.splitlines() if "referenced manual not found" not in line] == []


def test_every_function_has_an_example_that_uses_it():
    names = [function.name for function in manual.functions()]
    assert names and len(names) == len(set(names))
    for name in names:
        assert re.search(rf"\b{name}[(.]", "\n".join(EXAMPLES[name].rules)), name


def test_every_example_is_in_the_manual():
    text = manual.markdown()
    for example in EXAMPLES.values():
        assert "\n".join(["```yaml", *example.rules, "```"]) in text, example.name


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_gives_exactly_its_changes(name):
    assert EXAMPLES[name].changes and EXAMPLES[name].replay(CTL) == EXAMPLES[name].changes


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_naive_evaluator_agrees(name, tmp_path):
    example = EXAMPLES[name]
    rules, events = tmp_path / "rules.yaml", tmp_path / "events.ndjson"
    rules.write_text("".join(f"{line}\n" for line in example.rules), encoding="utf-8")
    events.write_text("".join(f"{line}\n" for line in example.events), encoding="utf-8")
    command = [sys.executable, "-m", "naive", "replay", "--segments", rules, "--drain"]
    for setting in example.settings:
        command += ["--set", setting.replace(": ", "=", 1)]
    told = subprocess.run([*command, events], cwd=TOP / "tests", capture_output=True, text=True, check=True).stdout
    expected = [without_rules(line) for line in example.changes]
    assert by_user(map(json.loads, told.splitlines())) == by_user(expected)


@pytest.mark.parametrize("path", ["README.md", "config/footprint-segments.md"])
def test_rules_on_a_page_pass_the_check(path, tmp_path):
    found = yaml_of(TOP / path)
    assert found
    for number, text in enumerate(found):
        rules = tmp_path / f"{number}.yaml"
        rules.write_text(text, encoding="utf-8")
        told = check(rules)
        assert (told.returncode, told.stderr) == (0, ""), text


SHIPPED = sorted(path for folder in ("segments.d", "demo") for path in (TOP / "config" / folder).glob("*.yaml"))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_shipped_rules_pass_the_check(path):
    told = check(path)
    assert (told.returncode, told.stderr) == (0, "")
