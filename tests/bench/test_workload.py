"""Requests and model names: what the client writes is what the simulator reads."""

import json

import pytest

from bench.upstream import take_request
from bench.workload import (
    LANES,
    Behaviour,
    Burst,
    Dialect,
    Paced,
    Plain,
    Silent,
    Stamped,
    parse_model,
    render_model,
    render_request,
)

BEHAVIOURS: list[Behaviour] = [Plain(), Burst(7), Paced(), Silent(), Stamped(0), Stamped(60)]


@pytest.mark.parametrize("behaviour", BEHAVIOURS, ids=render_model)
def test_a_model_name_says_the_behaviour_and_is_understood(behaviour: Behaviour) -> None:
    assert parse_model(render_model(behaviour)) == behaviour


@pytest.mark.parametrize(
    "name", ["gpt-4o", "bench", "bench-burst", "bench-burst-x", "bench-burst--3", "bench-plain-1"]
)
def test_a_foreign_model_name_is_none(name: str) -> None:
    assert parse_model(name) is None


@pytest.mark.parametrize("dialect", Dialect)
@pytest.mark.parametrize("behaviour", BEHAVIOURS, ids=render_model)
def test_the_simulator_reads_what_the_client_writes(dialect: Dialect, behaviour: Behaviour) -> None:
    path, body, rest = take_request(render_request(dialect, "/p", 80, behaviour) + b"next") or ("", b"", b"")
    asked = json.loads(body)
    assert (path, rest) == ("/p", b"next")
    assert asked["model"] == render_model(behaviour)
    assert asked.get("stream", False) is not isinstance(behaviour, Plain)
    assert asked["messages"][0]["role"] == ("system" if dialect is Dialect.CHAT else "user")


def test_every_lane_is_compared_with_the_raw_lane_that_asks_the_upstream_the_same() -> None:
    for lane in LANES.values():
        baseline = LANES[lane.baseline]
        assert baseline.is_raw
        assert baseline.upstream is lane.upstream
