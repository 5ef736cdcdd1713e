"""Accounts as tables for people and as rows for scripts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from rich.table import Table
from rich.text import Text

from isthmus.cli.moments import write_moment
from isthmus.control.account_adding import Added
from isthmus.control.account_probing import Trial
from isthmus.control.account_views import AccountView
from isthmus.routing.exhausted import State

COLOURS: Final = {State.HEALTHY: "green", State.COOLING: "yellow", State.DISABLED: "red"}
_COPIED: Final = (
    "id provider kind label enabled off_reason priority weight max_concurrency requests_per_minute "
    "tokens_per_minute requests_per_day tokens_per_day successes failures input_tokens output_tokens last_error"
).split()


def account_table(views: Iterable[AccountView]) -> Table:
    table = Table("Provider", "Label", box=None)
    table.add_column("Id", no_wrap=True)
    for name in ("Key", "State"):
        table.add_column(name, no_wrap=True)
    for name in ("Good", "Failed"):
        table.add_column(name, justify="right")
    for view in views:
        account, state = view.account, view.live.state
        table.add_row(
            *map(Text, (account.provider, account.label, account.id, view.hint or "none")),
            Text(state, COLOURS.get(state, "")),
            *map(Text, (f"{account.successes:,}", f"{account.failures:,}")),
        )
    return table


def reason_lines(views: Iterable[AccountView]) -> Iterator[Text]:
    """Why accounts take no requests, and until when: lines of their own, as a table of 80 columns has no room for them."""
    for view in views:
        if why := _why(view):
            state = view.live.state
            yield Text.assemble(f"{view.account.id}  ", (state, COLOURS.get(state, "")), f"  {_plain(why)}")


def account_row(view: AccountView) -> dict[str, Any]:
    """As under `/v2/accounts`."""
    account = view.account
    return {name: getattr(account, name) for name in _COPIED} | {
        "credential_hint": view.hint,
        "read_only": view.read_only,
        "proxy": view.proxy,
        "details": dict(account.details),
        "state": view.live.state,
        "coolings": [
            {"model": row.model, "until": write_moment(row.until_ms), "reason": row.reason, "text": row.text}
            for row in view.live.coolings
        ],
        "last_used_at": _moment(account.last_used_ms),
        "last_error_at": _moment(account.last_error_ms),
        "created_at": None if view.read_only else write_moment(account.created_ms),
        "updated_at": None if view.read_only else write_moment(account.updated_ms),
    }


def trial_row(trial: Trial) -> dict[str, Any]:
    account, result = trial.account, trial.result
    return {
        "id": account.id,
        "provider": account.provider,
        "label": account.label,
        "ok": result.ok,
        "latency_ms": result.latency_ms,
        "error": result.error,
    }


def trial_line(trial: Trial) -> Text:
    account, result = trial.account, trial.result
    verdict = ("ok    ", "green") if result.ok else ("failed", "bold red")
    said = f"{result.latency_ms} ms" if result.error is None else result.error
    return Text.assemble(verdict, f"  {account.provider}  {account.label} ({account.id})  {said}")


def added_row(added: Added) -> dict[str, Any]:
    fields = [{"field": each.field, "message": each.message} for each in added.problems]
    return {
        "index": added.index,
        "result": added.fate,
        "id": added.id,
        "label": added.label,
        "fields": fields,
        "here_as": added.here_as,
        "same_as": added.same_as,
    }


def problem_lines(added: Sequence[Added]) -> Iterable[str]:
    """What is wrong with single accounts, counted from 1 as people do."""
    for each in added:
        for problem in each.problems:
            yield f"account {each.index + 1}: {problem.field}: {problem.message}"


def _why(view: AccountView) -> str:
    if not view.account.enabled or view.account.off_reason:
        return view.account.off_reason or ""
    if view.live.state is State.DISABLED:
        return f"its provider {view.account.provider!r} is switched off"
    rests = [
        f"{row.model or 'all models'} until {write_moment(row.until_ms)}: {row.text or row.reason}"
        for row in view.live.coolings
    ]
    return "; ".join(rests)


def _plain(text: str) -> str:
    """On one line, and without what a terminal would take for an order: part of it are an upstream's words."""
    return "".join(each if each.isprintable() else " " for each in text)


def _moment(milliseconds: int | None) -> str | None:
    return None if milliseconds is None else write_moment(milliseconds)
