"""The controls: one run with everything, which must be whole, and the same with each mechanism left out, which must find damage.

All are the same sharp faults in the same order under the same load: people who come and go so that not all
of them fit into memory, and events without ids, so that nothing hides that one is applied twice.
"""
import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

RUN = ["--kinds", "sharp", "--warm-up", "12", "--rounds", "1", "--every", "0.2", "--seconds", "600", "--no-ids",
       "--memory", "1MiB", "--users", "4000", "--skew", "2", "--rate", "800"]
ENOUGH = 6
MECHANISMS = ["cas", "verify", "again", "guard", "stable", "generation", "end", "hand", "behind", "buckets", "trust"]
VERDICT = re.compile(r"^ +\d+ missing, \d+ doubled, \d+ wrong, \d+ misordered$", re.M)
STOPPED = re.compile(r"(?<=^AssertionError: )a partition has stopped: .*", re.M)  # what a daemon finds by itself, and goes no further
ERROR = re.compile(r"^\w*Error: .*", re.M)
SHOWN_MAX = 110


class Control:
    """One run; `whole` and `damaged` are both false if it did not come to its end, which proves nothing."""

    def __init__(self, without, seed):
        environment = {**os.environ, **({"FOOTPRINT_WITHOUT": without} if without else {})}
        command = [sys.executable, Path(__file__).with_name("driver.py"), *RUN, "--seed", str(seed)]
        began = time.monotonic()
        done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
        self.without, self.seconds = without, time.monotonic() - began
        verdict, stopped = VERDICT.search(done.stdout), STOPPED.search(done.stdout)
        self.whole = done.returncode == 0
        self.damaged = stopped is not None or verdict is not None and any(map(int, re.findall(r"\d+", verdict.group())))
        found = verdict or stopped or ERROR.search(done.stdout)
        self.found = found.group().strip()[:SHOWN_MAX] if found else "did not end well"

    def line(self):
        return f"{self.without or '-':12} {self.seconds:5.0f} s  {self.found}"


def controls(mechanisms, seed, at_once):
    """Prints a table, a line at a time; 0 if all is as it must be."""
    print(f"seed {seed}, {' '.join(RUN)}\n{'without':12}    took  found", flush=True)
    with ThreadPoolExecutor(at_once) as pool:
        runs = [pool.submit(Control, without, seed) for without in [None, *mechanisms]]
        for run in runs:
            print(run.result().line(), flush=True)
    reference, *others = [run.result() for run in runs]
    damaged = [run for run in others if run.damaged]
    print(f"{len(damaged)} of {len(others)} are damaged; the whole is {'whole' if reference.whole else 'NOT WHOLE'}")
    return 0 if reference.whole and len(damaged) >= min(ENOUGH, len(others)) else 1
