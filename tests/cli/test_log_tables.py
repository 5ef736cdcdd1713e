"""Lines and tables tell people what happened, and nothing to their terminal."""

import io

from rich.console import Console

from isthmus.cli.log_tables import figures_table, log_line
from isthmus.control.statistics import Figures, Group, Latency, Report
from log_rows import log_row

FIGURES = Figures(
    8,
    7,
    1,
    0,
    0.875,
    0.5,
    12.5,
    100,
    20,
    3,
    45,
    0,
    0,
    1_500_000_000,
    Latency(950, 1900, None),
    Latency(300, None, None),
)


def shown(report: Report) -> list[list[str]]:
    out = io.StringIO()
    Console(file=out, width=200).print(figures_table(report))
    return [line.split() for line in out.getvalue().splitlines()]


def test_tokens_that_were_not_measured_have_a_tilde() -> None:
    half = log_row(1, input_tokens=7, output_tokens=34, output_estimated=True)
    assert "  7 → ~34 tokens" in log_line(half).plain
    guessed = log_row(2, input_tokens=7, output_tokens=34, input_estimated=True, output_estimated=True)
    assert "  ~7 → ~34 tokens" in log_line(guessed).plain


def test_a_line_tells_how_it_went() -> None:
    line = log_line(log_row(1, key_id="key_1", input_tokens=1200, output_tokens=34, first_token_ms=250)).plain
    for part in (
        "2026-09-21T14:13:21Z",
        "200",
        "1.20 s",
        "main/claude",
        "1,200 → 34 tokens",
        "key key_1",
        "req_1",
    ):
        assert part in line
    failed = log_line(
        log_row(2, status=529, error="overloaded", error_text="come\nback", model_used="gpt")
    ).plain
    assert "main/claude → gpt" in failed
    assert "overloaded: come back" in failed
    assert "attempts" not in line
    assert "credits" not in line
    assert (
        "main/claude  messages/count_tokens" in log_line(log_row(5, endpoint="messages/count_tokens")).plain
    )
    assert "  messages" not in log_line(log_row(6, endpoint="messages")).plain
    assert "0.1547 credits" in log_line(log_row(4, micro_credits=154_700)).plain
    assert "3 attempts" in log_line(log_row(3, attempts=3)).plain


def test_a_line_is_one_line_and_no_order_to_the_terminal() -> None:
    line = log_line(log_row(1, model_asked="a\x1b[2Jb\n", error="x", error_text="\x9b\u2028[red]")).plain
    assert line.isprintable()
    assert "[red]" in line


def test_the_table_has_a_total() -> None:
    [head, *rows] = shown(Report(0, 1, FIGURES, [Group(None, "claude", FIGURES), Group(None, None, FIGURES)]))
    assert head[:3] == ["Name", "Requests", "Good"]
    assert [row[0] for row in rows if row] == ["claude", "(none)", "All"]
    assert "87.5%" in rows[0]
    timed = shown(Report(0, 1, FIGURES, [Group(0, "claude", FIGURES)]))
    assert timed[1][:2] == ["1970-01-01T00:00:00Z", "claude"]
    assert [row[0] for row in shown(Report(0, 1, FIGURES, [])) if row] == ["Requests", "All"]
