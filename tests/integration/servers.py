"""Real servers on their own ports: Apache Kafka by scripts/kafka, and redis-server."""
import os
import signal
import socket
import subprocess
from pathlib import Path

import redis

from waiting import wait_until

TOP = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("FOOTPRINT_BUILD", TOP / "build" / "dev"))  # the daemon under test
RELEASE = Path(os.environ.get("FOOTPRINT_RELEASE", TOP / "build" / "release"))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Kafka:
    """One or more brokers; `bootstrap` is their address."""

    def __init__(self, folder, brokers=1):
        self.folder = Path(folder)
        self.brokers = brokers
        self.bootstrap = None

    def start(self):
        done = subprocess.run(
            [TOP / "scripts" / "kafka", "start", self.folder, "--brokers", str(self.brokers)],
            capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        self.bootstrap = (self.folder / "bootstrap").read_text().strip()
        return self

    def stop(self):
        subprocess.run([TOP / "scripts" / "kafka", "stop", self.folder], check=True)

    def signal(self, number, broker=1):
        os.kill(int((self.folder / f"broker-{broker}" / "pid").read_text()), number)


class Redis:
    """A redis-server without persistence that never evicts."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.process = None

    @property
    def url(self):
        return f"redis://127.0.0.1:{self.port}/0"

    def client(self):
        return redis.Redis("127.0.0.1", self.port, decode_responses=True)

    def command(self):
        return ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "",
                "--appendonly", "no", "--maxmemory-policy", "noeviction", "--dir", self.folder]

    def start(self):
        with open(self.folder / "redis.log", "ab") as log:
            self.process = subprocess.Popen(self.command(), stdout=log, stderr=log)
        wait_until(self.answers, 20, "redis-server to answer")
        return self

    def answers(self):
        assert self.process.poll() is None, (self.folder / "redis.log").read_text()
        try:
            return self.client().info("server")["process_id"] == self.process.pid
        except redis.exceptions.ConnectionError:
            return False

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
        self.process.wait()
