"""How long pages of a long request log and its statistics take on SQLite.

    python -m bench.log_page [--rows N] [--keep FILE]

The log is made by the gateway's own code, a batch after another, as a busy team would: few models and providers, dozens of keys, hundreds
of addresses, three failures in a hundred. Every query is then asked several times on a connection that is already open.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Final

from isthmus.observability.log_row import LogRow
from isthmus.storage.database import open_database
from isthmus.storage.log_filter import LogFilter
from isthmus.storage.request_logs import Position, RequestLogs
from isthmus.storage.request_sums import DAY_MS, Dimension, RequestSums, Slice, Span

DAYS: Final = 30
END_MS: Final = 1_793_000_000_000
AIM_MS: Final = 50.0
BATCH: Final = 1000
PAGE: Final = 50
ASKED: Final = 7
KEYS: Final = 40
ACCOUNTS: Final = 20
CLIENTS: Final = 300
MODELS: Final = tuple(f"model-{number}" for number in range(8))
RARE: Final = "rare"
"""One request in a hundred thousand has this key, account, provider, model and address."""


def made(rows: int) -> Iterator[LogRow]:
    """The same rows every time."""
    chance = random.Random(3)
    step_ms = DAYS * DAY_MS / rows
    for number in range(rows):
        started_ms = int(END_MS - DAYS * DAY_MS + number * step_ms)
        yield _row(number, started_ms, chance, rare=number % 100_000 == 50_000)


def _row(number: int, started_ms: int, chance: random.Random, *, rare: bool) -> LogRow:
    key = min(int(chance.expovariate(0.1)), KEYS - 1)
    model = RARE if rare else MODELS[(key + chance.randrange(2)) % len(MODELS)]
    error = chance.choice(["rate_limit", "upstream", "overloaded"]) if chance.random() < 0.03 else None
    return LogRow(
        request_id=f"req_{started_ms:011x}{chance.getrandbits(52):013x}",
        started_ms=started_ms,
        endpoint="messages",
        dialect="anthropic",
        status=529 if rare else 200 if error is None else chance.choice([429, 500, 502]),
        duration_ms=int(chance.lognormvariate(8.5, 1)),
        client=RARE if rare else f"10.0.{key}.{chance.randrange(CLIENTS // KEYS)}",
        key_id=RARE if rare else f"key_{key:020x}",
        account_id=RARE if rare else f"acc_{key % ACCOUNTS:020x}",
        provider=RARE if rare else f"provider-{key % 3}",
        lane="translated",
        model_asked=f"claude-{model}" if model == MODELS[0] else model,
        model_used=model,
        streamed=chance.random() < 0.8,
        error="not_found" if rare else error,
        error_text=None if error is None else "the upstream said that it is overloaded: try again later",
        stop="end_turn",
        input_tokens=chance.randrange(50_000),
        cache_read_tokens=chance.randrange(100_000),
        cache_write_tokens=0,
        output_tokens=chance.randrange(4000),
        reasoning_tokens=0,
        cost_nano_usd=chance.randrange(10**8),
        first_token_ms=int(chance.lognormvariate(6.5, 0.7)),
        upstream_request_id=f"req_01{number:020x}",
    )


FILTERS: Final = {
    "all": LogFilter(),
    "a day in the middle": LogFilter(since_ms=END_MS - 15 * DAY_MS, until_ms=END_MS - 14 * DAY_MS),
    "key, common": LogFilter(key_id=f"key_{0:020x}"),
    "key, rare": LogFilter(key_id=RARE),
    "account, common": LogFilter(account_id=f"acc_{0:020x}"),
    "account, rare": LogFilter(account_id=RARE),
    "provider, common": LogFilter(provider="provider-0"),
    "provider, rare": LogFilter(provider=RARE),
    "model, common": LogFilter(model="model-1"),
    "model, asked for": LogFilter(model="claude-model-0"),
    "model, rare": LogFilter(model=RARE),
    "client address, common": LogFilter(client="10.0.0.1"),
    "client address, rare": LogFilter(client=RARE),
    "status 200": LogFilter(status=200),
    "status 429": LogFilter(status=429),
    "status 529, rare": LogFilter(status=529),
    "5xx": LogFilter(status_class=5),
    "2xx": LogFilter(status_class=2),
    "failed": LogFilter(succeeded=False),
    "succeeded": LogFilter(succeeded=True),
    "error, common": LogFilter(error="upstream"),
    "error, rare": LogFilter(error="not_found"),
    "streamed": LogFilter(streamed=True),
    "text in many": LogFilter(text="claude"),
    "text in few": LogFilter(text=RARE),
    "text in none": LogFilter(text="no such words"),
    "key and model and failed": LogFilter(key_id=f"key_{0:020x}", model="model-1", succeeded=False),
    "a holder's five keys": LogFilter(keys=frozenset(f"key_{number:020x}" for number in range(5))),
}
LONG: Final = Slice(END_MS - DAYS * DAY_MS, END_MS)
DAY: Final = Slice(END_MS - DAY_MS, END_MS)
DEEP: Final = Position(END_MS - 25 * DAY_MS, 2**62)


async def fill(logs: RequestLogs, rows: int) -> float:
    """CPU microseconds per row of writing, all threads, without making the rows."""
    spent_s = 0.0
    batch: list[LogRow] = []
    for row in made(rows):
        batch.append(row)
        if len(batch) == BATCH:
            started_s = time.process_time()
            await logs.save(batch)
            spent_s += time.process_time() - started_s
            batch = []
    if batch:
        await logs.save(batch)
    return spent_s / max(1, rows - len(batch)) * 1e6


async def median_ms(ask: Callable[[], Awaitable[object]]) -> float:
    took = []
    for _ in range(ASKED):
        started_s = time.perf_counter()
        await ask()
        took.append((time.perf_counter() - started_s) * 1000)
    return statistics.median(took)


async def measure(file: Path, rows: int) -> bool:
    """Prints the table; whether every page stayed within the aim."""
    database = await open_database(f"sqlite+aiosqlite:///{file}")
    sums = RequestSums(database)
    logs = RequestLogs(database, sums)
    try:
        if not await logs.last_id():
            spent_us = await fill(logs, rows)
            print(f"{rows:,} rows: {spent_us:.1f} µs CPU each to write\n")
        print(f"| page of {PAGE} rows | first, ms | 25 days back, ms |\n| --- | ---: | ---: |")
        slowest = 0.0
        for name, wanted in FILTERS.items():
            first = await median_ms(lambda wanted=wanted: logs.page(wanted, PAGE))  # type: ignore[misc]
            deep = await median_ms(lambda wanted=wanted: logs.page(wanted, PAGE, DEEP))  # type: ignore[misc]
            print(f"| {name} | {first:.1f} | {deep:.1f} |")
            slowest = max(slowest, first, deep)
        await _statistics(logs, sums)
    finally:
        await database.close()
    return slowest < AIM_MS


async def _statistics(logs: RequestLogs, sums: RequestSums) -> None:
    print("\n| statistics of 30 days | ms |\n| --- | ---: |")
    asked: dict[str, Callable[[], Awaitable[object]]] = {
        "in all": lambda: sums.sums(LONG),
        "by model": lambda: sums.sums(LONG, Dimension.MODEL),
        "by key": lambda: sums.sums(LONG, Dimension.KEY),
        "by hour": lambda: sums.sums(LONG, None, Span.HOUR),
        "of the last day by hour and model": lambda: sums.sums(DAY, Dimension.MODEL, Span.HOUR),
        "by day and model": lambda: sums.sums(LONG, Dimension.MODEL, Span.DAY),
        "of one key, in all": lambda: sums.sums(Slice(LONG.since_ms, LONG.until_ms, keys={RARE})),
        "requests of the last minute": lambda: logs.traffic(END_MS - 60_000),
    }
    for name, ask in asked.items():
        print(f"| {name} | {await median_ms(ask):.1f} |")


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m bench.log_page", description="Pages of a long request log."
    )
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows in the log (default 1000000)")
    parser.add_argument(
        "--keep", type=Path, metavar="FILE", help="make the database here, or use what is here"
    )
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        within = asyncio.run(measure(asked.keep or Path(folder) / "log.db", asked.rows))
    if not within:
        print(f"\na page took more than {AIM_MS:.0f} ms", file=sys.stderr)
    return 0 if within else 1


if __name__ == "__main__":
    sys.exit(main())
