"""footprintctl reset: each case that the daemon must not guess is decided by an operator, and then goes on."""
from confluent_kafka.admin import AdminClient

from daemon import ctl
from test_gap import begun, click, delete_before, halted, lose_redis
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
