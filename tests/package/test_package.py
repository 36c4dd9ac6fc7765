"""The Debian package: what lintian says of it, what is in it, and that what is in it runs."""
import gzip
import re
import stat
import subprocess
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parent.parent.parent
BUILD = TOP / "build" / "release"
PROGRAMS = ["usr/sbin/footprintd", "usr/bin/footprintctl"]
FILES = [
    "etc/footprint/footprint.yaml",
    "etc/footprint/segments.d/shop.yaml",
    "usr/lib/systemd/system/footprintd.service",
    "usr/lib/sysusers.d/footprint.conf",
    "usr/lib/tmpfiles.d/footprint.conf",
    "usr/share/doc/footprint/changelog.Debian.gz",
    "usr/share/doc/footprint/changelog.gz",
    "usr/share/doc/footprint/copyright",
    "usr/share/footprint/access/kafka.acl",
    "usr/share/footprint/access/redis.acl",
    "usr/share/footprint/alerts/footprint.yaml",
    "usr/share/footprint/dashboards/footprint.json",
    "usr/share/footprint/footprint.schema.json",
    *PROGRAMS,
]
BYTES_MAX = 1 << 20


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, check=False)


def told(*command):
    done = run(*command)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="session")
def deb():
    found = list(BUILD.glob("footprint_*.deb"))
    assert found, "cmake --build build/release --target package makes it"
    return max(found, key=lambda path: path.stat().st_mtime)


@pytest.fixture(scope="session")
def tree(deb, tmp_path_factory):
    folder = tmp_path_factory.mktemp("package")
    told("dpkg-deb", "-R", str(deb), str(folder))
    return folder


def test_lintian_finds_nothing(deb):
    assert told("lintian", "--allow-root", "--fail-on", "error,warning", str(deb)) == ""


def test_it_is_small(deb):
    assert deb.stat().st_size <= BYTES_MAX


def test_everything_is_in_it(tree):
    missing = [name for name in FILES if not (tree / name).is_file()]
    assert not missing


def test_every_manual_page_is_in_it_compressed(tree):
    pages = {path.name for folder in ("config", "daemon", "pipeline") for path in (TOP / folder).rglob("*.[1578]")}
    packed = {path.name.removesuffix(".gz"): path for path in (tree / "usr/share/man").rglob("*.gz")}
    assert pages == set(packed)
    for path in packed.values():
        head = path.read_bytes()[:10]
        assert head[3] == 0 and head[4:8] == bytes(4) and head[8] == 2, f"{path} is not from gzip -9n"
        assert gzip.decompress(path.read_bytes())


def test_all_of_etc_belongs_to_the_operator(tree):
    inside = {f"/{path.relative_to(tree)}" for path in (tree / "etc").rglob("*") if path.is_file()}
    assert inside == set((tree / "DEBIAN/conffiles").read_text().split())


def test_nobody_but_root_can_write_what_is_in_it(deb):
    for line in told("dpkg-deb", "--contents", str(deb)).splitlines():
        mode, owner = line.split()[:2]
        assert owner == "root/root" and mode[5] == "-" and mode[8] == "-" and "s" not in mode, line


def test_the_maintainer_scripts_are_shell(tree):
    for name in ("postinst", "prerm", "postrm"):
        path = tree / "DEBIAN" / name
        assert path.stat().st_mode & stat.S_IXUSR
        told("sh", "-n", str(path))


def test_the_unit_starts_what_is_in_the_package(tree):
    unit = (tree / "usr/lib/systemd/system/footprintd.service").read_text()
    for line in re.findall(r"^ExecStart(?:Pre)?=(.*)$", unit, flags=re.M):
        program, *words = line.split()
        assert (tree / program[1:]).is_file() and (tree / words[words.index("-c") + 1][1:]).is_file(), line


def test_the_programs_run(tree):
    assert "footprintd 0." in told(str(tree / "usr/sbin/footprintd"), "-V")
    told(str(tree / "usr/sbin/footprintd"), "--check", "-c", str(tree / "etc/footprint/footprint.yaml"))
    rules = str(tree / "etc/footprint/segments.d/shop.yaml")
    ctl = str(tree / "usr/bin/footprintctl")
    events = tree / "events.ndjson"
    events.write_text(told(ctl, "generate", "--events", "20000", "--seed", "1"))
    assert '"change":"enter"' in told(ctl, "replay", "--segments", rules, str(events))


def test_the_unit_is_closed():
    """At most 1.1 of 10; without the network, which it needs, there would be nothing left."""
    told("systemd-analyze", "security", "--offline=true", "--threshold=11", str(TOP / "systemd/footprintd.service"))


def test_the_tests_that_the_security_page_names_are_there():
    page = (TOP / "SECURITY.md").read_text().split("## Faults by class")[1].split("\n## ")[0]
    named = {name for name in re.findall(r"`(\w+(?:\.(?:cc|c|py))?)`", page) if re.search(r"^(fuzz|test)_|_.*_", name)}
    files = [path for path in (TOP / "tests").rglob("*") if path.suffix in {".c", ".cc", ".py"}]
    tests = (re.findall(r"^(?:def )?(\w+)\(", path.read_text(), flags=re.M) for path in files)
    known = {path.name for path in files}.union(*tests)
    assert len(named) >= 20 and named - known == set()
