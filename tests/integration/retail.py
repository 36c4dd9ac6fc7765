"""Events of a real shop where they are at hand, else simulated ones, and rules that find something in them."""
import gzip
import json
import os
from pathlib import Path

from daemon import ctl
from servers import TOP

REAL = Path(os.environ.get("FOOTPRINT_DATA", TOP.parent / "shared" / "data")) / "online-retail.ndjson.gz"

SEGMENTS = [
    {"name": "regular", "when": "count(purchase[14d]) >= 20", "attach": {"country": "last(purchase.country[14d])"}},
    {"name": "big_spender", "when": "sum(purchase.value{value>=0}[7d]) >= 500", "keep": "6h",
     "attach": {"spent": "sum(purchase.value{value>=0}[7d])", "item": "last(purchase.item[7d])"}},
    {"name": "net_buyer", "when": "sum(*.value[10d]) > 300 and avg(purchase.price[10d]) >= 2"},
    {"name": "returner", "when": "any(return[10d]) and count(purchase[20d]) >= 1", "keep": "1d"},
    {"name": "silent", "when": "none(purchase[5d]) and age(purchase) >= 7d", "attach": {"first": "first(purchase.item[ever])"}},
    {"name": "lapsing", "when": "since(purchase) >= 4d and count(purchase[30d]) >= 5", "for": "12h"},
    {"name": "bargain", "when": "any(purchase{country=\"United Kingdom\", price<1}[3d])", "cooldown": "2d"},
    {"name": "price_spread", "when": "max(purchase.price[20d]) > 10 and min(purchase.price[20d]) < 1"},
    {"name": "collector", "when": "distinct(purchase.item[14d]) >= 15", "attach": {"favourite": "top(purchase.item[14d])"}},
    {"name": "repeat_buyer", "when": "repeats(purchase.item[30d]) >= 3", "for": "1h"},
    {"name": "warm", "when": "decay(purchase.value[3d]) >= 250"},
    {"name": "bulk_share", "when": "share(purchase, {quantity>=12} [15d]) >= 0.5 and count(purchase[15d]) >= 10"},
    {"name": "bought_and_returned", "when": "seq(purchase, return within 10d by item)[20d]"},
    {"name": "not_reordered", "when": "unanswered(purchase{quantity>=24}, purchase, 7d by item)[20d]"},
    {"name": "chosen_spender", "when": "member(big_spender) and bucket(\"vip\") < 50 and not member(returner)"},
]


def real_lines():
    with gzip.open(REAL, "rt", encoding="utf-8") as file:
        return file.read().splitlines()


def simulated_lines():
    """The simulated shop in the place of the real one: every fourth event has lost its user."""
    done = ctl("generate", "--users", 1500, "--events", 60000, "--seed", 7, "--start", "2011-02-01T00:00:00Z")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    for number in range(0, len(lines), 4):
        event = json.loads(lines[number])
        event["user"] = None
        lines[number] = json.dumps(event)
    return lines


def lines():
    return real_lines() if REAL.exists() else simulated_lines()


def has_user(line):
    return json.loads(line)["user"] is not None
