"""API keys as tables for people and as rows for scripts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from rich.table import Table
from rich.text import Text

from isthmus.cli.moments import write_moment
from isthmus.control.keys import ApiKey, CurrentUse, KeyState, KeyUse, Used
from isthmus.routing.limits import NANO_USD, Unit, amount
from isthmus.routing.permissions import limits_of


def key_table(
    keys: Iterable[ApiKey], used: Mapping[str, CurrentUse], states: Mapping[str, KeyState]
) -> Table:
    table = Table("Name", box=None)
    table.add_column("Id", no_wrap=True)
    for name in ("State", "Restricted to", "Requests today", "Cost this month"):
        table.add_column(name)
    for key in keys:
        use = used.get(key.id, CurrentUse())
        cost = amount(Unit.COST, use.month.cost_nano_usd)
        cells = (
            key.name,
            key.id,
            _state(key, states[key.id]),
            _restrictions(key),
            f"{use.day.requests:,}",
            cost,
        )
        table.add_row(*map(Text, cells))
    return table


def usage_table(use: KeyUse) -> Table:
    table = Table(box=None)
    table.add_column("Day")
    for name in ("Requests", "Failed", "Input tokens", "Output tokens", "Cost"):
        table.add_column(name, justify="right")
    for row in use.days:
        table.add_row(row.day, *_cells(row.used))
    table.add_section()
    table.add_row("Today", *_cells(use.current.day))
    table.add_row("This month", *_cells(use.current.month))
    return table


def key_row(key: ApiKey, use: CurrentUse, state: KeyState) -> dict[str, Any]:
    """As under `/v2/keys`."""
    terms = asdict(key.terms)
    for name in ("usd_per_day", "usd_per_month"):
        nano_usd: int | None = terms.pop(f"nano_{name}")
        terms[name] = None if nano_usd is None else nano_usd / NANO_USD
    return {
        "id": key.id,
        "name": key.name,
        "prefix": key.prefix,
        "state": state.value,
        "expires_at": _moment(key.expires_ms),
        "user_id": key.user_id,
        **terms,
        "note": key.note,
        "created_at": _moment(key.created_ms),
        "updated_at": _moment(key.updated_ms),
        "last_used_at": _moment(key.last_used_ms),
        "today": usage_row(use.day),
        "this_month": usage_row(use.month),
    }


def usage_row(used: Used) -> dict[str, Any]:
    figures = asdict(used)
    return figures | {"cost_usd": figures.pop("cost_nano_usd") / NANO_USD}


def _state(key: ApiKey, state: KeyState) -> str:
    if key.expires_ms and state is KeyState.ACTIVE:
        return f"until {write_moment(key.expires_ms)[:10]}"
    return state.value.replace("_", " ")


def _restrictions(key: ApiKey) -> str:
    names = (key.terms.providers, key.terms.models, key.terms.ips)
    mcp = () if key.terms.mcp is None else (f"MCP: {', '.join(key.terms.mcp) or 'nothing'}",)
    limits = [f"{amount(each.unit, each.maximum)} {each.name}" for each in limits_of(key.terms)]
    return "; ".join([*(", ".join(each) for each in names if each), *mcp, *limits]) or "nothing"


def _cells(used: Used) -> tuple[str, ...]:
    counts = (used.requests, used.failures, used.input_tokens, used.output_tokens)
    return (*(f"{count:,}" for count in counts), amount(Unit.COST, used.cost_nano_usd))


def _moment(at_ms: int | None) -> str | None:
    return None if at_ms is None else write_moment(at_ms)
