"""TLS to Redis, where hiredis has it: what is wrong is refused and named, and heals once it is mended."""
import json
import subprocess

import pytest

from certificates import ELSEWHERE, OLD, Authority, tls_server
from forward import Forward
from servers import BUILD, Redis, free_port
from waiting import wait_until

RULES = [{"name": "seen", "when": "count(click[1h]) >= 2"}]
NOW = 1_700_000_000_000
SAID_SECONDS = 30


def built_with_tls():
    done = subprocess.run([BUILD / "footprintd", "-V"], capture_output=True, text=True, check=False)
    return "with TLS" in done.stdout and "without TLS" not in done.stdout


needs_tls = pytest.mark.skipif(not built_with_tls(), reason="this build's hiredis has no TLS (Debian 12)")


class SecuredRedis(Redis):
    """One more port, with a certificate."""

    def __init__(self, folder):
        super().__init__(folder)
        ours, theirs = (Authority(self.folder / "certificates", name) for name in ("ours", "theirs"))
        self.authority = ours.path
        self.key, self.certificate = ours.server("good")
        self.pems = {"good": ours.pem("good-too"), "expired": ours.pem("expired", days=-1),
                     "elsewhere": ours.pem("elsewhere", hosts=ELSEWHERE), "unknown": theirs.pem("unknown")}
        self.tls_port = free_port()
        self.forward = Forward()

    @property
    def url(self):
        return f"rediss://{self.forward.address}/0"

    def command(self):
        return [*super().command(), "--tls-port", str(self.tls_port), "--tls-cert-file", self.certificate, "--tls-key-file", self.key,
                "--tls-ca-cert-file", self.authority, "--tls-auth-clients", "no"]

    def stop(self):
        self.forward.close()
        super().stop()


@pytest.fixture
def secured(tmp_path):
    server = SecuredRedis(tmp_path / "redis").start()
    try:
        yield server
    finally:
        server.stop()


def started(make_world, kafka, secured):
    world = make_world(kafka, secured)
    world.write_rules(RULES)
    world.create_input(2)
    return world, world.daemon(environment={"SSL_CERT_FILE": str(secured.authority)}).start(ready=False)


def works(world, daemon, secured):
    daemon.wait_ready()
    world.send([json.dumps({"user": user, "type": "click", "ts": NOW + i}) for user in "abc" for i in range(2)])
    world.wait_drained()
    world.judge()
    keys = secured.client().keys("*")
    assert len(keys) > 0
    assert daemon.stop() == 0


def refused(daemon, word):
    def told():
        status, body = daemon.get("/readyz")
        return status == 503 and any(line.startswith("redis:") and word in line for line in body.splitlines())
    wait_until(told, SAID_SECONDS, lambda: f"readiness to say '{word}'; it says {daemon.get('/readyz')}\n{daemon.tail()}")
    assert word in daemon.text()
    assert daemon.get("/livez")[0] == 200


BAD = {
    "expired": ("expired", (), "certificate has expired"),
    "elsewhere": ("elsewhere", (), "mismatch"),
    "unknown": ("unknown", (), "unable to get local issuer certificate"),
    "old": ("good", OLD, "TLS"),
}


@needs_tls
@pytest.mark.parametrize("name", BAD)
def test_what_is_wrong_is_named_and_heals(name, make_world, kafka, secured):
    certificate, options, word = BAD[name]
    with tls_server(free_port(), secured.pems[certificate], *options) as port:
        secured.forward.lead(port)
        world, daemon = started(make_world, kafka, secured)
        refused(daemon, word)
    secured.forward.lead(secured.tls_port)
    works(world, daemon, secured)


@needs_tls
def test_a_server_without_tls_is_refused(make_world, kafka, secured):
    secured.forward.lead(secured.port)
    world, daemon = started(make_world, kafka, secured)
    refused(daemon, "TLS")
    secured.forward.lead(secured.tls_port)
    works(world, daemon, secured)


@pytest.mark.skipif(built_with_tls(), reason="this build's hiredis has TLS")
def test_without_tls_the_setting_is_refused(world):
    world.write_rules(RULES)
    world.create_input(2)
    daemon = world.daemon(redis={"url": "rediss://127.0.0.1:6379/0"}).start(ready=False)
    assert daemon.wait(20) == 1
    assert "rediss:// needs hiredis with TLS, which this build has not; use redis://" in daemon.text()
