"""Completions: they are those of the program, and the shells take them."""
import json
import shutil
import subprocess

import pytest

from daemon import CTL, ctl
from servers import TOP

FOLDER = TOP / "config" / "completions"


def test_they_are_what_the_program_says_of_itself():
    done = subprocess.run([TOP / "scripts" / "completions", "--check", CTL], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def completed(*words):
    script = f"""source {FOLDER}/bash/footprintctl
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _footprintctl; printf '%s\\n' "${{COMPREPLY[@]}}" """
    done = subprocess.run(["bash", "-c", script, "bash", "footprintctl", *words], capture_output=True, text=True, timeout=20)
    assert done.returncode == 0 and done.stderr == "", done.stderr
    return done.stdout.split()


def test_bash_completes():
    assert completed("pa") == ["partitions", "pause"]
    assert completed("tap", "--s") == ["--show", "--sample", "--segment", "--socket"]
    assert completed("tap", "--show", "c") == ["changes"]
    assert completed("loglevel", "w") == ["warn"]
    assert "--origin" in completed("config", "--")
    assert completed("check", "-c", str(FOLDER / "ba")) == [str(FOLDER / "bash")]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_shell_can_read_its_file(shell):
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    path, = (FOLDER / shell).iterdir()
    done = subprocess.run([shell, "-n", path], capture_output=True, text=True, timeout=20)
    assert done.returncode == 0 and done.stderr == "", done.stderr


def test_config_tells_what_holds_and_where_it_came_from(tmp_path):
    (tmp_path / "word").write_text("canary-in-a-file\n")
    file = tmp_path / "footprint.yaml"
    file.write_text("""version: 1
instance: web-1
input: {lateness: 90s, start_at: 2026-11-24T00:00:00Z, mapping: {user: [/u, /v]}}
redis: {url: 'redis://app:canary-in-url@cache:6379/1', password: {file: word}}
kafka: {properties: {sasl.password: canary-in-properties, security.protocol: sasl_ssl, sasl.mechanism: PLAIN, sasl.username: me}}
segments: []
""")
    file.chmod(0o600)
    done = ctl("config", "-c", file, "--origin", "--set", "workers=3", "--set", "input.mapping.id=/i")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    for line in (f"version: 1  # {file}:1:10", f'instance: "web-1"  # {file}:2:11', f"input.lateness: 1m30s  # {file}:3:19", "workers: 3  # --set", "input.dedupe: 10m  # default",
                 f"input.start_at: 2026-11-24T00:00:00Z  # {file}:3:34", f'input.mapping.user: ["/u", "/v"]  # {file}:3:72',
                 'input.mapping.id: "/i"  # --set', f'redis.url: "(hidden)@cache:6379/1"  # {file}:4:14', "profiles.memory: 1GiB  # default"):
        assert line in lines, done.stdout
    assert any(line.startswith('redis.password: "(hidden)"') for line in lines)
    assert any(line.startswith('kafka.properties.sasl.password: "(hidden)"') for line in lines)
    assert "canary" not in done.stdout + done.stderr
    rows = {row["setting"]: row for row in json.loads(ctl("config", "-c", file, "--json").stdout)}
    assert rows["input.lateness"] == {"setting": "input.lateness", "value": "1m30s", "origin": f"{file}:3:19"}
    assert "canary" not in json.dumps(rows)
    assert ctl("config", "--set", "workers=many").returncode == 1
    assert ctl("config", "operand").returncode == 2
