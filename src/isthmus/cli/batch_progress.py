"""What is shown of a batch: a bar on a terminal, now and then a line elsewhere, and the sum at the end."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from isthmus.batch.journal import Sums
from isthmus.cli.batch_run import NANO, Course

EVERY_S: Final = 10.0
"""Between two lines where there is no terminal."""

Show = Callable[[Course], None]


@contextmanager
def shown(console: Console, sums: Sums, clock: Callable[[], float] = time.monotonic) -> Iterator[Show]:
    """What to call when a line has ended."""
    if console.is_terminal:
        with _Bar(console, sums, clock) as show:
            yield show
    else:
        yield _Lines(console, sums, clock)


class _Bar:
    def __init__(self, console: Console, sums: Sums, clock: Callable[[], float]) -> None:
        self._sums = sums
        self._clock = clock
        self._progress = Progress(
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[said]}"),
            TimeElapsedColumn(),
            console=console,
        )
        self._task = self._progress.add_task("", total=None, said="")

    def __enter__(self) -> Show:
        self._progress.start()
        return self._show

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def _show(self, course: Course) -> None:
        said = _said(course, self._sums, self._clock())
        self._progress.update(self._task, total=course.total, completed=course.done, said=said)


class _Lines:
    def __init__(self, console: Console, sums: Sums, clock: Callable[[], float]) -> None:
        self._console = console
        self._sums = sums
        self._clock = clock
        self._said_s = clock()

    def __call__(self, course: Course) -> None:
        now_s = self._clock()
        if now_s - self._said_s >= EVERY_S:
            self._said_s = now_s
            said = _said(course, self._sums, now_s)
            self._console.print(f"{course.done} of {course.total} lines{said and ', '}{said}")


def _said(course: Course, sums: Sums, now_s: float) -> str:
    left_s = course.seconds_left(now_s)
    parts = [
        f"{course.failed} failed" if course.failed else "",
        f"{course.waiting} told to wait" if course.waiting else "",
        f"${sums.nano_usd / NANO:.4f}" if sums.nano_usd else "",
        "" if left_s is None or course.done >= course.total else f"about {_span(left_s)} left",
    ]
    return ", ".join(part for part in parts if part)


def summary(course: Course, sums: Sums, took_s: float) -> str:
    """For a person. Lines and costs of the whole batch, earlier runs included."""
    lines = [
        f"{course.done} of {course.total} lines have a result: {course.done - course.failed} succeeded, {course.failed} failed"
        + (f" ({course.done_now} in this run)" if course.done_before else "")
    ]
    if sums.input_tokens or sums.output_tokens:
        lines.append(f"tokens: {sums.input_tokens} in, {sums.output_tokens} out ({_trust(sums)})")
        lines.append(f"cost: {_cost(sums)}")
    lines.append(f"retries: {sums.retries}; this run took {_span(took_s)}")
    return "\n".join(lines)


def figures(course: Course, sums: Sums, took_s: float) -> dict[str, Any]:
    """The same for a program."""
    return {
        "lines": course.total,
        "finished": course.done,
        "finished_in_this_run": course.done_now,
        "succeeded": course.done - course.failed,
        "failed": course.failed,
        "input_tokens": sums.input_tokens,
        "output_tokens": sums.output_tokens,
        "estimated_tokens": sums.estimated_tokens,
        "cost_usd": sums.nano_usd / NANO,
        "without_price": sums.unpriced,
        "retries": sums.retries,
        "took_s": round(took_s, 3),
    }


def _trust(sums: Sums) -> str:
    if not sums.estimated_tokens:
        return "measured"
    if sums.estimated_tokens == sums.input_tokens + sums.output_tokens:
        return "estimated"
    return f"{sums.estimated_tokens} of them estimated"


def _cost(sums: Sums) -> str:
    if not sums.nano_usd and sums.unpriced:
        return "unknown, as no price is known for these models"
    without = f", and {sums.unpriced} answers that nobody knows the price of" if sums.unpriced else ""
    return f"${sums.nano_usd / NANO:.6f} by the price table{without}"


def _span(seconds: float) -> str:
    return str(timedelta(seconds=round(seconds)))
