"""What is known of one request, gathered while it runs, said in one log line at its end. Never a body."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from isthmus.core.errors import UpstreamError
from isthmus.core.losses import Loss
from isthmus.core.usage import Usage

MAX_TEXT_CHARS: Final = 1000
"""Of a text that others wrote: a line is to be read."""
MAX_ATTEMPT_CHARS: Final = 200


@dataclass(frozen=True, slots=True)
class Attempt:
    """One account that was asked, and what came of it."""

    account: str
    begun_ms: int
    """Since the request came."""
    took_ms: int
    error: str | None = None
    status: int = 0
    text: str = ""
    waited_ms: int = 0
    """For another account, after this one failed."""

    @classmethod
    def of(cls, account: str, failure: UpstreamError | None, begun_ms: int, took_ms: int) -> Attempt:
        if failure is None:
            return cls(account, begun_ms, took_ms)
        text = failure.detail or failure.message
        kind, status = failure.kind.value, failure.status
        return cls(account, begun_ms, took_ms, kind, status, text[:MAX_ATTEMPT_CHARS])

    def __str__(self) -> str:
        """As the request log keeps it, where `control/timelines` reads it again."""
        said = f" {self.error}" + (f" ({self.status})" if self.status else "") if self.error else " answered"
        waited = f", then waited {self.waited_ms} ms" if self.waited_ms else ""
        return f"{self.account}{said} after {self.took_ms} ms, begun at {self.begun_ms} ms{waited}"


@dataclass(slots=True)
class Record:
    request_id: str
    started_s: float
    """On the monotonic clock, as every time here."""
    endpoint: str
    dialect: str = ""
    provider: str | None = None
    account: str | None = None
    """The one asked last."""
    key: str | None = None
    """Id of the API key; None where none was asked for."""
    lane: str | None = None
    model_asked: str | None = None
    model_used: str | None = None
    streamed: bool = False
    status: int = 0
    usage: Usage | None = None
    stop: str | None = None
    queued_s: float | None = None
    """How long the first account was waited for; None where none was wanted."""
    first_attempt_s: float | None = None
    """When that account was asked."""
    first_token_s: float | None = None
    losses: tuple[Loss, ...] = ()
    notes: list[str] = field(default_factory=list)
    error: str | None = None
    error_text: str | None = None
    error_detail: str | None = None
    upstream_status: int | None = None
    upstream_request_id: str | None = None
    attempts: int = 0
    """Requests to the upstream, also those that a provider repeated at the same account."""
    attempt_list: list[Attempt] = field(default_factory=list)
    """The accounts asked, when the first one failed."""
    cost_nano_usd: int | None = None
    client_left: bool = False
    client: str = ""
    caused: list[Record] = field(default_factory=list)
    """Requests of the gateway's own that this one led to, such as for a summary. They have rows of their own."""

    def fields(self, now_s: float) -> dict[str, object]:
        """The log line's fields, unset ones left out. Tokens say how far they can be trusted."""
        shown: dict[str, object] = {
            "request_id": self.request_id,
            "endpoint": self.endpoint,
            "dialect": self.dialect,
            "key": self.key,
            "provider": self.provider,
            "account": self.account,
            "lane": self.lane,
            "model": _short(self.model_asked),
            "model_used": self.model_used if self.model_used != self.model_asked else None,
            "stream": self.streamed,
            "status": self.status,
            "stop": self.stop,
            **_tokens(self.usage),
            "ttft_ms": None
            if self.first_token_s is None
            else _ms(max(0.0, self.first_token_s - self.started_s)),
            "duration_ms": _ms(now_s - self.started_s),
            "losses": [str(loss) for loss in self.losses] or None,
            "notes": self.notes or None,
            "error": self.error,
            "error_text": _short(self.error_text),
            "error_detail": _short(self.error_detail),
            "upstream_status": self.upstream_status,
            "upstream_request_id": self.upstream_request_id,
            "attempts": self.attempts if self.attempts > 1 else None,
            "tried": [str(each) for each in self.attempt_list] or None,
            "credits": None
            if self.usage is None or not self.usage.micro_credits
            else self.usage.micro_credits / 1e6,
            "cost_usd": None if self.cost_nano_usd is None else self.cost_nano_usd / 1e9,
            "client_left": self.client_left or None,
            "client": self.client,
        }
        return {name: value for name, value in shown.items() if value is not None}


def _tokens(usage: Usage | None) -> dict[str, object]:
    if usage is None:
        return {}
    return {
        "input_tokens": usage.input_tokens,
        "cache_read_tokens": usage.cache_read_tokens or None,
        "cache_write_tokens": usage.cache_write_tokens or None,
        "output_tokens": usage.output_tokens,
        "reasoning_tokens": usage.reasoning_tokens or None,
        "input_tokens_are": "estimated" if usage.input_estimated else "measured",
        "output_tokens_are": "estimated" if usage.output_estimated else "measured",
    }


def _short(text: str | None) -> str | None:
    return text if text is None or len(text) <= MAX_TEXT_CHARS else text[:MAX_TEXT_CHARS] + "…"


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 1)
