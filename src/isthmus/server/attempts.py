"""The accounts tried for one request: never one twice, so many at most, each with its line in the record."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

from isthmus.core.commands import Exchange
from isthmus.core.errors import UpstreamError
from isthmus.routing.pool import AccountId, Exhausted, Lease
from isthmus.server.job import Job
from isthmus.server.records import Attempt
from isthmus.server.sources import Source
from isthmus.server.suppliers import Supplier

_IN_ANY_CASE: Final = 2
"""So many accounts are tried however long the first one took to fail."""


@dataclass(slots=True)
class AccountAttempts:
    """For `Answering`. `end` must be called when the answer is over, however it ended."""

    supplier: Supplier
    model: str
    job: Job
    make: Callable[[Source], Exchange]
    affinity: str | None = None
    tokens: int = 0
    """Estimate of the request, for accounts with limits of their own."""
    _tried: list[AccountId] = field(default_factory=list, init=False)
    _lease: Lease | None = field(default=None, init=False)
    _began_s: float = field(default=0.0, init=False)

    async def begin(self, failure: UpstreamError | None) -> Exchange:
        """With the next account. Raises `UpstreamError`: the failure, or what sums up the state of all accounts."""
        if failure is not None:
            self._close(failure)
            if len(self._tried) >= self.supplier.max_attempts:
                raise failure
            if self._left_s() == 0.0:
                after_s = self.supplier.failover_timeout_s
                self.job.record.notes.append(f"no further account was tried after {after_s:g} s of failures")
                raise failure
        record, wanted_s = self.job.record, time.monotonic()
        chosen = await self.supplier.lease(
            self.model, self.affinity, self.tokens, self._tried, within_s=self._left_s()
        )
        self._began_s = time.monotonic()
        waited_s = self._began_s - wanted_s
        if failure is not None:
            record.attempt_list[-1] = replace(record.attempt_list[-1], waited_ms=round(waited_s * 1000))
        else:
            record.queued_s = waited_s
            self.job.repeated_until_s = self._began_s + self.supplier.failover_timeout_s
        if isinstance(chosen, Exhausted):
            raise self.supplier.refusal(chosen, failure, f"model {self.model!r}")
        self._lease = chosen
        self._tried.append(chosen.account)
        record.account = chosen.account
        if failure is None:
            record.first_attempt_s = self._began_s
        source = self.supplier.source(chosen.account)
        self.job.channel, self.job.authorize = source.channel, source.authorize
        self.job.keep, self.job.rest, self.job.spare = source.keep, None, None
        self.job.crew = source.crew
        return self.make(source)

    def _left_s(self) -> float | None:
        """For one more account. None: as long as it takes."""
        if len(self._tried) < _IN_ANY_CASE:
            return None
        return max(0.0, self.job.repeated_until_s - time.monotonic())

    def answered(self) -> None:
        if self._lease is not None:
            self.supplier.answered(self._lease)

    def end(self, failure: UpstreamError | None) -> None:
        """Gives the place back. `failure` is what ended the last attempt, None when it went well or the client left."""
        self._close(failure)

    def _close(self, failure: UpstreamError | None) -> None:
        lease, self._lease = self._lease, None
        if lease is None:
            return
        record = self.job.record
        if failure is not None or record.attempt_list:
            begun_ms = round((self._began_s - record.started_s) * 1000)
            took_ms = round((time.monotonic() - self._began_s) * 1000)
            record.attempt_list.append(Attempt.of(lease.account, failure, begun_ms, took_ms))
        used = record.usage if failure is None else None
        tokens_in, tokens_out = (used.all_input_tokens, used.output_tokens) if used is not None else (0, 0)
        self.supplier.release(lease, failure, tokens_in, tokens_out, rest=self.job.rest, spare=self.job.spare)
