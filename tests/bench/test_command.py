"""The command line, and a whole run with nothing under test but the upstream."""

from pathlib import Path

import pytest

from bench.__main__ import parse_order
from bench.plan import DEFAULT, QUICK, Plan
from bench.report import as_json, render
from bench.run import SUBJECTS, Order, carry_out
from bench.workload import DEFAULT_LANES

TINY = Plan(
    rounds=2,
    plain_requests=4,
    connections=2,
    short_requests=2,
    long_requests=2,
    paced_streams=2,
    paced_s=0.2,
    first_token_alone=2,
    together=2,
    first_token_rounds=1,
    volleys=1,
    model_delay_ms=5,
    settle_s=0.01,
)


def test_an_earlier_commit_is_measured_when_asked_for() -> None:
    assert parse_order(["--before", "v1"])[0].before == "v1"


def test_without_options_all_is_measured() -> None:
    assert parse_order([]) == (Order(DEFAULT, SUBJECTS, DEFAULT_LANES, 0), None)


def test_options_choose_less() -> None:
    order, file = parse_order(
        ["--quick", "--rounds", "2", "--subjects", "direct,nginx", "--lanes", "raw-chat", "--json", "f"]
    )
    assert order.subjects == ("nginx", "direct")
    assert order.lanes == ("raw-chat",)
    assert (order.plan.rounds, order.plan.paced_s) == (2, QUICK.paced_s)
    assert file == Path("f")


@pytest.mark.parametrize(("arguments", "requests"), [(["--soak"], 100_000), (["--soak", "500"], 500)])
def test_a_soak_has_a_length(arguments: list[str], requests: int) -> None:
    assert parse_order(arguments)[0].soak_requests == requests


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--subjects", "apache"], "unknown name 'apache': pick from isthmus, isthmus-bare, nginx, direct"),
        (["--lanes", "raw"], "unknown name 'raw'"),
        (["--rounds", "0"], "must be at least 1"),
        (["--soak", "3"], "at least 10 requests"),
    ],
)
def test_a_wrong_option_says_what_would_be_right(
    arguments: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        parse_order(arguments)
    assert complaint in capsys.readouterr().err


async def test_a_run_measures_what_is_there_and_says_what_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    # A busy machine, or a window of a few events, is no failure of the harness.
    monkeypatch.setattr("bench.measure.PACED_AT_LEAST", 0.0)
    monkeypatch.setattr("bench.measure.PACED_AT_MOST", 1000.0)
    monkeypatch.setattr("bench.subjects.shutil.which", lambda name: None)
    results = await carry_out(Order(TINY, ("nginx", "direct"), ("translated", "raw-chat")))
    assert {row: len(samples) for row, samples in results.rounds.items()} == {("direct", "raw-chat"): 2}
    assert results.memory == {}
    assert "nginx was skipped: nginx is not on PATH" in render(results)
    assert as_json(results)["notes"] == results.notes
