"""Requests as lines, and figures of them as a table, for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from rich.table import Table
from rich.text import Text

from isthmus.cli.moments import write_moment
from isthmus.control.statistics import Figures, Group, Report
from isthmus.observability.log_row import LogRow
from isthmus.routing.limits import Unit, amount

_ANSWERS: Final = frozenset({"messages", "chat/completions"})
"""What most requests are for, and so not worth a word."""


def log_line(row: LogRow, key_names: Mapping[str, str] = MappingProxyType({})) -> Text:
    """One request on one line: when, how it went, what was asked, what it took, who asked, what went wrong.

    `key_names`: id → name of API keys. One that has been deleted is shown by its id.
    """
    line = Text.assemble(
        (write_moment(row.started_ms), "dim"),
        "  ",
        (f"{row.status}", "green" if row.succeeded else "yellow" if row.client_left else "bold red"),
        f"  {_seconds(row.duration_ms):>8}  {_model(row)}",
    )
    said = [
        "" if row.endpoint in _ANSWERS or not row.provider else row.endpoint,
        "" if row.output_tokens is None else _tokens(row, row.output_tokens),
        "" if row.first_token_ms is None else f"first after {_seconds(row.first_token_ms)}",
        "" if row.cost_nano_usd is None else amount(Unit.COST, row.cost_nano_usd),
        "" if row.micro_credits is None else f"{row.micro_credits / 1e6:,.4g} credits",
        f"key {_plain(key_names.get(row.key_id, row.key_id))}" if row.key_id else "",
        f"account {row.account_id}" if row.account_id else "",
        f"{row.attempts} attempts" if row.attempts > 1 else "",
        f"from {row.client}" if row.client else "",
        "the client left" if row.client_left else "",
    ]
    line.append("".join(f"  {each}" for each in said if each))
    if row.error is not None:
        line.append(f"  {row.error}: {_plain(row.error_text or '')}", "red")
    line.append(f"  {row.request_id}", "dim")
    return line


def figures_table(report: Report) -> Table:
    timed = any(each.at_ms is not None for each in report.groups)
    named = any(each.name is not None for each in report.groups)
    table = Table(box=None)
    for title in (*(["Time"] if timed else []), *(["Name"] if named else [])):
        table.add_column(title)
    if not (timed or named):
        table.add_column("")
    for title in ("Requests", "Good", "Per min", "Tokens in", "Out", "Cost", "p50", "p90", "p99", "First"):
        table.add_column(title, justify="right", no_wrap=True)
    for group in report.groups:
        table.add_row(*map(Text, (*_heads(group, timed, named), *_cells(group.figures))))
    if report.groups:
        table.add_section()
    blank = [""] * (timed + named - 1)
    table.add_row("All", *blank, *_cells(report.total))
    return table


def _heads(group: Group, timed: bool, named: bool) -> Sequence[str]:
    at = "" if group.at_ms is None else write_moment(group.at_ms)
    return (*([at] if timed else []), *([group.name or "(none)"] if named else []))


def _cells(figures: Figures) -> tuple[str, ...]:
    tokens_in = figures.input_tokens + figures.cache_read_tokens + figures.cache_write_tokens
    return (
        f"{figures.requests:,}",
        "" if figures.success_rate is None else f"{figures.success_rate:.1%}",
        f"{figures.requests_per_minute:,.1f}",
        f"{tokens_in:,}",
        f"{figures.output_tokens:,}",
        amount(Unit.COST, figures.cost_nano_usd),
        *(_seconds(each) for each in (figures.duration.p50, figures.duration.p90, figures.duration.p99)),
        _seconds(figures.first_token.p50),
    )


def _model(row: LogRow) -> str:
    asked, used = row.model_asked or "", row.model_used or ""
    shown = asked if asked == used or not used else f"{asked} → {used}"
    return _plain(f"{row.provider}/{shown}" if row.provider else shown or row.endpoint)


def _tokens(row: LogRow, output_tokens: int) -> str:
    """`1,200 → ~34 tokens`: what was not measured has a tilde."""
    came, went = "~" * row.input_estimated, "~" * row.output_estimated
    return f"{came}{_input_tokens(row):,} → {went}{output_tokens:,} tokens"


def _input_tokens(row: LogRow) -> int:
    return (row.input_tokens or 0) + (row.cache_read_tokens or 0) + (row.cache_write_tokens or 0)


def _seconds(latency_ms: int | None) -> str:
    return "" if latency_ms is None else f"{latency_ms / 1000:,.2f} s"


def _plain(text: str) -> str:
    """On one line, and without what a terminal would take for an order."""
    return "".join(each if each.isprintable() else " " for each in text)
