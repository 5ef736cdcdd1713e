"""What is noted and told of a request that failed, whoever's fault it was."""

from __future__ import annotations

import structlog

from isthmus.core.errors import GatewayError, Kind, Next, UpstreamError
from isthmus.server.records import Record

log = structlog.get_logger("isthmus")


def note_error(record: Record, error: GatewayError) -> None:
    record.error = error.kind.value
    record.error_text = error.message
    if isinstance(error, UpstreamError):
        record.upstream_status = error.status or record.upstream_status
        record.error_detail = error.detail or None


def internal_error(record: Record, bug: Exception) -> GatewayError:
    """For an exception that nobody expected: the log gets all of it, the client only where to look."""
    log.error("bug", request_id=record.request_id, exc_info=bug)
    error = GatewayError(
        f"internal error of the gateway; its log says more under request id {record.request_id}",
        kind=Kind.INTERNAL,
    )
    note_error(record, error)
    return error


def shutting_down() -> GatewayError:
    """For whoever asks, or still waits for an answer, while the gateway ends."""
    return GatewayError("the gateway is shutting down: ask again in a moment", kind=Kind.OVERLOADED)


def no_answer() -> UpstreamError:
    """For an upstream that ended without a word."""
    return UpstreamError("the provider gave no answer", next=Next.OTHER_ACCOUNT)
