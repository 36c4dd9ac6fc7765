"""Where a drain's CPU time goes: by thread, and by the room of the house whose function ran."""
import shutil
import subprocess
import threading
import time
from collections import Counter
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
OWN_STAGES = {"checkpoint": "checkpoint", "chunk": "checkpoint", "transaction": "transaction"}
LIBRARIES = ("librdkafka", "liblz4", "libjemalloc", "libhiredis", "libuv", "libc.so", "[vdso]", "[kernel")


def rooms():
    """By the beginning of a function's name, which is its file's: the folder."""
    found = {path.stem: OWN_STAGES.get(path.stem, path.parent.name) for room in ("config", "pipeline", "daemon") for path in (TOP / room).rglob("*.c")
             if path.parent.name != "ctl"}
    return sorted(found.items(), key=lambda item: -len(item[0]))


def stage_of(names, dso, symbol):
    for library in LIBRARIES:
        if dso.startswith(library):
            return library.strip("[]").removesuffix(".so")
    return next((room for name, room in names if symbol.startswith(f"{name}_")), "other of ours")


class Recorder(threading.Thread):
    """perf on the daemon's process, from its start to its end."""

    def __init__(self, daemon, path):
        super().__init__(daemon=True)
        self.watched, self.path = daemon, path

    def run(self):
        while self.watched.process is None:
            time.sleep(0.01)
        subprocess.run(["perf", "record", "-q", "-F", "1500", "-e", "cpu-clock", "-p", str(self.watched.process.pid), "-o", self.path],
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)

    def shares(self):
        """{(thread, stage): share of all samples}"""
        self.join()
        done = subprocess.run(["perf", "report", "-i", self.path, "--stdio", "-q", "--no-children", "-t", ";", "--sort", "pid,dso,sym"],
                              capture_output=True, text=True, check=True)
        names, found = rooms(), Counter()
        for line in done.stdout.splitlines():
            fields = [field.strip() for field in line.split(";")]
            if len(fields) == 4 and fields[0].endswith("%"):
                found[fields[1], stage_of(names, fields[2], fields[3][4:])] += float(fields[0][:-1]) / 100
        return found


def can_record():
    return shutil.which("perf") is not None


def by_thread(shares):
    """[(thread, share, [(stage, share)])], most first; what is below a hundredth is left out."""
    threads = Counter()
    for (thread, _), share in shares.items():
        threads[thread] += share
    return [(thread, total, [(stage, share) for (of, stage), share in shares.most_common() if of == thread and share >= 0.01])
            for thread, total in threads.most_common() if total >= 0.01]
