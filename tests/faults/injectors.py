"""The faults: each method is one, with its healing, and is called by its name.

A fault returns when it is healed, or when its healing is sure to come by itself. What it needs and
does not have (another broker, a living daemon) makes it a fault that did not happen: it says False.
"""
import shutil
import signal
import threading
import time
from collections import Counter

import redis as redis_client
from confluent_kafka import KafkaException, Producer

from admin import Admin
from servers import Redis, free_port
from waiting import wait_until

HEAL_SECONDS = 60  # for a server to be well again: far more than it takes
MARKERS_S = 1  # in which a broker writes the markers of what was committed
POINTS = [*(f"K{number}" for number in range(1, 10)), "release", "replay", "rebuild"]
DAEMONS = ["kill", "kill", "stop", "zombie", "scale"]
REDIS = ["flushall", "redis_stall", "redis_snapshot", "redis_old", "redis_full", "redis_readonly",
         "redis_promote", "redis_disk", "redis_password", "redis_loading"]
KAFKA = ["broker_kill", "broker_hang", "doubt", "fence"]
KAFKA_MANY = ["leader_move", "coordinator_move", "coordinator_kill", "output_insync"]
DRILLS = ["crash", "freeze"]  # a build with drills: FOOTPRINT_BUILD=build/drill
SHARP = ["overtaken_outputs", "overtaken_offsets", "overtaken_flush", "dies_unsettled", "dies", "empty", "away", "hangs_in_silence",
         "dies_in_silence"]  # the same
DECIDES = ["output_refused"]  # after these a partition waits for an operator
GROUPS = {"daemon": DAEMONS, "redis": REDIS, "kafka": KAFKA, "cluster": KAFKA_MANY, "operator": DECIDES, "drill": DRILLS, "sharp": SHARP}


def kinds_of(names, brokers):
    """The kinds, groups among them spelled out; what needs more brokers than there are is left out of groups."""
    kinds = []
    for name in names:
        if name in GROUPS:
            kinds += [] if name == "cluster" and brokers < 3 else GROUPS[name]
        elif any(name in group for group in GROUPS.values()):
            kinds.append(name)
        else:
            raise SystemExit(f"driver.py: no such fault: {name}")
    return kinds


class FaultyRedis(Redis):
    """Has a password, tells when it can't save, and may be replaced by another server on the same port."""

    PASSWORD = "secret"

    def __init__(self, folder):
        super().__init__(folder)
        self.delay_us = 0  # a key takes so long to load

    def client(self):
        return redis_client.Redis("127.0.0.1", self.port, password=self.PASSWORD, decode_responses=True)

    def command(self):
        return super().command() + [
            "--requirepass", self.PASSWORD, "--masterauth", self.PASSWORD,
            "--key-load-delay", str(self.delay_us), "--loading-process-events-interval-bytes", "1024"]


class Faults:
    def __init__(self, world, redis, kafka, chance, wanted):
        self.world, self.redis, self.kafka, self.chance = world, redis, kafka, chance
        self.wanted = wanted  # so many daemons are to run, the first ones
        self.done = Counter()
        self.deck = []
        self.snapshot = None
        self.admin = Admin(kafka.bootstrap)
        self.drilled = None
        self.points = POINTS
        self.replicas = []  # every one that was ever started

    def pause(self, least, most):
        time.sleep(self.chance.uniform(least, most))

    def happen(self, kinds):
        """The next one of a shuffled deck, so that each kind comes as often as the others; its name if it did happen."""
        if not self.deck:
            self.deck = self.chance.sample(kinds, len(kinds))
        kind = self.deck.pop()
        began = time.time()
        result = getattr(self, kind)()
        happened = result is not False
        with open(self.world.folder / "faults.log", "a") as log:
            times = "  ".join(time.strftime("%H:%M:%S", time.gmtime(when)) for when in (began, time.time()))
            print(times, f"{kind} {result or ''}" if happened else f"({kind})", file=log)
        if not happened:
            return None
        self.done[kind] += 1
        return kind

    def close(self):
        for replica in self.replicas:
            replica.stop()

    # --- daemons -----------------------------------------------------------------------------------

    def living(self):
        return [daemon for daemon in self.world.daemons if daemon.runs]

    def one(self):
        return self.chance.choice(self.living()) if self.living() else None

    def signal_daemons(self, number):
        for daemon in self.living():
            daemon.process.send_signal(number)

    def start_dead(self):
        for daemon in self.world.daemons[:self.wanted]:
            if not daemon.runs:
                daemon.start(ready=False)

    def kill(self):
        daemon = self.one()
        if not daemon:
            return False
        return daemon.kill()

    def stop(self):
        daemon = self.one()
        if not daemon:
            return False
        return daemon.process.send_signal(signal.SIGTERM)

    def zombie(self):
        """Stopped for less or more than the session, and awake again."""
        daemon = self.one()
        if not daemon:
            return False
        daemon.process.send_signal(signal.SIGSTOP)
        return self.wake_later(daemon.process, 1, self.world.session_s + 4)

    def wake_later(self, process, least, most):
        wake = threading.Timer(self.chance.uniform(least, most), process.send_signal, (signal.SIGCONT,))
        wake.daemon = True
        wake.start()

    def scale(self):
        """To another number of daemons, between one and all there may be; half of those that go are killed."""
        numbers = [number for number in range(1, len(self.world.daemons) + 1) if number != self.wanted]
        if not numbers:
            return False
        self.wanted = self.chance.choice(numbers)
        for daemon in self.world.daemons[self.wanted:]:
            if daemon.runs:
                daemon.process.send_signal(signal.SIGCONT)
                daemon.process.send_signal(self.chance.choice((signal.SIGTERM, signal.SIGKILL)))
        return self.start_dead()

    # --- daemons at named points of the protocol ---------------------------------------------------

    def crash(self):
        return self.drill("FOOTPRINT_CRASH", "dead")

    def freeze(self):
        """Stopped at a point for longer than the session: another one owns its partitions when it wakes."""
        point = self.drill("FOOTPRINT_STOP", "stopped")
        if point:
            self.wake_later(self.drilled.process, self.world.session_s + 1, self.world.session_s + 4)
        return point

    def drill(self, variable, until):
        """Starts a daemon that ends itself at a point by chance; the point, or False if it did not come to it."""
        daemon, point = self.one(), self.chance.choice(self.points)
        times = 1 if point == "release" else self.chance.randint(1, 30)
        if not daemon:
            return False
        daemon.kill()
        if point == "rebuild":
            self.redis.client().flushall()
        self.drilled = daemon.start(ready=False, environment={variable: f"{point}:{times}"})
        deadline, asked = time.monotonic() + 10, False
        while time.monotonic() < deadline:
            if until == "dead" and not daemon.runs or until == "stopped" and daemon.runs and daemon.state() == "T":
                return f"{point}:{times}"
            if point == "release" and not asked and daemon.get("/readyz")[0] == 200:
                asked = True
                daemon.process.send_signal(signal.SIGTERM)
            time.sleep(0.05)
        return False

    # --- Redis ---------------------------------------------------------------------------------------

    def flushall(self):
        self.redis.client().flushall()

    def redis_stall(self):
        process = self.redis.process
        process.send_signal(signal.SIGSTOP)
        self.pause(0.3, 3)
        process.send_signal(signal.SIGCONT)

    def save(self):
        self.redis.client().save()
        shutil.copy(self.redis.folder / "dump.rdb", self.redis.folder / "old.rdb")
        return self.redis.folder / "old.rdb"

    def redis_snapshot(self):
        """What a later redis_old goes back to."""
        self.snapshot = self.save()

    def end_redis(self):
        self.redis.process.kill()
        self.redis.process.wait()
        (self.redis.folder / "dump.rdb").unlink(missing_ok=True)

    def redis_old(self):
        """A server that lost its newest writes: killed, and back with an older snapshot or with nothing."""
        self.end_redis()
        if self.snapshot:
            shutil.copy(self.snapshot, self.redis.folder / "dump.rdb")
        self.redis.start()

    def redis_loading(self):
        """Back from a snapshot that takes a second or more to load; it answers LOADING meanwhile."""
        snapshot = self.save()
        keys = self.redis.client().dbsize()
        if keys == 0:
            return False
        self.redis.delay_us = int(self.chance.uniform(0.5, 3) * 1e6 / keys)
        self.end_redis()
        shutil.copy(snapshot, self.redis.folder / "dump.rdb")
        self.redis.start()
        self.redis.delay_us = 0
        return wait_until(lambda: self.redis.client().info("persistence")["loading"] == 0, HEAL_SECONDS, "Redis to load")

    def redis_full(self):
        client = self.redis.client()
        client.config_set("maxmemory", 1)
        self.pause(0.5, 3)
        client.config_set("maxmemory", 0)

    def redis_readonly(self):
        """A replica of nobody who answers: reads are served, writes are refused."""
        client = self.redis.client()
        client.execute_command("REPLICAOF", "127.0.0.1", free_port())
        self.pause(0.5, 3)
        client.execute_command("REPLICAOF", "NO", "ONE")

    def redis_promote(self):
        """The master dies and a replica that lags behind takes its place."""
        replica = FaultyRedis(self.redis.folder.parent / f"replica-{len(self.replicas)}")
        self.replicas.append(replica.start())
        client, port = replica.client(), self.redis.port
        client.execute_command("REPLICAOF", "127.0.0.1", port)
        wait_until(lambda: client.info("replication").get("master_link_status") == "up", HEAL_SECONDS, "the replica to follow")
        client.execute_command("REPLICAOF", "NO", "ONE")  # what the master takes from now on is lost
        self.pause(0, 2)
        self.end_redis()
        client.config_set("port", port)
        replica.port, self.snapshot = port, None
        self.redis.process, self.redis.folder = replica.process, replica.folder

    def redis_disk(self):
        """Saving fails, so writes are refused: where the file should be there is a folder."""
        client, place = self.redis.client(), self.redis.folder / "dump.rdb"
        place.unlink(missing_ok=True)
        place.mkdir()
        client.config_set("save", "3600 1")
        self.saved(client, "err")
        self.pause(0.5, 3)
        place.rmdir()
        self.saved(client, "ok")
        client.config_set("save", "")

    def saved(self, client, how):
        """One more save in the background, with this result."""
        def done():
            found = client.info("persistence")
            if not found["rdb_bgsave_in_progress"] and found["rdb_last_bgsave_status"] == how:
                return True
            if not found["rdb_bgsave_in_progress"]:
                client.bgsave()
            return False
        wait_until(done, HEAL_SECONDS, f"a save to end with {how}")

    def redis_password(self):
        """The password is another one for a while, and all connections are cut."""
        client = self.redis.client()
        client.config_set("requirepass", "other")
        client.client_kill_filter(_type="normal", skipme=True)
        self.pause(0.5, 3)
        client.config_set("requirepass", self.redis.PASSWORD)

    # --- Kafka ---------------------------------------------------------------------------------------

    def any_broker(self):
        return self.chance.randint(1, self.kafka.brokers)

    def broker_kill(self, broker=None):
        """
        At any moment where others can lead. A broker alone is killed while no transaction is being ended:
        once back it forgets the markers that it owes while it leads nothing ("Couldn't find leader endpoint
        ... can be skipped"), and such a transaction hangs until an operator aborts it by Kafka's own tool.
        """
        if self.kafka.brokers == 1:
            self.signal_daemons(signal.SIGSTOP)
            time.sleep(MARKERS_S)
        self.kafka.signal(signal.SIGKILL, broker or self.any_broker())
        self.signal_daemons(signal.SIGCONT)
        self.pause(0.5, 3)
        self.kafka.start()

    def broker_hang(self):
        broker = self.any_broker()
        self.kafka.signal(signal.SIGSTOP, broker)
        self.pause(1, 6)
        self.kafka.signal(signal.SIGCONT, broker)

    def doubt(self):
        """The brokers hang while commits are under way, and the daemon dies before it hears of them."""
        daemon = self.one()
        if not daemon:
            return False
        for broker in range(1, self.kafka.brokers + 1):
            self.kafka.signal(signal.SIGSTOP, broker)
        self.pause(0.1, 1.5)
        daemon.kill()
        for broker in range(1, self.kafka.brokers + 1):
            self.kafka.signal(signal.SIGCONT, broker)
        return None

    def fence(self):
        """A stranger takes the transactional id of a daemon, which is fenced."""
        daemon = self.chance.choice(self.world.daemons)
        name = f"{self.world.name}-{daemon.instance}-0"
        stranger = Producer({
            "bootstrap.servers": self.kafka.bootstrap, "transactional.id": name, "transaction.timeout.ms": 8000, "log_level": 0})
        try:
            stranger.init_transactions(10)
        except KafkaException:
            return False
        return None

    def output_refused(self):
        """The topic of changes takes no record, so partitions stop; then it does, and all daemons are started anew."""
        topic = self.world.topic("changes")
        self.admin.set_topic(topic, max_message_bytes=100)  # enough for the markers of transactions
        stopped = self.wait_halted(20)
        self.admin.set_topic(topic)
        self.signal_daemons(signal.SIGCONT)
        self.signal_daemons(signal.SIGTERM)
        for daemon in self.living():
            daemon.wait(40)
        return None if stopped else False

    def wait_halted(self, seconds):
        """Whether a daemon says within this time that a partition has stopped."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if any("halted" in daemon.get("/readyz")[1] for daemon in self.living()):
                return True
            time.sleep(0.1)
        return False

    # --- three brokers -------------------------------------------------------------------------------

    def leader_move(self):
        """Each partition of an input or output gets another leader, nobody dies."""
        topic = self.world.topic(self.chance.choice(("interactions", "changes", "members")))
        return any([self.moved(topic, partition) for partition in self.admin.partitions(topic)]) or False

    def coordinator_move(self):
        return self.moved(self.chance.choice(("__consumer_offsets", "__transaction_state")), 0)

    def moved(self, topic, partition):
        try:
            return self.admin.move_leader(topic, partition)
        except (OSError, KafkaException):  # a broker that has only just come back
            return False

    def coordinator_kill(self):
        """The broker that leads the group or its transactions."""
        leader, _ = self.admin.leader(self.chance.choice(("__consumer_offsets", "__transaction_state")), 0)
        return self.broker_kill(leader) if leader > 0 else False

    def output_insync(self):
        """The topic of changes demands all its replicas and one is dead: nothing can be written for a while."""
        topic = self.world.topic("changes")
        self.admin.set_topic(topic, min_insync_replicas=self.kafka.brokers)
        self.broker_kill()
        self.admin.set_topic(topic)
