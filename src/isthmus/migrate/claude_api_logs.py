"""Rows of claude-api's request log, by our columns. Its token counts were estimates, and it kept no costs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from isthmus.migrate.claude_api_files import Row, count_of
from isthmus.migrate.claude_api_moments import ms_of
from isthmus.migrate.gathered import one_line

_MESSAGES: Final = ("messages", "anthropic")
_CHAT: Final = ("chat/completions", "openai_chat")
_ERRORS: Final = {
    400: "invalid_request",
    401: "authentication",
    402: "billing",
    403: "permission",
    404: "not_found",
    413: "too_large",
    429: "rate_limit",
    504: "timeout",
    529: "overloaded",
}
_MAX_COUNT: Final = 10**12
_MAX_MS: Final = 2**31 - 1


@dataclass(frozen=True, slots=True)
class OurRows:
    """Each time it is gone through, the rows are read again."""

    rows: Iterable[Row]
    provider: str
    users: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Id → name, for the notes."""
    accounts: Mapping[str, str] = field(default_factory=dict, repr=False)

    def __iter__(self) -> Iterator[Mapping[str, Any]]:
        for row in self.rows:
            yield self._ours(row)

    def _ours(self, row: Row) -> Mapping[str, Any]:
        """A row without an id or a time lacks ours, and is counted as broken by whoever stores it."""
        endpoint, dialect = _place(row)
        status = count_of(row.get("status_code"), 999) or 0
        failed = not row.get("is_success") if row.get("is_success") is not None else status >= 400
        model = _text(row, "model")
        error_text = _text(row, "error_message", 4000)
        ours: dict[str, Any] = {
            "endpoint": endpoint,
            "dialect": dialect,
            "status": status,
            "duration_ms": count_of(row.get("duration_ms"), _MAX_MS) or 0,
            "client": _text(row, "client_ip", 64) or "",
            "provider": self.provider,
            "model_asked": _text(row, "original_model") or model,
            "model_used": model,
            "streamed": bool(row.get("is_stream")),
            "input_tokens": count_of(row.get("input_tokens"), _MAX_COUNT),
            "output_tokens": count_of(row.get("output_tokens"), _MAX_COUNT),
            "input_estimated": True,
            "output_estimated": True,
            "error": _error(status) if failed else None,
            "error_text": error_text if failed else None,
            "notes": json.dumps(self._notes(row), ensure_ascii=False),
        }
        if id := _text(row, "id", 40):
            ours["request_id"] = id
        if (started_ms := ms_of(str(row.get("timestamp") or ""))) is not None:
            ours["started_ms"] = started_ms
        return ours

    def _notes(self, row: Row) -> list[str]:
        notes = ["from claude-api"]
        if user := self.users.get(str(row.get("user_id"))):
            notes.append(f"key: {user}")
        if account := self.accounts.get(str(row.get("account_id"))):
            notes.append(f"account: {account}")
        return notes


def named(rows: Iterable[Row], *names: str) -> dict[str, str]:
    """Id → the first of these texts that a row has."""
    found = {}
    for row in rows:
        text = next((one_line(str(row[name])) for name in names if row.get(name)), "")
        if text and row.get("id") is not None:
            found[str(row["id"])] = text
    return found


def _place(row: Row) -> tuple[str, str]:
    said = f"{row.get('endpoint_type') or ''} {row.get('path') or ''}".lower()
    if any(word in said for word in ("messages", "anthropic", "claude")):
        return _MESSAGES
    if any(word in said for word in ("chat/completions", "openai")):
        return _CHAT
    return "unknown", "openai_chat"


def _error(status: int) -> str:
    return _ERRORS.get(status, "upstream" if status >= 500 or status == 0 else "invalid_request")


def _text(row: Row, name: str, longest: int = 200) -> str | None:
    value = row.get(name)
    return one_line(str(value), longest) or None if value is not None else None
