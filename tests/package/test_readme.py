"""The way from the package to the first change, as the README has it, line by line.

It runs in namespaces of its own: what is installed and written goes to an overlay and vanishes, the network is a loopback of
its own, and systemd, which does not run there, is stood in for by a script that starts what the unit starts, as its user.
"""
import json
import os
import re
import subprocess
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parent.parent.parent
COMMANDS_MAX = 10
SECONDS_MAX = 300

OUTSIDE = r"""
set -eu
ip link set lo up
mount -t proc proc /proc
mount -t tmpfs tmpfs "$1/layers"
for folder in etc usr var root; do
    mkdir -p "$1/layers/$folder/upper" "$1/layers/$folder/work"
    mount -t overlay overlay -o "lowerdir=/$folder,upperdir=$1/layers/$folder/upper,workdir=$1/layers/$folder/work" "/$folder"
done
mount -t tmpfs tmpfs /run
export HOME=$1/home PATH=$1/bin:$PATH DEBIAN_FRONTEND=noninteractive
# The package is built already, of the same tree.
cmake() { :; }
. "$1/commands"
"""

SYSTEMCTL = r"""#!/bin/bash
# systemctl enable --now UNIT...: as systemd would for a unit of Type=notify, it comes back when that is ready.
[[ "$1 $2" == "enable --now" ]] || exit 0
shift 2
for unit in "$@"; do
    if [[ $unit == redis-server ]]; then
        redis-server --daemonize yes --dir "$HOME" --logfile "$HOME/redis.log" >/dev/null
        continue
    fi
    file=/usr/lib/systemd/system/$unit.service
    user=$(sed -n 's/^User=//p' "$file")
    command=$(sed -n 's/^ExecStart=//p' "$file")
    runuser -u "$user" -- $command >"$HOME/$unit.log" 2>&1 &
    for _ in $(seq 600); do
        exec 3<>/dev/tcp/127.0.0.1/9464 && printf 'GET /readyz HTTP/1.0\r\n\r\n' >&3 && grep -q '^ok' <&3 && exit 0
        sleep 0.1
    done 2>/dev/null
    cat "$HOME/$unit.log" >&2
    exit 1
done
"""


def commands():
    section = (TOP / "README.md").read_text().split("## From the package to the first change")[1].split("\n## ")[0]
    return re.search(r"^```sh\n(.*?)^```", section, flags=re.M | re.S).group(1).splitlines()


def may_have_namespaces(folder):
    trial = 'mkdir a b c && mount -t tmpfs tmpfs b && mkdir b/u b/w && mount -t overlay overlay -o lowerdir=a,upperdir=b/u,workdir=b/w c'
    return subprocess.run(["unshare", "--mount", "--net", "sh", "-ec", trial], cwd=folder, capture_output=True, check=False).returncode == 0


def test_there_are_few():
    assert 1 <= len([line for line in commands() if line and not line.startswith("#")]) <= COMMANDS_MAX


def test_they_lead_to_a_change(tmp_path):
    (tmp_path / "trial").mkdir()
    if os.geteuid() != 0 or not may_have_namespaces(tmp_path / "trial"):
        pytest.skip("only root with namespaces and an overlay can run it and leave nothing behind")
    for name in ("layers", "home", "bin"):
        (tmp_path / name).mkdir()
    (tmp_path / "bin/systemctl").write_text(SYSTEMCTL)
    (tmp_path / "bin/systemctl").chmod(0o755)
    (tmp_path / "commands").write_text("\n".join(commands()) + "\n")
    for folder in [tmp_path, *tmp_path.parents][:3]:
        folder.chmod(0o755)
    cache = os.environ.get("FOOTPRINT_CACHE") or Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "footprint"
    done = subprocess.run(
        ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "bash", "-c", OUTSIDE, "readme", str(tmp_path)],
        cwd=TOP, env={**os.environ, "FOOTPRINT_CACHE": str(cache)}, capture_output=True, text=True, timeout=SECONDS_MAX, check=False)
    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    change = json.loads([line for line in done.stdout.splitlines() if line.startswith("{")][-1])
    assert change["change"] == "enter" and change["seq"] >= 1
