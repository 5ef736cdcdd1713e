"""The benchmark of the CLI: what it asks, what it makes of its figures, and a short run with the real program."""

import json
from pathlib import Path

import pytest

import judges
from bench.claude_code import (
    FIRST,
    HAS_ANSWERED,
    NEXT,
    QUICK,
    WAITS,
    WAYS,
    Crowd,
    Plan,
    Results,
    crowd,
    first_token_ms,
    parse,
    render,
    request,
)
from bench.claude_gateway import CROWD, KEPT, NEW, READY, Size, running_gateway
from bench.process import Cores
from bench.subjects import running_upstream
from bench.upstream import take_request
from bench.workload import Stamped, parse_model


def made(ready_ms: float, kept_ms: float) -> Results:
    results = Results()
    for way in WAYS:
        took = {NEW: 600.0, READY: ready_ms, KEPT: kept_ms}[way[0]]
        # A slow moment of the machine is in all of a round, and so in no ratio.
        results.took_ms[way] = [took, took * 10, took]
    results.sizes = {name: [Size(200 * 1024, 130 * 1024)] for name in (WAITS, HAS_ANSWERED)}
    results.crowd = Crowd(20, 9.5, (0.5, 4.0, 9.25), 16, 20)
    return results


def test_ratios_are_those_within_rounds() -> None:
    results = made(150, 45)
    assert results.ratio((READY, FIRST), (NEW, FIRST)) == 0.25
    assert results.missed == ()
    said = render(results)
    assert "started in advance  second message         150    150  1500              0.25" in said
    assert "kept                second message          45     45   450              0.07" in said
    assert "has answered two messages" in said
    assert "20 clients at one moment, at most 4 processes: all answered in 9.5 s" in said
    assert said.endswith("all aims reached")


def test_an_aim_that_is_missed_is_named() -> None:
    results = made(240, 90)
    assert results.missed == (
        "started in advance, first message: 0.40 of a new process instead of 0.33",
        "started in advance, second message: 0.40 of a new process instead of 0.33",
        "kept, second message: 0.15 of a new process instead of 0.10",
    )
    assert "missed: kept, second message" in render(results)


def test_the_simulator_reads_what_is_asked() -> None:
    talk = [{"role": "user", "content": "Hi"}]
    path, body, _ = take_request(request(80, KEPT, talk)) or ("", b"", b"")
    assert path == "/kept/v1/messages"
    assert parse_model(json.loads(body)["model"]) == Stamped(0)
    assert json.loads(body)["messages"] == talk


def test_options_choose_how_often() -> None:
    assert parse([])[0] == Plan()
    assert parse(["--quick"])[0] == QUICK
    assert parse(["--rounds", "2", "--cli", "/opt/claude"]) == (Plan(2), Path("/opt/claude"))
    with pytest.raises(SystemExit):
        parse(["--rounds", "0"])


@pytest.mark.judge
@pytest.mark.slow
async def test_a_kept_process_and_a_small_crowd_are_measured(tmp_path: Path) -> None:
    cli = judges.claude_cli()
    with (
        running_upstream(tmp_path, Cores(None, None, None)) as upstream,
        running_gateway(tmp_path, upstream.port, cli) as gateway,
    ):
        assert await first_token_ms(gateway, (KEPT, NEXT)) > 0
        for provider in (READY, KEPT):
            (size,) = gateway.sizes(provider)
            assert 1024 < size.proportional_kib <= size.resident_kib
        results = await crowd(gateway, 2)
        assert (results.clients, results.started, len(results.first_token_s)) == (2, 2, 2)
        assert (await gateway.crew(CROWD)).died == 0
