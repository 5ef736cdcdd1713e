"""A row of the request log as the admin API shows it: as JSON, as an event, as a line of CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Final, Self

from pydantic import BaseModel, Field

from isthmus.admin.asking import Moment, moment
from isthmus.control.log_texts import texts
from isthmus.control.logs import LogRow, Missed


class LogView(BaseModel):
    """One request."""

    request_id: str
    started_at: Moment
    endpoint: str
    dialect: str = Field(description="What the client spoke.")
    lane: str | None = Field(
        description="`raw`: bytes went through untouched; `translated`; `estimated`: counted here; `cache`: as answered before."
    )
    key_id: str | None
    account_id: str | None = Field(description="The account asked last.")
    provider: str | None
    model_asked: str | None
    model_used: str | None
    streamed: bool
    status: int = Field(description="HTTP status the client saw; 499 when it left before there was one.")
    succeeded: bool = Field(
        description="Answered to the end without an error, to a client that was still there."
    )
    client_left: bool
    error: str | None = Field(description="Class of the failure.")
    error_text: str | None
    stop: str | None = Field(description="Why the model stopped.")
    input_tokens: int | None
    cache_read_tokens: int | None
    cache_write_tokens: int | None
    output_tokens: int | None
    reasoning_tokens: int | None
    input_estimated: bool = Field(description="The input tokens are estimated, not measured.")
    output_estimated: bool
    cost_usd: float | None = Field(description="Null where no price is known.")
    credits: float | None = Field(description="In the vendor's own unit of account, where it bills in one.")
    queued_ms: int | None = Field(
        description="How long the first account was waited for. Null where none was wanted, and in rows of earlier versions."
    )
    first_attempt_ms: int | None = Field(
        description="When that account was asked, since the start. Null likewise."
    )
    first_token_ms: int | None
    duration_ms: int
    attempts: int = Field(description="Requests to the upstream.")
    attempt_list: list[str] = Field(description="The accounts asked, when the first one failed.")
    losses: list[str] = Field(description="What the client sent and the upstream could not be told.")
    notes: list[str]
    upstream_status: int | None
    upstream_request_id: str | None
    client: str = Field(description="Address it came from.")

    @classmethod
    def of(cls, row: LogRow) -> Self:
        values = row._asdict()
        return cls(
            **{name: values[name] for name in cls.model_fields if name in values and name not in _MADE},
            started_at=moment(row.started_ms),
            succeeded=row.succeeded,
            cost_usd=None if row.cost_nano_usd is None else row.cost_nano_usd / 1e9,
            credits=None if row.micro_credits is None else row.micro_credits / 1e6,
            attempt_list=texts(row.attempt_list),
            losses=texts(row.losses),
            notes=texts(row.notes),
        )


_MADE: Final = frozenset({"attempt_list", "losses", "notes"})
KEEP_ALIVE: Final = ": nothing new\n\n"
COLUMNS: Final = tuple(LogView.model_fields)
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")


def events(batch: Sequence[LogRow | Missed]) -> str:
    """Server-sent events: `request` with a row, `missed` where rows are missing; a comment when there is nothing."""
    return "".join(map(_event, batch)) or KEEP_ALIVE


def _event(item: LogRow | Missed) -> str:
    if isinstance(item, Missed):
        return f'event: missed\ndata: {{"rows": {"null" if item.rows is None else item.rows}}}\n\n'
    id = "".join(item.request_id.splitlines())
    return f"event: request\nid: {id}\ndata: {LogView.of(item).model_dump_json()}\n\n"


def csv_lines(rows: Iterable[LogRow]) -> str:
    return _csv([_cell(value) for value in LogView.of(row).model_dump(mode="json").values()] for row in rows)


def csv_head() -> str:
    return _csv([COLUMNS])


def _csv(lines: Iterable[Iterable[str]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(lines)
    return text.getvalue()


def _cell(value: object) -> str:
    """No program that opens the file takes a text of a stranger for a formula."""
    text = "" if value is None else "; ".join(value) if isinstance(value, list) else str(value)
    return f"'{text}" if isinstance(value, str | list) and text.startswith(_FORMULA) else text
