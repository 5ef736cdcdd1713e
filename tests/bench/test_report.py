"""From rounds to results, on invented rounds: which is compared with which, and how it is printed."""

import json

import pytest

from bench.measure import Sample
from bench.memory import OpenStreams, Soak
from bench.report import (
    Results,
    added_ms,
    align,
    as_json,
    median_of,
    ratio_to,
    ratio_to_gateway,
    render,
    render_own,
)


def sample(plain_us: float, alone_ms: float = 1.0) -> Sample:
    return Sample(plain_us, 50.0, 4.0, 20.0, alone_ms, 1.0, 1.0)


@pytest.fixture
def results() -> Results:
    return Results(
        rounds={
            ("isthmus", "translated"): [sample(300, 1.5), sample(900, 9.5), sample(350, 1.7)],
            ("nginx", "raw-chat"): [sample(30), sample(90), sample(50)],
            ("nginx", "raw-messages"): [sample(1), sample(1), sample(1)],
            ("direct", "raw-chat"): [sample(15, 0.5), sample(15, 8.0), sample(15, 0.6)],
        },
        memory={("isthmus", "translated"): OpenStreams({0: 50_000, 100: 54_000, 1000: 90_000})},
        soaks={"isthmus": Soak({0: 50_000, 20: 51_000, 100: 60_000})},
        notes=["only one core"],
    )


def test_ratios_are_taken_within_a_round_and_against_the_same_upstream_work(results: Results) -> None:
    row = ("isthmus", "translated")
    assert median_of(results, row, "plain_us") == 350
    assert ratio_to(results, row, "nginx", "plain_us") == 10.0  # of 10, 10 and 7; not 350 / 50
    assert ratio_to(results, ("nginx", "raw-chat"), "nginx", "plain_us") is None
    assert ratio_to(results, ("nginx", "raw-messages"), "direct", "plain_us") is None


def test_added_is_the_difference_to_direct_within_a_round(results: Results) -> None:
    assert added_ms(results, ("isthmus", "translated"), "alone_ms") == pytest.approx(1.1)
    assert added_ms(results, ("direct", "raw-chat"), "alone_ms") is None
    assert added_ms(results, ("nginx", "raw-messages"), "alone_ms") is None


def test_gateways_are_compared_on_the_same_lane() -> None:
    rows = {
        ("isthmus", "translated"): [sample(120), sample(90), sample(110)],
        ("isthmus-before", "translated"): [sample(100), sample(90), sample(100)],
        ("isthmus-before", "raw-chat"): [sample(1), sample(1), sample(1)],
    }
    results = Results(rounds=rows)
    assert ratio_to_gateway(results, "translated", "isthmus-before", "plain_us") == 1.1
    assert ratio_to_gateway(results, "translated", "isthmus-bare", "plain_us") is None
    own = render_own(results).splitlines()
    assert [line.split()[:3] for line in own[1:-1]] == [["isthmus-before", "translated", "1.10x"]]
    assert render_own(Results(rounds={("direct", "raw-chat"): [sample(1)]})) == ""


def test_a_figure_of_nothing_has_no_ratio() -> None:
    rounds = {("isthmus", "raw-chat"): [sample(5)], ("nginx", "raw-chat"): [sample(0)]}
    assert ratio_to(Results(rounds=rounds), ("isthmus", "raw-chat"), "nginx", "plain_us") is None


def test_the_tables_show_every_row(results: Results) -> None:
    text = render(results)
    lines = {line.split("  ")[0]: line for line in text.splitlines()}
    assert "350.0 (10.0x)" in text
    assert "+1.10" in text
    assert "40.0" in lines["isthmus"]  # KiB per stream, in the last table
    assert "growth after the first fifth: 9000 KiB: NOT FLAT" in text
    assert text.endswith("only one core")


def test_columns_are_aligned() -> None:
    assert align([["a", "lane", "x"], ["long", "b", "1.25"]]) == "a     lane     x\nlong  b     1.25"


def test_json_keeps_every_round(results: Results) -> None:
    told = json.loads(json.dumps(as_json(results)))
    assert [len(row["rounds"]) for row in told["rows"]] == [3, 3, 3, 3]
    assert told["rows"][0]["times_nginx"]["plain_us"] == 10.0
    assert told["memory"][0]["pss_kib"] == {"0": 50_000, "100": 54_000, "1000": 90_000}
    assert told["soak"][0]["flat"] is False
