"""Who may pass, and how often: blocked addresses, keys, rate limits, budgets.

A request passes `enter` before its body is read and `reserve` once its size is known; `settle` puts what was really used in
place of the estimate, whatever became of the request.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from isthmus.core.commands import Headers
from isthmus.core.errors import BadRequest, Kind
from isthmus.core.interfaces import MESSAGES
from isthmus.core.usage import Usage
from isthmus.routing.limit_headers import anthropic_headers, openai_headers
from isthmus.routing.limits import Calendar, Demand, Limit, Limiter, Refused, Standing, Unit
from isthmus.server.callers import Callers
from isthmus.server.relay import CHARACTERS_PER_TOKEN
from isthmus.server.visit import Visit, pairs

OUTPUT_RESERVE_TOKENS: Final = 256
"""Reserved beside the request's own size, as nobody knows how long an answer will be; the rest is settled afterwards."""
TOKENS_PER_FILE: Final = 1600
"""What vendors count for a large image."""
_FILE: Final = re.compile(rb"[A-Za-z0-9+/]{4096,}")
"""A file in base64. No word is as long."""
Blocked = Callable[[str, float], str | None]
"""Client address and time → why it is refused; None when it is not."""
CostOf = Callable[[str, str, Usage], int | None]
"""Provider, upstream model, usage → nano-dollars; None when nobody knows the price."""


@dataclass(slots=True)
class Admission:
    """Its parts are replaced while requests run; each request uses what it finds."""

    limiter: Limiter
    callers: Callers
    blocked: Blocked = lambda address, now_s: None
    ip_limits: tuple[Limit, ...] = ()
    cost_of: CostOf = lambda provider, model, usage: None

    def check_address(self, client: str) -> None:
        """Raises `BadRequest` (permission) for an address on the block list."""
        if (reason := self.blocked(client, time.time())) is not None:
            said = f": {reason}" if reason else ""
            raise BadRequest(f"address {client} is blocked{said}", kind=Kind.PERMISSION, should_retry=False)

    async def enter(self, visit: Visit) -> None:
        """Raises `BadRequest` when the key is missing or no good, or the address asks too often."""
        request = visit.request
        await self.limit_address(request.client)
        visit.caller = self.callers.find(request.headers, request.client, time.time())
        visit.record.key = visit.caller.id

    async def limit_address(self, client: str) -> None:
        """Counts a request of this address. Raises `BadRequest` when it asks too often."""
        if self.ip_limits and client:
            taken = await self.limiter.reserve(f"ip:{client}", self.ip_limits, Demand(), time.time())
            if isinstance(taken, Refused):
                raise refusal(taken, f"address {client}")

    async def reserve(self, visit: Visit, body: bytes) -> None:
        """Takes the request's place in its key's limits, and says in headers how they stand. Raises `BadRequest`."""
        caller = visit.caller
        if not caller.limits:
            return
        now_s = time.time()
        demand = Demand(1, _input_tokens(body) + OUTPUT_RESERVE_TOKENS)
        taken = await self.limiter.reserve(caller.subject, caller.limits, demand, now_s)
        if caller.told:
            standing = await self.limiter.standing(caller.subject, caller.told, now_s)
            visit.headers += pairs(_told(visit.dialect.name, standing, now_s))
        if isinstance(taken, Refused):
            raise refusal(taken, f"API key {caller.name!r}")
        visit.reservation = taken

    async def settle(self, visit: Visit) -> None:
        """What the request cost with all it led to, and the place it had. Never raises for what the record lacks."""
        tokens = cost = 0
        for record in (visit.record, *visit.record.caused):
            usage = record.usage
            if usage is None:
                continue
            if record.provider is not None and record.model_used is not None:
                record.cost_nano_usd = self.cost_of(record.provider, record.model_used, usage)
            tokens += usage.total_tokens
            cost += record.cost_nano_usd or 0
        if visit.reservation is not None:
            await self.limiter.settle(visit.reservation, Demand(1, tokens, cost), time.time())


def _input_tokens(body: bytes) -> int:
    """A guess, corrected when the answer has ended. Files within the body are not text: counted by their size, one image
    would be more than most keys may use in a minute."""
    # The search costs a millisecond per megabyte, so only what names such a file pays for it.
    if b"base64" not in body:
        return len(body) // CHARACTERS_PER_TOKEN
    files = list(_FILE.finditer(body))
    text_bytes = len(body) - sum(each.end() - each.start() for each in files)
    return text_bytes // CHARACTERS_PER_TOKEN + len(files) * TOKENS_PER_FILE


def _told(dialect: str, standing: Sequence[Standing], now_s: float) -> Headers:
    return anthropic_headers(standing, now_s) if dialect == MESSAGES else openai_headers(standing)


def refusal(refused: Refused, who: str) -> BadRequest:
    """A budget comes back tomorrow or next month, which no client should wait for; a rate limit in seconds."""
    limit = refused.limit
    is_budget = isinstance(limit.window, Calendar) and limit.unit is not Unit.REQUESTS
    return BadRequest(
        f"{who} has reached its limit: {refused.message}",
        kind=Kind.BILLING if is_budget else Kind.RATE_LIMIT,
        retry_after_s=refused.retry_after_s,
        should_retry=False if is_budget or refused.retry_after_s is None else None,
    )
