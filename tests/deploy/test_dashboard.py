"""The Grafana dashboard asks only for what the bot counts."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from bots.metrics import Metrics, Tally

FILE = Path(__file__).parent.parent.parent / "deploy" / "grafana" / "storycircle.json"
DASHBOARD: dict[str, Any] = json.loads(FILE.read_text("utf-8"))
QUERIES = [target["expr"] for panel in DASHBOARD["panels"] for target in panel.get("targets", [])]


def counted() -> dict[str, set[str]]:
    """Every series that the bot can have, and its labels."""
    found: dict[str, set[str]] = {}
    for collector in Metrics().registry._collector_to_names:
        labels = set(collector.labels if isinstance(collector, Tally) else getattr(collector, "_labelnames", ()))
        for metric in collector.describe():  # type: ignore[attr-defined]
            endings = {"counter": ["_total"], "histogram": ["_bucket", "_sum", "_count"]}.get(metric.type, [""])
            more = {"le"} if metric.type == "histogram" else {metric.name} if metric.type == "stateset" else set()
            found |= {f"{metric.name}{ending}": labels | more for ending in endings}
    return found


@pytest.mark.parametrize("query", QUERIES)
def test_every_metric_of_a_query_is_counted_with_the_labels_by_which_it_is_grouped(query: str) -> None:
    series = re.findall(r"(storycircle_\w+)\{([^}]*)\}", query)
    assert series
    for name, chosen in series:
        assert name in counted(), name
        assert set(re.findall(r"(\w+)[=!]", chosen)) <= counted()[name] | {"instance"}, query
    for grouped, name in re.findall(r"by \(([\w, ]+)\) \((?:rate\()?(storycircle_\w+)\{", query):
        assert {each.strip() for each in grouped.split(",")} <= counted()[name] | {"instance"}, query


def test_nothing_else_in_the_file_names_what_is_not_counted() -> None:
    assert set(re.findall(r"\bstorycircle_\w+", FILE.read_text("utf-8"))) <= set(counted())


def test_everything_that_is_counted_is_on_the_dashboard() -> None:
    shown = " ".join(QUERIES)
    bases = {re.sub(r"_(total|bucket|sum|count)$", "", name) for name in counted()}
    assert not {name for name in bases if name not in shown}


def test_panels_have_ids_of_their_own_and_do_not_overlap() -> None:
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(ids) == len(set(ids))
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & taken, panel["title"]
        assert at["x"] + at["w"] <= 24
        taken |= cells
