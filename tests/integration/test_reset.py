"""footprintctl reset: each case that the daemon must not guess is decided by an operator, and then goes on."""
import shutil

from confluent_kafka.admin import AdminClient, NewPartitions

from daemon import ctl
from test_gap import RULES, begun, click, delete_before, halted, lose_redis
from test_halt import rewind
from topics import create_topic
from waiting import wait_until


def reset(daemon, *options):
    """Runs it until the stopped daemon is no member any more."""
    done = []

    def decided():
        done[:] = [ctl("reset", "-c", daemon.config, "--partition", "0", *options)]
        return "stop its daemons" not in done[0].stderr
    wait_until(decided, 30, lambda: f"the group to be empty: {done[0].stderr}", every=0.5)
    return done[0]


def decided(daemon, *options):
    done = reset(daemon, *options, "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def keys(world):
    return set(world.redis.client().keys(f"{world.name}:*"))


def test_a_running_daemon_is_not_robbed_and_a_dry_run_changes_nothing(world):
    daemon = begun(world, [0, 1])
    before = keys(world)
    told = reset(daemon, "--from", "0")
    assert told.returncode == 0 and "nothing was changed" in told.stdout and "the group is at 2, 1 changes" in told.stdout
    assert keys(world) == before
    daemon.start()
    told = ctl("reset", "-c", daemon.config, "--partition", "0", "--from", "0", "--yes")
    assert told.returncode == 1 and "has 1 members" in told.stderr and "stop its daemons" in told.stderr
    world.send([click(2), click(3)])
    world.wait_drained()
    world.judge()
    assert ctl("reset", "-c", daemon.config, "--partition", "1", "--rebuild").returncode == 1
    for wrong in (["--partition", "0", "--all"], ["--all", "--rebuild", "--restore"], ["--all", "--yes"], []):
        assert ctl("reset", "-c", daemon.config, *wrong).returncode == 2


def test_windows_that_are_too_short_are_accepted(world):
    daemon = begun(world, [0, 100, 110, 120])
    lose_redis(world)
    delete_before(world, 2)
    daemon.start(ready=False)
    halted(daemon, "--accept-gap")
    assert daemon.stop() == 0
    decided(daemon, "--accept-gap")
    daemon.start()
    assert "id=partition-gap" in daemon.text() and "as footprintctl reset says" in daemon.text()
    world.send([click(200), click(201)])
    world.wait_drained()
    seqs = [change["seq"] for change in world.changes()]
    assert seqs == list(range(1, len(seqs) + 1))
    assert daemon.stop() == 0
    lose_redis(world)  # what was accepted counts as the beginning from now on
    daemon.start()
    assert daemon.stop() == 0


def test_unread_events_that_are_gone_are_passed_over(world):
    daemon = begun(world, [0, 1])
    world.send([click(minute) for minute in (2, 3, 4)])
    delete_before(world, 4)
    daemon.start(ready=False)
    halted(daemon, "never read")
    assert daemon.stop() == 0
    assert "offsets 2 to 3 are passed over" in decided(daemon, "--accept-gap")
    daemon.start()
    changes = world.wait_changes(lambda changes: any(c["segment"] == "often" for c in changes), 30)
    assert changes[-1]["source"]["offset"] == 4


def test_rewound_offsets_are_put_back(world):
    """Where Redis stands after a clean stop is where the group was: nothing is published twice."""
    daemon = begun(world, [0, 1, 2])
    rewind(world, 0)
    daemon.start(ready=False)
    halted(daemon, "offset 1 was not committed by footprint", "--restore")
    assert daemon.stop() == 0
    assert "becomes 3, where Redis stands" in decided(daemon, "--restore")
    daemon.start()
    world.send([click(3), click(300)])
    world.wait_drained()
    world.judge()


def test_rewound_offsets_are_published_again_on_purpose(world):
    """From the beginning with an empty state: the same changes again, with the same life and seq."""
    daemon = begun(world, [0, 1, 2])
    before = world.changes()
    rewind(world, 0)
    assert "publishes from there on" in decided(daemon, "--from", "earliest")
    assert not keys(world)
    daemon.start()
    assert world.wait_changes(lambda changes: len(changes) == 2 * len(before), 30) == before + before
    assert daemon.stop() == 0
    lose_redis(world)  # and a rebuild goes on from there as from any other state
    daemon.start()
    world.send([click(300)])
    world.wait_drained()
    assert daemon.stop() == 0
    again = world.changes()[len(before):]
    assert [change["seq"] for change in again] == list(range(1, len(again) + 1))


def test_a_profile_that_cannot_be_read_is_made_again(world):
    daemon = begun(world, [0, 1])
    client = world.redis.client()
    client.setrange(f"{world.name}:{{0}}:u:a", 4, "xxxx")
    daemon.start()
    world.send([click(2)])
    halted(daemon, "a profile in Redis cannot be read", "--rebuild")
    assert daemon.stop() == 0
    decided(daemon, "--rebuild")
    daemon.start()
    world.send([click(3), click(300)])
    world.wait_drained()
    world.judge()


def test_the_keys_of_another_group_are_not_taken_over(world):
    begun(world, [0, 1])
    other = world.daemon(folder="other", workers=1, kafka={"group": f"{world.name}-other"}).start(ready=False)
    halted(other, "of another group and input", "redis.prefix")
    assert other.stop() == 0
    assert "begins at input.start_at" in decided(other, "--rebuild")
    other.start()
    assert other.stop() == 0


def test_a_topic_that_was_made_anew_is_begun_anew(world):
    daemon = begun(world, [0, 1, 2])
    topic = world.topic("interactions")
    admin = AdminClient({"bootstrap.servers": world.kafka.bootstrap})
    admin.delete_topics([topic], operation_timeout=30)[topic].result(30)
    wait_until(lambda: topic not in admin.list_topics(timeout=10).topics, 30, "the topic to be gone")
    create_topic(world.kafka.bootstrap, topic, 1)
    daemon.start(ready=False)
    halted(daemon, "has no offset", "--from")  # they went with the topic
    assert daemon.stop() == 0
    before = len(world.changes())
    told = reset(daemon, "--restore")
    assert told.returncode == 1 and "the log has no offset 3, where Redis stands" in told.stderr
    decided(daemon, "--from", "earliest")
    daemon.start()
    world.send([click(10)])
    changes = world.wait_changes(lambda changes: len(changes) == before + 1, 30)
    assert changes[-1]["life"] == 0 and changes[-1]["seq"] == 1


def outputs_follow(world, partitions):
    """As an operator would, so that a start is not refused at once."""
    admin = AdminClient({"bootstrap.servers": world.kafka.bootstrap})
    topics = [NewPartitions(world.topic(kind), partitions) for kind in ("changes", "members", "rejects")]
    for grown in admin.create_partitions(topics).values():
        grown.result(30)


def test_another_number_of_partitions_stops_all_of_them(world):
    world.write_rules(RULES)
    world.create_input(2)
    daemon = world.daemon(workers=1).start()
    world.send([click(minute, user) for minute in (0, 1) for user in "abcdef"])
    world.wait_drained()
    admin = AdminClient({"bootstrap.servers": world.kafka.bootstrap})
    admin.create_partitions([NewPartitions(world.topic("interactions"), 3)])[world.topic("interactions")].result(30)
    moved = [f"partition {number}: halted: the topic had 2 partitions when this state was made and has 3 now" for number in range(3)]

    def says(count):
        return lambda: all(line in daemon.get("/readyz")[1] for line in moved[:count])
    wait_until(says(2), 30, lambda: f"both to be halted: {daemon.get('/readyz')}\n{daemon.tail()}")
    assert daemon.stop() == 0
    assert daemon.start(ready=False).wait(30) == 1 and "3; they must be equal" in daemon.text()
    outputs_follow(world, 3)
    told = reset(daemon, "--restore", "--yes")  # and with that the group is empty: the third one is given out too
    assert told.returncode == 1 and "of a topic with 2 partitions, now there are 3" in told.stderr
    daemon.start(ready=False)
    wait_until(says(3), 30, lambda: f"all to be halted: {daemon.get('/readyz')}\n{daemon.tail()}")
    assert daemon.stop() == 0

    def begins():
        return ctl("reset", "-c", daemon.config, "--all", "--from", "latest", "--yes").returncode == 0
    wait_until(begins, 30, "the group to be empty", every=0.5)
    daemon.start()
    assert daemon.stop() == 0


def test_a_log_that_has_lost_its_end_stops_the_partition(make_world, own_kafka, redis):
    world = make_world(own_kafka, redis)
    daemon = begun(world, [0, 1, 2])
    own_kafka.stop()
    logs = [path for path in own_kafka.folder.glob(f"broker-1/**/{world.topic('interactions')}-0") if path.is_dir()]
    assert len(logs) == 1
    shutil.rmtree(logs[0])
    own_kafka.start()
    daemon.start(ready=False)
    halted(daemon, "the group's offset is 3 but the log ends at 0", "--from OFFSET")
    assert daemon.stop() == 0
    told = reset(daemon, "--accept-gap")
    assert told.returncode == 1 and "only --from OFFSET leads out of that" in told.stderr


def test_a_redis_that_evicts_is_not_used(make_world, kafka, own_redis):
    """Nothing is halted: what was evicted is not known, so it is not used before an operator has set it right."""
    own_redis.client().config_set("maxmemory", "100mb")
    own_redis.client().config_set("maxmemory-policy", "allkeys-lru")
    world = make_world(kafka, own_redis)
    world.write_rules(RULES)
    world.create_input(1)
    daemon = world.daemon(workers=1).start(ready=False)
    wait_until(lambda: "Redis may evict keys (maxmemory-policy is 'allkeys-lru'); set it to noeviction" in daemon.get("/readyz")[1],
               30, lambda: f"readiness to say it: {daemon.get('/readyz')}")
    own_redis.client().config_set("maxmemory-policy", "noeviction")
    daemon.wait_ready()
    own_redis.client().config_set("maxmemory-policy", "allkeys-lru")  # and under its feet
    wait_until(lambda: "Redis may evict keys" in daemon.get("/readyz")[1], 30, lambda: f"it to be seen: {daemon.get('/readyz')}")
    own_redis.client().config_set("maxmemory-policy", "noeviction")
    daemon.wait_ready()
    assert daemon.stop() == 0
