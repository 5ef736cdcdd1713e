"""Accounts of claude-api: logins of Builder ID and of social providers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from isthmus.core.secret import Secret
from isthmus.migrate.claude_api_files import Stock
from isthmus.migrate.claude_api_moments import ms_of, ms_of_seconds, shown_ms
from isthmus.migrate.entry import Entry
from isthmus.migrate.gathered import Gathered, one_line
from isthmus.migrate.haul import Haul, Line, NewAccount
from isthmus.migrate.masks import no_credential

SOCIAL: Final = "social"
BUILDER_ID: Final = "builder_id"
_REGION: Final = "us-east-1"
_EXHAUSTED_MS: Final = 30 * 86_400_000
"""How long the program let an account rest whose quota was used up."""
_NEVER: Final[Mapping[tuple[str, ...], str]] = {
    ("machine_id", "machineId"): "what tells devices apart is never carried",
    ("username",): "names and passwords of logins are never carried",
    ("password",): "names and passwords of logins are never carried",
    ("accessToken", "access_token"): "nobody knows when they end: fetched anew before first use",
    ("other",): "what the program kept for itself is not carried",
}
_IDLE: Final = (
    *("id", "created_at", "updated_at", "added_time", "last_refresh_time", "last_refresh_status"),
    *("createdAt", "updatedAt", "lastRefreshTime", "lastRefreshStatus"),
)
"""Says nothing that would hold here."""


def add_accounts(haul: Haul, provider: Gathered, stock: Stock, now_ms: int) -> None:
    skipped: Counter[tuple[str, ...]] = Counter()
    for place, row in enumerate(stock.accounts):
        entry = Entry(row, haul.report, f"accounts[{place}]")
        skipped.update(names for names in _NEVER if entry.take(*names))
        _add(provider, entry, place, now_ms)
        if stock.kind != "database":
            entry.rest_is_unknown()
    for names, count in skipped.items():
        haul.report.left_out.append(Line(f"accounts[].{names[0]}", f"of {count} accounts: {_NEVER[names]}"))
    if haul.accounts:
        haul.report.closing.append(
            "claude-api sends the secrets of every account that is entered, edited or imported to an address fixed in its "
            "code: sign in anew to each account, and revoke the old login"
        )


def _add(provider: Gathered, entry: Entry, place: int, now_ms: int) -> None:
    client_id = entry.text("clientId", "client_id") or ""
    client_secret = entry.text("clientSecret", "client_secret") or ""
    refresh_token = entry.text("refreshToken", "refresh_token") or ""
    method = (entry.text("auth_method", "authMethod") or "").lower()
    is_social = client_id.startswith("social-") or method == SOCIAL or not client_id
    email, label = entry.text("email") or "", entry.text("label") or ""
    details = _details(entry, email, label)
    off_reason, cooled_until_ms = _state(entry, now_ms)
    successes = entry.integer("success_count", "successCount") or 0
    failures = entry.integer("error_count", "errorCount") or 0
    entry.take(*_IDLE)
    if not is_social and (reason := no_credential(client_secret)):
        entry.left_out("clientSecret", f"{reason}, and the login cannot be refreshed without: sign in again")
        return
    credential = {"refresh_token": Secret(refresh_token.strip())}
    if not is_social:
        credential |= {"client_id": Secret(client_id), "client_secret": Secret(client_secret)}
    account = NewAccount(
        provider.type,
        SOCIAL if is_social else BUILDER_ID,
        credential,
        one_line(email or label) or f"claude-api-{place + 1}",
        off_reason=off_reason,
        details=details,
        cooled_until_ms=cooled_until_ms,
        cooled_reason="quota used up in claude-api" if cooled_until_ms else "",
        successes=max(successes, 0),
        failures=max(failures, 0),
    )
    provider.add_account(entry.path, account, "refresh_token")


def _details(entry: Entry, email: str, label: str) -> dict[str, Any]:
    trial_ends_ms = ms_of_seconds(entry.integer("token_expiry"))
    quota_seen_ms = ms_of(entry.text("quota_refreshed_at"))
    known = {
        "auth_region": one_line(entry.text("region") or "") or _REGION,
        "email": one_line(email),
        "name": one_line(label),
        "q_user_id": one_line(entry.text("q_user_id") or ""),
        "subscription": one_line(entry.text("subscription_type") or ""),
        "usage": entry.number("usage_current"),
        "usage_limit": entry.number("usage_limit"),
        "usage_seen_at": shown_ms(quota_seen_ms) if quota_seen_ms else None,
        "trial_ends_at": shown_ms(trial_ends_ms) if trial_ends_ms else None,
    }
    return {name: value for name, value in known.items() if value not in (None, "")}


def _state(entry: Entry, now_ms: int) -> tuple[str | None, int | None]:
    """Why it is off, and how long it rests."""
    enabled = entry.flag("enabled", words=True)
    status = (entry.text("status") or "normal").lower()
    why = one_line(entry.text("status_reason") or "")
    exhausted_ms = ms_of(entry.text("exhausted_at"))
    ending = f": {why}" if why else ""
    if enabled is False or status == "disabled":
        return f"switched off in claude-api{ending}", None
    match status:
        case "suspended":
            return f"suspended, as claude-api saw it{ending}", None
        case "expired":
            return f"its login has expired: sign in again{ending}", None
        case "exhausted":
            until_ms = (now_ms if exhausted_ms is None else exhausted_ms) + _EXHAUSTED_MS
            return None, until_ms if until_ms > now_ms else None
        case "normal" | "":
            return None, None
        case _:
            entry.left_out(
                "status", f"{one_line(status)!r} is not known: the account is kept as one that was on"
            )
            return None, None
