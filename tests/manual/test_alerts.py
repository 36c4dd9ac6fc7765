"""Alerts and panels name metrics that there are, and each alert is shown to fire and to keep quiet."""
import json
import re
import subprocess
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parent.parent.parent
ALERTS = TOP / "config/alerts/footprint.yaml"
TESTS = TOP / "config/alerts/footprint_test.yaml"
DASHBOARD = TOP / "config/dashboards/footprint.json"
TABLE = TOP / "pipeline/counters/counters.def"
LABELS = {  # what each kind of row has beside what Prometheus adds
    "REASONS": {"reason"}, "SEGMENT_GAUGE": {"segment"}, "SEGMENT_COUNTER": {"segment"},
    "PARTITION_STATE": {"partition", "state"}, "PARTITION_GAUGE": {"partition"}, "PARTITION_SECONDS": {"partition"},
    "PARTITION_INSTANT": {"partition"}, "PROCESS_INFO": {"version", "compiler", "instance_name", "rules", "state"},
}
ADDED = {"job", "instance", "le"}


def table():
    """Series name -> its labels, for each row of the table; a histogram has three series."""
    series = {}
    for kind, name in re.findall(r'^([A-Z_]+)\(\w+, "(footprint_\w+)"', TABLE.read_text(), flags=re.M):
        for end in ("_bucket", "_sum", "_count") if kind == "HISTOGRAM" else ("",):
            series[name + end] = LABELS.get(kind, set()) | ADDED
    return series


SERIES = table()


def alerts():
    return dict(re.findall(r"^      - alert: (\w+)\n        expr: '(.*)'$", ALERTS.read_text(), flags=re.M))


def panels():
    for panel in json.loads(DASHBOARD.read_text())["panels"]:
        for target in panel.get("targets", []):
            yield f"{panel['title']} {target['refId']}", target["expr"]


def strangers(expression):
    """Metrics that there are not, and labels that none of the expression's metrics has."""
    names = set(re.findall(r"\b(footprint_\w+)(?=[{\[)\s]|$)", expression))
    labels = set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)\s*\"", expression))
    for inside in re.findall(r"\bby \(([^)]*)\)", expression):
        labels |= {label.strip() for label in inside.split(",")}
    known = ADDED.union(*(SERIES.get(name, set()) for name in names))
    return {name for name in names if name not in SERIES} | (labels - known)


EXPRESSIONS = [*alerts().items(), *panels()]


def test_the_table_is_read():
    assert len(SERIES) > 50 and "footprint_delay_seconds_bucket" in SERIES and "footprint_delay_seconds" not in SERIES


@pytest.mark.parametrize("name, expression", EXPRESSIONS, ids=[name for name, _ in EXPRESSIONS])
def test_it_names_what_there_is(name, expression):
    assert strangers(expression) == set()


@pytest.mark.parametrize("expression, found", [
    ("sum(rate(footprint_event_total[5m]))", {"footprint_event_total"}),
    ("footprint_delay_seconds > 5", {"footprint_delay_seconds"}),
    ("sum by (segment) (footprint_partition_lag_messages)", {"segment"}),
    ('footprint_ready{partition="3"} == 0', {"partition"}),
])
def test_a_stranger_is_found(expression, found):
    assert strangers(expression) == found


def test_there_are_enough_and_each_is_shown_both_ways():
    cases = re.findall(r"^  - name: (.*)$", TESTS.read_text(), flags=re.M)
    assert len(alerts()) >= 12
    assert sorted(cases) == sorted(f"{name} {what}" for name in alerts() for what in ("fires", "does not fire"))
    assert TESTS.read_text().count("exp_alerts: []") == len(alerts())


def test_promtool_agrees():
    for command in (["check", "rules", ALERTS], ["test", "rules", TESTS]):
        done = subprocess.run(["promtool", *command], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_every_panel_has_its_place():
    seen = set()
    for panel in json.loads(DASHBOARD.read_text())["panels"]:
        place = panel["gridPos"]
        cells = {(x, y) for x in range(place["x"], place["x"] + place["w"]) for y in range(place["y"], place["y"] + place["h"])}
        assert not cells & seen and place["x"] + place["w"] <= 24, panel["title"]
        seen |= cells
