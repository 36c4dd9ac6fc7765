"""Faults as sharp as they come: whole sequences, each of which does harm as soon as one mechanism is missing.

The controls are runs of these. Every one begins with daemons that are well and ends with them well again,
so that none blunts another.
"""
import re
import shutil
import signal
import time

from injectors import HEAL_SECONDS, MARKERS_S, Faults
from stream import ROUND_S, SILENT_S, until_silence
from waiting import wait_until

POINT_SECONDS = 60  # in which a daemon comes to a point
PUBLISHED_S = 4  # in which a new owner surely publishes: longer than the stream is silent
HANG_S = 7  # of a broker: by more than the lateness longer than what is left of the silence
GONE_S = 4  # the same, before it is started: that takes some seconds more
GATHER_S = 2  # in which records gather for a daemon that doesn't run
AWAY_S = 2  # the same of Redis
STATE = re.compile(r'^footprint_partition_state\{partition="(\d+)",state="(\w+)"\} 1$', re.M)


class SharpFaults(Faults):
    def states(self, daemon):
        """Partition -> state, of those that a daemon has; of none if it doesn't answer."""
        status, body = daemon.get("/metrics")
        found = STATE.findall(body) if status == 200 else []
        return {int(partition): state for partition, state in found}

    def well(self):
        """Whoever should run does, and between them they have each partition live."""
        def all_live():
            self.start_dead()
            states = [state for daemon in self.living() for state in self.states(daemon).values()]
            assert "halted" not in states, f"a partition has stopped: {self.reasons()}"
            return states == ["live"] * self.world.partitions
        wait_until(all_live, HEAL_SECONDS, "all partitions to be live", every=0.1)

    def reasons(self):
        lines = [line for daemon in self.living() for line in daemon.get("/readyz")[1].splitlines()]
        return "; ".join(line for line in lines if "halted" in line)

    def owner(self):
        """A daemon that has partitions, and which."""
        daemon = self.chance.choice([daemon for daemon in self.living() if self.states(daemon)])
        return daemon, set(self.states(daemon))

    def begin_again(self, daemon, variable, point):
        """The same daemon anew, which will end or stop itself at a point of its life."""
        daemon.kill()
        daemon.start(ready=False, environment={variable: f"{point}:{self.chance.randint(3, 12)}"})

    def wait_stopped(self, daemon, point):
        wait_until(lambda: daemon.state() == "T", POINT_SECONDS, f"a daemon to stop at {point}", every=0.02)

    # --- a daemon that others take for dead ----------------------------------------------------------

    def overtaken(self, point):
        """Stopped at a point until another one has its partitions and has published; then it goes on from there."""
        self.well()
        daemon, partitions = self.owner()
        self.begin_again(daemon, "FOOTPRINT_STOP", point)
        self.wait_stopped(daemon, point)
        others = [other for other in self.living() if other is not daemon]
        wait_until(lambda: partitions <= {number for other in others for number in self.states(other)}, HEAL_SECONDS,
                   "another daemon to have the partitions of a stopped one", every=0.1)
        time.sleep(PUBLISHED_S)
        daemon.process.send_signal(signal.SIGCONT)
        self.well()
        return point

    def overtaken_outputs(self):
        """Its outputs are in an open transaction, the offsets not yet: only its membership can refuse them."""
        return self.overtaken("K2")

    def overtaken_offsets(self):
        """The offsets are in the transaction: the new owner must not begin before it has ended."""
        return self.overtaken("K3")

    def overtaken_flush(self):
        """The chunk that it was about to send is older than what the new owner has written since."""
        return self.overtaken("K7")

    # --- a daemon that dies --------------------------------------------------------------------------

    def dies_unsettled(self):
        """Killed with all of a transaction at the brokers but its end: nothing of it may be in Redis yet."""
        self.well()
        daemon, _ = self.owner()
        self.begin_again(daemon, "FOOTPRINT_CRASH", "K3")
        wait_until(lambda: not daemon.runs, POINT_SECONDS, "a daemon to die at K3", every=0.02)
        self.well()

    def dies(self):
        """Killed at any moment: part of the people are in Redis as they are now, part as they were."""
        self.well()
        self.pause(0.5, 1.5)
        self.owner()[0].kill()
        self.well()

    # --- Redis ---------------------------------------------------------------------------------------

    def remember_nobody(self):
        """All daemons anew, at the next moment live: whoever comes back has to be loaded."""
        for daemon in self.living():
            daemon.kill()
        self.well()

    def empty(self):
        """Everything is gone behind a daemon that has just read where to begin: whom it loads then looks like new."""
        self.well()
        self.until_loud(GATHER_S + 2)
        daemon, _ = self.owner()
        daemon.kill()
        time.sleep(GATHER_S)
        daemon.start(ready=False, environment={"FOOTPRINT_STOP": "K8:1"})
        self.wait_stopped(daemon, "K8")
        self.redis.client().flushall()
        daemon.process.send_signal(signal.SIGCONT)
        self.well()

    def away(self):
        """Killed, away while records wait for the people in it, and back without its newest writes."""
        self.well()
        self.until_loud(4 + AWAY_S)
        snapshot = self.save()
        self.pause(1, 2)
        self.remember_nobody()
        self.end_redis()
        time.sleep(AWAY_S)
        shutil.copy(snapshot, self.redis.folder / "dump.rdb")
        self.redis.start()
        self.well()

    # --- Kafka ---------------------------------------------------------------------------------------

    def until_loud(self, seconds):
        """Waits until the stream won't fall silent within so many seconds."""
        while until_silence() < seconds or until_silence() > ROUND_S - SILENT_S:
            time.sleep(0.05)

    def until_silence_ends(self, before):
        """Waits until the stream goes on in so many seconds."""
        time.sleep((until_silence() + SILENT_S - before) % ROUND_S)

    def hangs_in_silence(self):
        """The broker hangs from the end of a silence on: what is sent then waits in producers, and the log looks silent."""
        self.well()
        self.until_silence_ends(0.4)
        self.kafka.signal(signal.SIGSTOP)
        time.sleep(HANG_S)
        self.kafka.signal(signal.SIGCONT)
        self.well()

    def dies_in_silence(self):
        """Killed there, and back before those are whose records have waited: the log still looks silent. See broker_kill."""
        self.well()
        self.until_silence_ends(0.4 + MARKERS_S)
        self.signal_daemons(signal.SIGSTOP)
        time.sleep(MARKERS_S)
        self.kafka.signal(signal.SIGKILL)
        self.signal_daemons(signal.SIGCONT)
        time.sleep(GONE_S)
        self.kafka.start()
        self.well()
