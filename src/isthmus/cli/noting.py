"""A finished request, from what the server knows of it to what is kept: a row of the request log, the use of its key."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable

from isthmus.control.ledger import Ledger
from isthmus.observability.log_row import LogRow
from isthmus.observability.request_log import RequestLog
from isthmus.server.records import Record
from isthmus.storage.key_usage import Used

CONFIGURED_KEY = "config:"


def noter(ledger: Ledger, log: RequestLog, is_logged: Callable[[], bool]) -> Callable[[Record], None]:
    """What a gateway calls when a request is over. `is_logged`: whether operators want rows at present."""

    def note(record: Record) -> None:
        if record.key is not None and not record.key.startswith(CONFIGURED_KEY):
            ledger.key_used(record.key, used(record))
        if is_logged():
            log.append(row(record, time.monotonic()))

    return note


def used(record: Record) -> Used:
    usage = record.usage
    return Used(
        requests=1,
        failures=int(record.error is not None),
        input_tokens=0 if usage is None else usage.all_input_tokens,
        output_tokens=0 if usage is None else usage.output_tokens,
        cost_nano_usd=record.cost_nano_usd or 0,
    )


def row(record: Record, now_s: float) -> LogRow:
    """`now_s` is on the monotonic clock, as the record's own times."""
    usage = record.usage
    took_s = now_s - record.started_s
    first_s, asked_s = record.first_token_s, record.first_attempt_s
    return LogRow(
        request_id=record.request_id,
        started_ms=round((time.time() - took_s) * 1000),
        endpoint=record.endpoint,
        dialect=record.dialect,
        status=record.status,
        duration_ms=round(took_s * 1000),
        client=record.client,
        key_id=record.key,
        account_id=record.account,
        provider=record.provider,
        lane=record.lane,
        model_asked=record.model_asked,
        model_used=record.model_used,
        streamed=record.streamed,
        error=record.error,
        error_text=record.error_text,
        stop=record.stop,
        input_tokens=None if usage is None else usage.input_tokens,
        cache_read_tokens=None if usage is None else usage.cache_read_tokens,
        cache_write_tokens=None if usage is None else usage.cache_write_tokens,
        output_tokens=None if usage is None else usage.output_tokens,
        reasoning_tokens=None if usage is None else usage.reasoning_tokens,
        input_estimated=usage is not None and usage.input_estimated,
        output_estimated=usage is not None and usage.output_estimated,
        cost_nano_usd=record.cost_nano_usd,
        micro_credits=None if usage is None else usage.micro_credits or None,
        first_token_ms=None if first_s is None else max(0, round((first_s - record.started_s) * 1000)),
        attempts=max(1, len(record.attempt_list)),
        attempt_list=_listed(record.attempt_list) if record.attempt_list else None,
        losses=_listed(record.losses) if record.losses else None,
        notes=_listed(record.notes) if record.notes else None,
        upstream_status=record.upstream_status,
        upstream_request_id=record.upstream_request_id,
        client_left=record.client_left,
        queued_ms=None if record.queued_s is None else round(record.queued_s * 1000),
        first_attempt_ms=None if asked_s is None else max(0, round((asked_s - record.started_s) * 1000)),
    )


def _listed(items: Iterable[object]) -> str:
    return json.dumps([str(each) for each in items], ensure_ascii=False)
