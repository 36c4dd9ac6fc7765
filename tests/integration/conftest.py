"""Fixtures: one Kafka and one Redis for the session, a world of its own for each test."""
import itertools

import pytest

import retail
from daemon import environment_of_sanitizers
from servers import BUILD, RELEASE, Kafka, Redis
from world import World

numbers = itertools.count(1)


def pytest_report_header():
    data = retail.REAL if retail.REAL.exists() else "simulated, for want of the real data"
    return [f"daemon: {BUILD}/footprintd", f"footprintctl: {RELEASE}/footprintctl", f"shop: {data}"]


@pytest.fixture(scope="session", autouse=True)
def built():
    environment_of_sanitizers()
    for program in (BUILD / "footprintd", RELEASE / "footprintctl"):
        assert program.exists(), f"{program} is not built: scripts/test builds it"


@pytest.fixture(scope="session")
def kafka(tmp_path_factory):
    server = Kafka(tmp_path_factory.mktemp("kafka"))
    try:
        yield server.start()
    finally:
        server.stop()


@pytest.fixture(scope="session")
def redis(tmp_path_factory):
    server = Redis(tmp_path_factory.mktemp("redis")).start()
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture
def own_kafka(tmp_path):
    """A broker that a test may break."""
    server = Kafka(tmp_path / "kafka")
    try:
        yield server.start()
    finally:
        server.stop()


@pytest.fixture
def own_redis(tmp_path):
    server = Redis(tmp_path / "redis").start()
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture
def make_world(request, tmp_path):
    """Makes a world on given servers; what its daemons' sanitizers found fails the test."""
    worlds = []

    def make(kafka, redis):
        world = World(f"w{next(numbers)}", tmp_path, kafka, redis)
        worlds.append(world)
        return world
    yield make
    for world in worlds:
        world.close()
    findings = [finding for world in worlds for finding in world.findings()]
    assert not findings, "\n".join(findings)


@pytest.fixture
def world(make_world, kafka, redis):
    return make_world(kafka, redis)


@pytest.fixture(scope="session")
def shop():
    """The shop's events, one JSON text each."""
    return retail.lines()
