"""What is said of a batch while it runs, and at its end."""

import io

import pytest
from rich.console import Console

from isthmus.batch.journal import Sums
from isthmus.cli.batch_progress import EVERY_S, figures, shown, summary
from isthmus.cli.batch_run import Course

DOLLAR = 10**9


def course(done: int, failed: int = 0, before: int = 0, waiting: int = 0) -> Course:
    return Course(100, done, failed, 0.0, before, waiting=waiting)


class Clock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def test_without_a_terminal_a_line_now_and_then() -> None:
    out, clock = io.StringIO(), Clock()
    with shown(Console(file=out, width=200), Sums(nano_usd=DOLLAR // 4), clock) as show:
        for second in range(1, 25):
            clock.now_s = float(second)
            show(course(second, failed=2, waiting=3))
    assert out.getvalue().splitlines() == [
        "10 of 100 lines, 2 failed, 3 told to wait, $0.2500, about 0:01:30 left",
        "20 of 100 lines, 2 failed, 3 told to wait, $0.2500, about 0:01:20 left",
    ]
    assert EVERY_S == 10.0


def test_time_left_is_not_guessed_from_earlier_runs() -> None:
    out, clock = io.StringIO(), Clock()
    with shown(Console(file=out, width=200), Sums(), clock) as show:
        clock.now_s = 10.0
        show(course(60, before=50))
    assert out.getvalue() == "60 of 100 lines, about 0:00:40 left\n"


def test_a_terminal_has_a_bar() -> None:
    out, clock = io.StringIO(), Clock()
    with shown(Console(file=out, width=120, force_terminal=True), Sums(), clock) as show:
        clock.now_s = 10.0
        show(course(50, failed=1))
    assert "50/100" in out.getvalue() and "1 failed, about 0:00:10 left" in out.getvalue()


@pytest.mark.parametrize(
    ("sums", "says"),
    [
        (Sums(), ["retries: 0"]),
        (Sums(input_tokens=7, output_tokens=3, nano_usd=DOLLAR), ["7 in, 3 out (measured)", "$1.000000 by"]),
        (
            Sums(input_tokens=7, output_tokens=3, estimated_tokens=10, unpriced=1),
            ["(estimated)", "cost: unknown"],
        ),
        (
            Sums(input_tokens=7, output_tokens=3, estimated_tokens=3, nano_usd=1, unpriced=2, retries=4),
            ["3 of them estimated", "and 2 answers that nobody knows the price of", "retries: 4"],
        ),
    ],
)
def test_the_sum_at_the_end(sums: Sums, says: list[str]) -> None:
    text = summary(course(100, failed=5), sums, 83.0)
    assert text.startswith("100 of 100 lines have a result: 95 succeeded, 5 failed\n")
    assert text.endswith("this run took 0:01:23")
    assert all(said in text for said in says), text
    assert ("tokens" in text) == bool(sums.input_tokens)


def test_the_sum_says_what_this_run_did() -> None:
    assert "(40 in this run)" in summary(course(90, before=50), Sums(), 1.0)


def test_figures_for_a_program() -> None:
    said = figures(course(90, failed=5, before=50), Sums(1, 2, 3, 4, 5, DOLLAR, 6), 1.5)
    assert said == {
        "lines": 100,
        "finished": 90,
        "finished_in_this_run": 40,
        "succeeded": 85,
        "failed": 5,
        "input_tokens": 3,
        "output_tokens": 4,
        "estimated_tokens": 5,
        "cost_usd": 1.0,
        "without_price": 6,
        "retries": 1,
        "took_s": 1.5,
    }
