"""TLS and passwords to Kafka: what is wrong is refused and named, and once it is mended the work goes on by itself."""
import json

import pytest

from certificates import ELSEWHERE, OLD, Authority, tls_server
from forward import Forward
from servers import Kafka, free_port
from waiting import wait_until

SECRET = "canary-of-this-test"
OTHER_SECRET = "what-the-broker-knows-instead"
USER = "footprint"
RULES = [{"name": "seen", "when": "count(click[1h]) >= 2"}]
NOW = 1_700_000_000_000
SAID_SECONDS = 30
MENDED_SECONDS = 60


class SecuredKafka(Kafka):
    """One broker with a listener for each thing that can be wrong. All of them say that they are at `forward`,
    so that whoever comes through it stays there, wherever it leads."""

    LISTENERS = {  # name: (protocol, certificate, the password that is right)
        "TLS": ("SSL", "good", None),
        "EXPIRED": ("SSL", "expired", None),
        "ELSEWHERE": ("SSL", "elsewhere", None),
        "UNKNOWN": ("SSL", "unknown", None),
        "NAMED": ("SASL_SSL", "good", SECRET),
        "MISTAKEN": ("SASL_SSL", "good", OTHER_SECRET),
        "BARE": ("PLAINTEXT", None, None),
    }

    def __init__(self, folder):
        super().__init__(folder)
        self.forward = Forward()
        self.ports = {name: free_port() for name in self.LISTENERS}

    def make_certificates(self):
        ours, theirs = (Authority(self.folder / "certificates", name) for name in ("ours", "theirs"))
        self.authority = ours.path
        self.pems = {"good": ours.pem("good"), "expired": ours.pem("expired", days=-1),
                     "elsewhere": ours.pem("elsewhere", hosts=ELSEWHERE), "unknown": theirs.pem("unknown")}

    def more(self, lines):
        yield "listeners", ",".join([lines["listeners"], *(f"{name}://127.0.0.1:{port}" for name, port in self.ports.items())])
        yield "advertised.listeners", ",".join([lines["advertised.listeners"], *(f"{name}://{self.forward.address}" for name in self.ports)])
        protocols = [f"{name}:{protocol}" for name, (protocol, _, _) in self.LISTENERS.items()]
        yield "listener.security.protocol.map", ",".join([lines["listener.security.protocol.map"], *protocols])
        for name, (_, certificate, secret) in self.LISTENERS.items():
            own = f"listener.name.{name.lower()}"
            if certificate is not None:
                yield f"{own}.ssl.keystore.type", "PEM"
                yield f"{own}.ssl.keystore.location", self.pems[certificate]
            if secret is not None:
                yield f"{own}.sasl.enabled.mechanisms", "PLAIN"
                yield f"{own}.plain.sasl.jaas.config", (
                    f'org.apache.kafka.common.security.plain.PlainLoginModule required user_{USER}="{secret}";')

    def start(self):
        super().start()
        super().stop()
        self.make_certificates()
        path = self.folder / "broker-1" / "server.properties"
        lines = dict(line.split("=", 1) for line in path.read_text().splitlines() if "=" in line and line[0] != "#")
        path.write_text(path.read_text() + "".join(f"{name} = {value}\n" for name, value in self.more(lines)))
        return super().start()

    def stop(self):
        self.forward.close()
        super().stop()


@pytest.fixture(scope="module")
def secured(tmp_path_factory):
    server = SecuredKafka(tmp_path_factory.mktemp("secured"))
    try:
        yield server.start()
    finally:
        server.stop()


def properties(world, **changed):
    secret = world.folder / "secret"
    secret.write_text(SECRET + "\n")
    secret.chmod(0o600)
    base = {"security.protocol": "ssl", "ssl.ca.location": str(world.kafka.authority)}
    named = {"sasl.mechanism": "PLAIN", "sasl.username": USER, "sasl.password": {"file": str(secret)}}
    return {**base, **(named if changed.get("security.protocol", "").startswith("sasl") else {}), **changed}


def clicks(user, start=0):
    return [json.dumps({"user": user, "type": "click", "ts": NOW + start + i}) for i in range(2)]


def prepared(make_world, secured, redis):
    world = make_world(secured, redis)
    world.write_rules(RULES)
    world.create_input(2)
    return world


def started(world, **changed):
    kafka = {"brokers": world.kafka.forward.address, "properties": properties(world, **changed)}
    return world.daemon(kafka=kafka).start(ready=False)


def works(world, daemon, start=0):
    daemon.wait_ready(MENDED_SECONDS)
    world.send(clicks("a", start))
    world.wait_drained(60)


def keeps_secrets(daemon):
    for text in (daemon.text(), daemon.get("/metrics")[1], daemon.get("/healthz")[1], daemon.ask("status", "--json").stdout):
        assert SECRET not in text and OTHER_SECRET not in text


def refused(world, daemon, *words):
    """Readiness and the log say all of the words, and nothing gets through."""
    def told():
        status, body = daemon.get("/readyz")
        reasons = [line for line in body.splitlines() if line.startswith("kafka:")]
        return status == 503 and any(all(word in line for word in words) for line in reasons)
    wait_until(told, SAID_SECONDS, lambda: f"readiness to say {words}; it says {daemon.get('/readyz')}\n{daemon.tail()}")
    wait_until(lambda: any(all(word in line for word in words) for line in daemon.text().splitlines()), 5,
               lambda: f"the log to say {words}:\n{daemon.tail()}")
    assert daemon.get("/livez")[0] == 200
    keeps_secrets(daemon)


BAD = {
    "expired": ("EXPIRED", "TLS", {}, ("certificate has expired",)),
    "elsewhere": ("ELSEWHERE", "TLS", {}, ("certificate is for another",)),
    "unknown": ("UNKNOWN", "TLS", {}, ("certificate is of an authority that is not", "ssl.ca.location")),
    "bare": ("BARE", "TLS", {}, ("SSL handshake failed",)),
    "tls-where-none-is-asked": ("TLS", "BARE", {"security.protocol": "plaintext"}, ("security.protocol",)),
    "password": ("MISTAKEN", "NAMED", {"security.protocol": "sasl_ssl"}, ("Authentication failed",)),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_wrong_is_named_and_heals(name, make_world, secured, redis):
    behind, mended, changed, words = BAD[name]
    world = prepared(make_world, secured, redis)
    secured.forward.lead(secured.ports[behind])
    daemon = started(world, **changed)
    refused(world, daemon, *words)
    secured.forward.lead(secured.ports[mended])
    works(world, daemon)
    world.judge()
    keeps_secrets(daemon)
    assert daemon.stop() == 0


def test_an_old_protocol_is_refused(make_world, secured, redis):
    world = prepared(make_world, secured, redis)
    with tls_server(free_port(), secured.pems["good"], *OLD) as port:
        secured.forward.lead(port)
        daemon = started(world)
        refused(world, daemon, "TLS is too old")
    secured.forward.lead(secured.ports["TLS"])
    works(world, daemon)
    world.judge()


def test_a_certificate_that_expires_while_it_runs(make_world, secured, redis):
    """Connections that are there stay; new ones fail, that is named, and a new certificate heals it."""
    world = prepared(make_world, secured, redis)
    secured.forward.lead(secured.ports["NAMED"])
    daemon = started(world, **{"security.protocol": "sasl_ssl"})
    works(world, daemon)
    secured.forward.lead(secured.ports["EXPIRED"])
    refused(world, daemon, "certificate has expired")
    secured.forward.lead(secured.ports["NAMED"])
    works(world, daemon, start=10)
    world.judge()
    keeps_secrets(daemon)
    assert daemon.stop() == 0
