"""Clients of the HTTP port that mean ill, or that are only broken: they get little, and nobody else gets less."""
import json
import os
import resource
import socket
import time
from contextlib import ExitStack

import pytest

from waiting import wait_until

RULES = [{"name": "seen", "when": "count(click[1h]) >= 2"}]
NOW = 1_700_000_000_000
STAY_SECONDS = 5  # what a connection has in all; the daemon looks four times a second
SLACK_SECONDS = 3
IDLE = 1000
HOST = b"Host: here\r\n"


def clicks(user, start=0):
    return [json.dumps({"user": user, "type": "click", "ts": NOW + start + i}) for i in range(2)]


@pytest.fixture
def daemon(world):
    world.write_rules(RULES)
    world.create_input(2)
    return world.daemon().start()


def connect(daemon, seconds=20):
    return socket.create_connection(("127.0.0.1", daemon.port), timeout=seconds)


def answer(connection):
    """All that comes until the daemon closes; a reset ends it as well."""
    got = b""
    try:
        while part := connection.recv(65536):
            got += part
    except ConnectionResetError:
        pass
    return got


def ask(daemon, request, half_close=False):
    with connect(daemon) as connection:
        try:
            connection.sendall(request)
        except (BrokenPipeError, ConnectionResetError):
            pass  # it had enough before we had said all
        if half_close:
            connection.shutdown(socket.SHUT_WR)
        return answer(connection)


def status(got):
    """0 where it closed without a word."""
    return int(got.split(b" ", 2)[1]) if got else 0


def answers_soon(daemon):
    begun = time.monotonic()
    assert daemon.get("/livez") == (200, "ok\n")
    took = time.monotonic() - begun
    assert took < 2, f"/livez took {took:.1f} s"


def descriptors(daemon):
    """Of sockets: the others come and go with files that are read."""
    folder = f"/proc/{daemon.process.pid}/fd"
    links = []
    for name in os.listdir(folder):
        try:
            links.append(os.readlink(f"{folder}/{name}"))
        except FileNotFoundError:
            pass
    return sum(link.startswith("socket:") for link in links)


def connections(daemon):
    """Established ones at the daemon's end of its port."""
    with open("/proc/net/tcp") as table:
        rows = [row.split() for row in table.readlines()[1:]]
    return sum(row[1].endswith(f":{daemon.port:04X}") and row[3] in ("01", "08") and row[9] != "0" for row in rows)


def gone(daemon):
    """Nobody is connected any more, and no descriptor is left of those who were."""
    wait_until(lambda: connections(daemon) == 0, STAY_SECONDS + SLACK_SECONDS, lambda: f"{connections(daemon)} connections to end")


REQUESTS = {  # what is said, and how it may be answered; 0: closed without a word
    "plain": (b"GET /livez HTTP/1.1\r\n" + HOST + b"\r\n", {200}),
    "an old client": (b"GET /livez HTTP/1.0\r\n\r\n", {200}),
    "the host in front": (b"GET http://here:9464/livez HTTP/1.1\r\n" + HOST + b"\r\n", {200}),
    "a query": (b"GET /livez?a=b HTTP/1.1\r\n" + HOST + b"\r\n", {200}),
    "a head only": (b"HEAD /livez HTTP/1.1\r\n" + HOST + b"\r\n", {200}),
    "lines without CR": (b"GET /livez HTTP/1.1\nHost: here\n\n", {200, 400, 0}),
    "no host": (b"GET /livez HTTP/1.1\r\n\r\n", {400}),
    "only a host in front": (b"GET http://here HTTP/1.1\r\n" + HOST + b"\r\n", {404}),
    "another scheme": (b"GET ftp://here/livez HTTP/1.1\r\n" + HOST + b"\r\n", {404}),
    "%00": (b"GET /livez%00 HTTP/1.1\r\n" + HOST + b"\r\n", {404}),
    "%00 and more": (b"GET /livez%00/../metrics HTTP/1.1\r\n" + HOST + b"\r\n", {404}),
    "up and out": (b"GET /../../etc/passwd HTTP/1.1\r\n" + HOST + b"\r\n", {404}),
    "a zero byte in the path": (b"GET /no\0thing HTTP/1.1\r\n" + HOST + b"\r\n", {400, 404, 0}),
    "a zero byte in a header": (b"GET /livez HTTP/1.1\r\nX: a\0b\r\n" + HOST + b"\r\n", {200, 400, 0}),
    "zero bytes": (b"\0" * 400, {400, 0}),
    "a post": (b"POST /metrics HTTP/1.1\r\n" + HOST + b"Content-Length: 4\r\n\r\nbody", {405}),
    "a post without its body": (b"POST /metrics HTTP/1.1\r\n" + HOST + b"Content-Length: 99999999\r\n\r\n", {405}),
    "a post in chunks": (b"POST /metrics HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n", {405, 400}),
    "a put": (b"PUT /metrics HTTP/1.1\r\n" + HOST + b"Content-Length: 0\r\n\r\n", {405}),
    "options": (b"OPTIONS * HTTP/1.1\r\n" + HOST + b"\r\n", {405}),
    "a tunnel": (b"CONNECT 127.0.0.1:22 HTTP/1.1\r\n" + HOST + b"\r\n", {405}),
    "a method of its own": (b"GETGETGET /livez HTTP/1.1\r\n" + HOST + b"\r\n", {405}),
    "small letters": (b"get /livez HTTP/1.1\r\n" + HOST + b"\r\n", {405, 400}),
    "a length below zero": (b"GET /livez HTTP/1.1\r\n" + HOST + b"Content-Length: -1\r\n\r\n", {200, 400, 0}),
    "a huge length": (b"GET /livez HTTP/1.1\r\n" + HOST + b"Content-Length: " + b"9" * 40 + b"\r\n\r\n", {400, 413, 0}),
    "no version": (b"GET /livez\r\n\r\n", {400, 505, 0}),
    "another version": (b"GET /livez HTTP/9.9\r\n" + HOST + b"\r\n", {400, 505, 0}),
    "the second of HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", {400, 405, 505, 0}),
    "a greeting of TLS": (bytes.fromhex("16030100c8010000c40303") + b"\x11" * 200, {400, 0}),
    "a huge path": (b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n", {400, 404, 414, 431, 0}),
    "a huge header": (b"GET /livez HTTP/1.1\r\n" + HOST + b"X: " + b"a" * 200_000 + b"\r\n\r\n", {400, 413, 431, 0}),
    "many headers": (b"GET /livez HTTP/1.1\r\n" + HOST + b"X: a\r\n" * 50_000 + b"\r\n", {400, 413, 431, 0}),
    "a head without end": (b"X: a\r\n" * 100_000, {400, 413, 431, 0}),
    "an upgrade": (b"GET /livez HTTP/1.1\r\n" + HOST + b"Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n", {200}),
    "expecting": (b"GET /livez HTTP/1.1\r\n" + HOST + b"Expect: 100-continue\r\n\r\n", {200, 417}),
}


def test_bad_requests_get_short_answers(daemon):
    before = descriptors(daemon)
    for name, (request, expected) in REQUESTS.items():
        got = ask(daemon, request)
        assert status(got) in expected, f"{name}: {got[:200]}"
        assert len(got) < 2000, f"{name}: {len(got)} bytes"
        assert b"\r\n\r\nok" not in got or not request.startswith(b"HEAD"), name
        answers_soon(daemon)
    gone(daemon)
    wait_until(lambda: descriptors(daemon) <= before, 10, lambda: f"{descriptors(daemon)} sockets to be {before} again")
    answers_soon(daemon)


def test_a_connection_has_one_answer(daemon):
    one = b"GET /livez HTTP/1.1\r\n" + HOST + b"\r\n"
    for many in (2, 1000):
        got = ask(daemon, one * many)
        assert got.count(b"HTTP/1.1 ") == 1 and b"\r\nConnection: close\r\n" in got, got[:300]


def test_a_client_that_has_said_all_is_answered(daemon):
    """It closes its half; whoever closes before the end of the head gets nothing."""
    assert status(ask(daemon, b"GET /livez HTTP/1.1\r\n" + HOST + b"\r\n", half_close=True)) == 200
    begun = time.monotonic()
    assert status(ask(daemon, b"GET /livez HTTP/1.1\r\n", half_close=True)) != 200
    assert status(ask(daemon, b"", half_close=True)) == 0
    assert time.monotonic() - begun < 2 * (STAY_SECONDS + SLACK_SECONDS)


def test_health_is_json_for_programs(daemon):
    code, body = daemon.get("/healthz")
    health = json.loads(body)
    assert code == 200 and health.pop("version")
    assert health == {"instance": "one", "ready": True, "live": True, "reasons": [], "stalls": []}
    assert daemon.ask("pause", "0").returncode == 0
    wait_until(lambda: daemon.get("/healthz")[0] == 503, 5, "the pause to show")
    health = json.loads(daemon.get("/healthz")[1])
    assert (health["ready"], health["live"]) == (False, True)
    assert health["reasons"] == [{"of": "partition 0", "reason": "paused by an operator"}]
    assert daemon.ask("resume").returncode == 0
    wait_until(lambda: daemon.get("/healthz")[0] == 200, 5, "the resume to show")


def test_who_speaks_slowly_is_sent_away(daemon):
    """A byte now and then is never silence, so there is a limit in all; and others get their answers meanwhile."""
    head = b"GET /livez HTTP/1.1\r\nX: " + b"a" * 4000
    with ExitStack() as stack:
        slow = {stack.enter_context(connect(daemon)): time.monotonic() for _ in range(100)}
        ends = []
        for at in range(len(head)):
            for connection in list(slow):
                try:
                    connection.sendall(head[at:at + 1])
                    connection.setblocking(False)
                    try:
                        assert connection.recv(100) == b""
                        raise ConnectionResetError
                    except BlockingIOError:
                        connection.setblocking(True)
                except (BrokenPipeError, ConnectionResetError):
                    ends.append(time.monotonic() - slow.pop(connection))
            if not slow:
                break
            answers_soon(daemon)
            time.sleep(0.2)  # what a slow client does
        assert not slow, f"{len(slow)} of them are still there"
    assert max(ends) < STAY_SECONDS + SLACK_SECONDS, max(ends)
    gone(daemon)


def test_who_reads_slowly_is_sent_away(daemon):
    with ExitStack() as stack:
        for _ in range(80):
            connection = stack.enter_context(socket.socket())
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            connection.connect(("127.0.0.1", daemon.port))
            connection.sendall(b"GET /metrics HTTP/1.1\r\n" + HOST + b"\r\n")
        answers_soon(daemon)
        gone(daemon)


@pytest.fixture
def many_descriptors():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard if hard != resource.RLIM_INFINITY else 65536, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_thousand_idle_connections_change_nothing(daemon, world, many_descriptors):
    before = descriptors(daemon)
    with ExitStack() as stack:
        for i in range(IDLE):
            stack.enter_context(connect(daemon))
            if i % 50 == 0:
                world.send(clicks(f"u{i % 200}", i))
        world.wait_drained(60)
        answers_soon(daemon)
        assert daemon.get("/readyz") == (200, "ok\n")
        assert connections(daemon) <= 64
    gone(daemon)
    wait_until(lambda: descriptors(daemon) <= before, 10, lambda: f"{descriptors(daemon)} sockets to be {before} again")
    world.judge()
    assert daemon.stop() == 0
