"""The daemon and footprintctl, started as an operator would start them."""
import json
import os
import re
import signal
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

from servers import BUILD, RELEASE, free_port
from waiting import wait_until

CTL = RELEASE / "footprintctl"
REPORTS = re.compile(r"ERROR: (Address|Leak|Thread)Sanitizer|runtime error:|SUMMARY: \w+Sanitizer|CHECK failed|check failed", re.I)
READY_SECONDS = 60


def ctl(*arguments, **options):
    """Runs footprintctl; its output as text."""
    return subprocess.run([CTL, *map(str, arguments)], capture_output=True, text=True, timeout=300, **options)


class Daemon:
    """One process of footprintd with its own configuration file, port and log."""

    def __init__(self, folder, config, binary=None, environment=None):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.binary = binary or BUILD / "footprintd"
        self.port = free_port()
        self.socket = f"/tmp/footprintd-{self.port}.sock"  # short: a socket's path has 107 bytes
        config = {**config, "http": {"listen": f"127.0.0.1:{self.port}"}, "socket": {"path": self.socket, **config.get("socket", {})}}
        self.config = self.folder / "footprint.yaml"
        self.config.write_text(json.dumps(config, indent=1))
        self.log = self.folder / "log"
        self.process = None
        self.environment = {**os.environ, **(environment or {})}

    # --- its life ------------------------------------------------------------------------------

    def start(self, ready=True, environment=None):
        """`environment` goes beside our own: drills of config/base/drill.h."""
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [self.binary, "-c", self.config], stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                env={**self.environment, **(environment or {})})
        if ready:
            self.wait_ready()
        return self

    def wait_ready(self, seconds=READY_SECONDS):
        wait_until(self.is_ready, seconds, lambda: f"readiness; it says {self.get('/readyz')}\n{self.tail()}")

    def is_ready(self):
        assert self.runs, f"the daemon ended with {self.process.returncode}:\n{self.tail()}"
        return self.get("/readyz")[0] == 200

    @property
    def runs(self):
        return self.process is not None and self.process.poll() is None

    def state(self):
        """One letter, as ps shows it; T when it is stopped."""
        with open(f"/proc/{self.process.pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0]

    def kill(self):
        """As a crash or the kernel would: nothing is finished."""
        self.process.kill()
        self.process.wait()

    def stop(self, seconds=30):
        """As an operator would; the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.wait(seconds)

    def wait(self, seconds):
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"the daemon did not end within {seconds} s:\n{self.tail()}") from None

    # --- what it says --------------------------------------------------------------------------

    def get(self, path):
        """(status, body) of its HTTP; (0, reason) where nobody answers."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except (urllib.error.URLError, OSError) as error:
            return 0, str(error)

    def metrics(self):
        """Name with labels -> value, from /metrics."""
        status, body = self.get("/metrics")
        assert status == 200, body
        lines = [line for line in body.splitlines() if line and not line.startswith("#")]
        return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}

    def ask(self, command, *arguments, **options):
        """footprintctl COMMAND at this daemon's socket."""
        return ctl(command, "--socket", self.socket, *arguments, **options)

    def asked(self, command, *arguments):
        """The same with --json: what the answer's only line says."""
        done = self.ask(command, "--json", *arguments)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def text(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def tail(self, lines=40):
        return "\n".join(self.text().splitlines()[-lines:])

    def reports(self):
        """What a sanitizer or an assertion found."""
        text = self.text()
        found = REPORTS.search(text)
        return text[max(0, found.start() - 200):found.start() + 6000] if found else ""


def environment_of_sanitizers():
    """A finding ends the process at once and is printed; leaks count as findings."""
    os.environ.setdefault("ASAN_OPTIONS", "abort_on_error=0:detect_leaks=1:print_stacktrace=1")
    os.environ.setdefault("UBSAN_OPTIONS", "print_stacktrace=1")
