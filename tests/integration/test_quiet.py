"""While a server is gone or hung the daemon waits: nearly no processor time, and one line for each change of state."""
import json
import os
import re
import signal
import time
from collections import Counter

from servers import RELEASE
from waiting import wait_until

ROUNDS = int(os.environ.get("FOOTPRINT_ROUNDS", 3))
MEASURED_SECONDS = 20 if ROUNDS > 3 else 5
WAYS = ("gone", "hung") if ROUNDS > 3 else ("hung",)
SETTLING_SECONDS = 2  # what is under way when a server goes is finished first
CORES_MAX = 0.05 if ROUNDS > 3 else 0.08  # other tests may run beside
LINES_MAX = 3  # of one kind for one worker or partition: it is lost, perhaps for another reason, and back
RULES = [{"name": "seen", "when": "count(click[1h]) >= 2"}]
LINE = re.compile(r"level=\w+ id=(\S+)(?: worker=(\d+))?(?: partition=(\d+))?")


def processor_seconds(pid):
    fields = open(f"/proc/{pid}/stat").read().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def cores_used(daemon, seconds):
    before, began = processor_seconds(daemon.process.pid), time.monotonic()
    time.sleep(seconds)  # the measurement itself
    return (processor_seconds(daemon.process.pid) - before) / (time.monotonic() - began)


def clicks(user):
    now = time.time_ns() // 1_000_000
    return [json.dumps({"user": user, "type": "click", "ts": now + i}) for i in range(2)]


class Loss:
    """A fault, its healing, and the word by which readiness tells of it."""

    def __init__(self, world, word):
        self.world, self.word = world, word
        self.kafka, self.redis = world.kafka, world.redis

    def gone(self):
        if self.word == "redis":
            self.redis.stop()
        else:
            self.kafka.signal(signal.SIGKILL)

    def hung(self):
        if self.word == "redis":
            self.redis.process.send_signal(signal.SIGSTOP)
        else:
            self.kafka.signal(signal.SIGSTOP)

    def heal(self, how):
        if how == "gone":
            (self.redis if self.word == "redis" else self.kafka).start()
        elif self.word == "redis":
            self.redis.process.send_signal(signal.SIGCONT)
        else:
            self.kafka.signal(signal.SIGCONT)


def test_the_wait_for_a_server_is_quiet(make_world, own_kafka, own_redis):
    world = make_world(own_kafka, own_redis)
    world.write_rules(RULES)
    world.create_input(4)
    daemon = world.daemon(binary=RELEASE / "footprintd", input={"idle_after": "300ms"}).start()
    for word, how in [(word, how) for word in ("redis", "kafka") for how in WAYS]:
        loss = Loss(world, word)
        world.send(clicks(f"{word}-{how}-before"))
        world.wait_drained()
        told = len(daemon.text())
        getattr(loss, how)()
        wait_until(lambda: daemon.get("/readyz")[0] == 503, 30, lambda: f"readiness to tell:\n{daemon.tail()}")
        time.sleep(SETTLING_SECONDS)
        cores = cores_used(daemon, MEASURED_SECONDS)
        loss.heal(how)
        daemon.wait_ready(90)
        world.send(clicks(f"{word}-{how}-after"))
        world.wait_drained()
        text = daemon.text()[told:]
        print(f"{word} {how}: {100 * cores:.1f} % of a core\n{text}")
        lines = Counter(match.groups() for match in LINE.finditer(text))
        assert cores < CORES_MAX, f"{word} {how}: {100 * cores:.1f} % of a core\n{text}"
        assert lines and max(lines.values()) <= LINES_MAX, f"{word} {how}: {lines.most_common(3)}\n{text}"
    world.judge()
