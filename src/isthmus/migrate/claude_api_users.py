"""Users of claude-api: each had one API key, which goes on working."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from typing import Final

from isthmus.migrate.claude_api_files import Row, Stock, count_of
from isthmus.migrate.claude_api_moments import ms_of_seconds, shown_ms
from isthmus.migrate.client_keys import add_client_key
from isthmus.migrate.entry import Entry
from isthmus.migrate.gathered import limit_of, one_line
from isthmus.migrate.haul import Haul, Line, NewKey, UsedOnDay

PROGRAM: Final = "claude-api"
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}\Z")
_TOTALS: Final = (
    "total_tokens_used",
    "total_requests",
    "total_cost_usd",
    "last_reset_daily",
    "last_reset_monthly",
)
_COUNTS: Final = ("request_count", "input_tokens", "output_tokens")
_IDLE: Final = ("id", "created_at", "updated_at", "createdAt", "updatedAt")


def add_users(haul: Haul, stock: Stock, now_ms: int) -> None:
    used = _usage(stock.usage, month=shown_ms(now_ms)[:7])
    totals: Counter[str] = Counter()
    for place, row in enumerate(stock.users):
        entry = Entry(row, haul.report, f"users[{place}]")
        totals.update(name for name in _TOTALS if entry.take(name))
        _add(haul, entry, place, used.get(str(row.get("id")), []), now_ms)
        if stock.kind != "database":
            entry.rest_is_unknown()
    if totals:
        said = "budgets begin with what was used this month; older figures stay in the old program"
        haul.report.left_out.append(Line(", ".join(f"users[].{name}" for name in totals), said))
    if used:
        said = "this month's use, by day, counts against the budgets of its key; older days stay in the old program"
        haul.report.carried.append(Line("user_token_usage", said))


def add_own_key(haul: Haul, stock: Stock, written: str | None) -> None:
    """The program's one key beside those of users. Without any, everybody could ask."""
    if written and written.strip():
        add_client_key(haul, "settings.api_key", written, PROGRAM)
    elif stock.is_whole and not stock.users:
        haul.keys.append(NewKey(PROGRAM, None))
        said = "no key, and no user: everybody could ask; becomes a new API key, which is shown once"
        haul.report.changed.append(Line("settings.api_key", said))


def _add(haul: Haul, entry: Entry, place: int, used: list[UsedOnDay], now_ms: int) -> None:
    name, email = one_line(entry.text("name") or ""), one_line(entry.text("email") or "")
    secret = entry.text("api_key", "apiKey")
    enabled = entry.flag("enabled", words=True) is not False
    vip = entry.flag("is_vip", "isVip", words=True)
    expires_ms, has_expired = _expiry(entry, now_ms)
    notes = [
        one_line(entry.text("notes") or "", 1000),
        email if email != name else "",
        "VIP in claude-api" if vip else "",
        "expired in claude-api" if has_expired else "",
    ]
    limits = {
        ours: limit_of(entry.integer(theirs))
        for ours, theirs in (
            ("tokens_per_day", "daily_quota"),
            ("tokens_per_month", "monthly_quota"),
            ("requests_per_day", "request_quota"),
            ("requests_per_minute", "rate_limit_rpm"),
        )
    }
    entry.take(*_IDLE)
    if secret is None:
        entry.left_out("api_key", "is missing: create a key with `isthmus keys create`")
        return
    added = add_client_key(
        haul,
        entry.path,
        secret,
        name or email or f"{PROGRAM}-{place + 1}",
        enabled=enabled and not has_expired,
        expires_ms=expires_ms,
        note="; ".join(filter(None, notes)) or None,
        used=tuple(used),
        **limits,
    )
    if added and vip:
        entry.changed("is_vip", "true becomes a note: nobody goes first here")


def _expiry(entry: Entry, now_ms: int) -> tuple[int | None, bool]:
    """When the key ends, or that it has ended. A time that is none has passed: no key may live longer than it was meant to."""
    seconds = entry.integer("expires_at")
    if seconds is None:
        return None, False
    expires_ms = ms_of_seconds(seconds)
    if expires_ms is not None and expires_ms > now_ms:
        return expires_ms, False
    at = str(seconds) if expires_ms is None else shown_ms(expires_ms)
    entry.changed("expires_at", f"{at} has passed: the key is kept, switched off")
    return None, True


def _usage(rows: list[Row], month: str) -> dict[str, list[UsedOnDay]]:
    """User → what they used on each day of the month."""
    found: dict[str, list[UsedOnDay]] = defaultdict(list)
    for row in rows:
        day = str(row.get("date") or "")[:10]
        if _DAY.match(day) and day.startswith(month):
            counts = [count_of(row.get(name)) or 0 for name in _COUNTS]
            used = UsedOnDay(day, *counts)
            found[str(row.get("user_id"))].append(used)
    return found
