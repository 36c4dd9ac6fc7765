"""The programs as they are built for a package: what the compiler and the linker were told shows in them."""
import json
import re
import subprocess
from pathlib import Path

import pytest

BUILD = Path(__file__).resolve().parent.parent.parent / "build" / "release"
# What _FORTIFY_SOURCE can check; a plain call stays where the compiler proved it.
CHECKED = {"memcpy", "memset", "snprintf", "vsnprintf", "fprintf", "printf", "explicit_bzero"}


def told(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.fixture(params=["footprintd", "footprintctl"])
def program(request):
    return str(BUILD / request.param)


def test_it_is_position_independent(program):
    assert re.search(r"Type:\s+DYN \(Position-Independent Executable", told("readelf", "-Wh", program))


def test_its_tables_are_read_only_once_it_runs(program):
    assert "GNU_RELRO" in told("readelf", "-Wl", program)
    assert re.search(r"\(FLAGS_1\).*\bNOW\b.*\bPIE\b", told("readelf", "-Wd", program))


def test_nothing_is_writable_and_executable(program):
    segments = re.findall(r"^  (\S+) +(?:0x\S+ +){5}([RWE ]{3})", told("readelf", "-Wl", program), flags=re.M)
    assert ("GNU_STACK", "RW ") in segments
    assert [segment for segment in segments if "W" in segment[1] and "E" in segment[1]] == []


def test_it_looks_for_libraries_where_the_system_does(program):
    assert not re.search(r"RPATH|RUNPATH", told("readelf", "-Wd", program))


def test_stack_and_calls_are_checked(program):
    imports = set(re.findall(r" U (\w+)", told("nm", "-D", "--undefined-only", program)))
    assert "__stack_chk_fail" in imports
    assert {f"__{name}_chk" for name in CHECKED} <= imports


def flags_of_each_file():
    for entry in json.loads((BUILD / "compile_commands.json").read_text()):
        yield entry["file"], entry["command"].split()


def test_every_file_was_compiled_so():
    wanted = {"-D_FORTIFY_SOURCE=3", "-fstack-protector-strong", "-Wformat=2", "-Wconversion"}
    # gcc 12 and later know these; they guard the stack, the targets of jumps, and what was never set.
    wanted |= {"-fstack-clash-protection", "-fcf-protection=full", "-ftrivial-auto-var-init=zero"}
    files = list(flags_of_each_file())
    assert len(files) > 100
    for name, flags in files:
        assert wanted <= set(flags), f"{name} lacks {wanted - set(flags)}"


def test_what_is_jumped_to_is_marked(program):
    """The program as a whole has no mark, since Debian's crt1.o has none; the instructions are there."""
    code = told("objdump", "-d", "--no-show-raw-insn", program)
    assert re.search(r"^\w+ <main>:\n\s+\w+:\s+endbr64", code, flags=re.M)
    assert code.count("endbr64") >= 100
