"""Two days of a gateway at work, made up: what there is to see on pictures, and of every kind something.

They lie far enough back that no test sees them who does not ask for older requests than those of the last day.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

import msgspec

from isthmus.observability.log_row import LogRow
from isthmus.server.records import Attempt
from isthmus.storage.database import open_database
from isthmus.storage.request_logs import RequestLogs
from isthmus.storage.request_sums import RequestSums

SEED: Final = 20
HOURLY: Final = (2, 1, 1, 1, 2, 4, 9, 18, 34, 46, 52, 49, 31, 44, 55, 51, 47, 36, 22, 15, 12, 9, 6, 4)
"""Requests of a working day, by the hour."""
QUIETER: Final = 0.7
"""The day before, for comparison."""


class Day(NamedTuple):
    """The busier one, from midnight to midnight (UTC)."""

    since: datetime
    until: datetime

    @classmethod
    def before(cls, now: datetime) -> Day:
        """The last whole one that ended at least a day ago."""
        today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        return cls(today - timedelta(days=2), today - timedelta(days=1))


@dataclass(frozen=True, slots=True)
class Source:
    share: int
    provider: str
    model: str
    asked: str
    endpoint: str
    dialect: str
    lane: str
    token_ms: float
    nano_usd: tuple[int, int]
    """Of a token, in and out."""
    loss: str | None = None


CHAT: Final = ("chat/completions", "openai_chat")
MESSAGES: Final = ("messages", "anthropic")
SOURCES: Final = (
    Source(34, "claude-web", "claude-sonnet-4-6", "sonnet", *MESSAGES, "translated", 14, (3_000, 15_000)),
    Source(
        22,
        "amazon-q",
        "claude-sonnet-4.5",
        "amazon-q/claude-sonnet-4.5",
        *CHAT,
        "translated",
        17,
        (3_000, 15_000),
        "temperature=dropped(the model takes none)",
    ),
    Source(18, "openai", "gpt-5-mini", "gpt-5-mini", *CHAT, "raw", 9, (250, 2_000)),
    Source(14, "anthropic", "claude-haiku-4-5", "haiku", *MESSAGES, "raw", 6, (1_000, 5_000)),
    Source(
        8,
        "anthropic",
        "claude-opus-4-6",
        "claude-opus-4-6",
        *CHAT,
        "translated",
        24,
        (5_000, 25_000),
        "frequency_penalty=dropped(the API has none)",
    ),
    Source(4, "local", "qwen3:14b", "local/qwen3:14b", *CHAT, "raw", 38, (0, 0)),
)
FAILURES: Final = (
    ("rate_limit", 429, "the account's limit of five hours is reached", 0.022),
    ("overloaded", 529, "the upstream is overloaded", 0.012),
    ("timeout", 504, "no first byte within 60 s", 0.004),
    ("context_overflow", 400, "the prompt is longer than the model's context", 0.006),
)
"""With how likely they are."""


@dataclass(frozen=True, slots=True)
class Sources:
    """What rows refer to by id."""

    keys: Mapping[str, int]
    """With each one's share of the requests."""
    accounts: Mapping[str, tuple[str, ...]]
    """By provider; others have none that can be looked at."""


async def save(url: str, day: Day, sources: Sources) -> None:
    database = await open_database(url)
    try:
        await RequestLogs(database, RequestSums(database)).save(list(_rows(day, sources)))
    finally:
        await database.close()


def _rows(day: Day, sources: Sources) -> Iterator[LogRow]:
    chance = random.Random(SEED)
    begun = sorted([*_begun(chance, day.since - timedelta(days=1), QUIETER), *_begun(chance, day.since, 1.0)])
    for number, started_ms in enumerate(begun):
        yield _row(chance, f"req_{number:06x}{chance.getrandbits(72):018x}", started_ms, sources)


def _begun(chance: random.Random, day: datetime, rate: float) -> Iterator[int]:
    for hour, requests in enumerate(HOURLY):
        begin_ms = int((day + timedelta(hours=hour)).timestamp() * 1000)
        for _ in range(max(1, round(requests * rate * chance.uniform(0.8, 1.2)))):
            yield begin_ms + chance.randrange(3_600_000)


def _row(chance: random.Random, request_id: str, started_ms: int, sources: Sources) -> LogRow:
    source = chance.choices(SOURCES, [each.share for each in SOURCES])[0]
    own = sources.accounts.get(source.provider, ())
    accounts = chance.sample(own, len(own))
    read, written = round(chance.lognormvariate(7.3, 1.1)), round(chance.lognormvariate(5.2, 0.9))
    first_ms = round(chance.lognormvariate(6.4, 0.5))
    row = LogRow(
        request_id=request_id,
        started_ms=started_ms,
        endpoint=source.endpoint,
        dialect=source.dialect,
        status=200,
        duration_ms=first_ms + round(written * source.token_ms),
        client=chance.choice(("10.0.4.17", "10.0.4.23", "10.0.7.5", "10.0.9.88")),
        key_id=chance.choices(list(sources.keys), list(sources.keys.values()))[0],
        account_id=accounts[0] if accounts else None,
        provider=source.provider,
        lane=source.lane,
        model_asked=source.asked,
        model_used=source.model,
        streamed=chance.random() < 0.8,
        stop=chance.choices(("end_turn", "tool_use", "max_tokens"), (70, 26, 4))[0],
        input_tokens=read,
        cache_read_tokens=round(read * chance.choice((0.0, 0.0, 1.4, 3.2))),
        cache_write_tokens=0,
        output_tokens=written,
        reasoning_tokens=0,
        input_estimated=source.provider == "claude-web",
        output_estimated=source.provider == "claude-web",
        cost_nano_usd=read * source.nano_usd[0] + written * source.nano_usd[1],
        first_token_ms=first_ms,
        losses=_texts(source.loss) if source.loss and chance.random() < 0.3 else None,
        upstream_status=200,
        queued_ms=0,
        first_attempt_ms=1,
    )
    return _with_troubles(chance, row, accounts)


def _with_troubles(chance: random.Random, row: LogRow, accounts: list[str]) -> LogRow:
    for error, status, text, likely in FAILURES:
        if chance.random() < likely:
            return _failed(row, error, status, text)
    if len(accounts) > 1 and chance.random() < 0.12:
        return _retried(row, accounts)
    if row.streamed and chance.random() < 0.015:
        return row._replace(client_left=True, stop=None, output_tokens=(row.output_tokens or 0) // 3)
    return row


def _failed(row: LogRow, error: str, status: int, text: str) -> LogRow:
    nothing = dict.fromkeys(
        (
            "input_tokens",
            "cache_read_tokens",
            "cache_write_tokens",
            "output_tokens",
            "reasoning_tokens",
            "cost_nano_usd",
            "first_token_ms",
            "stop",
        )
    )
    return row._replace(
        **nothing,
        status=status,
        error=error,
        error_text=text,
        upstream_status=status,
        duration_ms=60_000 if error == "timeout" else row.first_token_ms or 0,
        input_estimated=False,
        output_estimated=False,
        losses=None,
    )


def _retried(row: LogRow, accounts: list[str]) -> LogRow:
    """The first account has reached its limit, the second answers."""
    first = Attempt(accounts[0], 1, 212, "rate_limit", 429)
    second = Attempt(accounts[1], 214, row.duration_ms)
    return row._replace(
        account_id=accounts[1],
        attempts=2,
        attempt_list=_texts(str(first), str(second)),
        duration_ms=row.duration_ms + 214,
        first_token_ms=(row.first_token_ms or 0) + 214,
    )


def _texts(*texts: str) -> str:
    return msgspec.json.encode(texts).decode()
