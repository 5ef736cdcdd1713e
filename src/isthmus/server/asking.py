"""Questions that the gateway itself asks a model on a client's behalf: by the same accounts, with the same failover, and with
a line of their own in the log."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from typing import Final

from isthmus.core.commands import Exchange
from isthmus.core.conversation import Conversation
from isthmus.core.errors import GatewayError, Kind, Next, UpstreamError
from isthmus.core.fold import Answer, SaidText
from isthmus.core.interfaces import Signing, Target
from isthmus.server.answering import Answering
from isthmus.server.attempts import AccountAttempts
from isthmus.server.failures import note_error
from isthmus.server.job import Attempts, Delivery, Job
from isthmus.server.records import Record
from isthmus.server.reply import Message, StreamReply
from isthmus.server.request import new_request_id
from isthmus.server.sources import Source
from isthmus.server.suppliers import Supplier
from isthmus.server.visit import Visit
from isthmus.server.whole import WholeAnswer
from isthmus.shaping.estimate import estimate_tokens
from isthmus.shaping.fit import fit

ENDPOINT: Final = "summary"
"""What the log says in the place of a path."""


class _Kept(WholeAnswer):
    """An answer that is kept instead of sent."""

    kept: Answer | None = None

    async def complete(self) -> None:
        answer = self.answer()
        await self.settle()
        self._job.record.status = 200
        self.kept = answer


class _Asking(Answering):
    given: _Kept

    def _deliver(self, reply: StreamReply | None, attempts: Attempts) -> Delivery:
        self.given = _Kept(self._job, self._send, self._watch, attempts)
        return self.given


async def ask(conversation: Conversation, supplier: Supplier, target: Target, job: Job, visit: Visit) -> str:
    """The text of the answer, for the visit that it is needed for. `job` is as for an answer to that visit.

    Raises `GatewayError` when there is none, `ClientLeft` when the client has gone.
    """
    shaped = fit(conversation, target)
    record = _record(visit, supplier, target)
    record.losses = shaped.losses
    estimate = estimate_tokens(shaped.conversation, target.model)
    id = record.request_id.removeprefix("req_")
    job = replace(job, record=record, headers=[], stream=False)
    job.signing = Signing(target.model, supplier.name, id, int(time.time()), estimate)

    def make(source: Source) -> Exchange:
        return source.provider.exchange(shaped.conversation, target)

    attempts = AccountAttempts(supplier, target.model, job, make, None, estimate)
    asking = _Asking(job, visit.request.receive, _nobody)
    try:
        await asking.run(attempts)
        answer = asking.given.kept
        assert answer is not None
        text = "".join(said.text for said in answer.blocks if isinstance(said, SaidText)).strip()
        if not text:
            raise UpstreamError("the model said nothing")
    except GatewayError as error:
        failure = _late() if _is_cancelled() else error
        note_error(record, failure)
        record.status = 502
        raise failure from None
    finally:
        attempts.end(asking.failure)
    return text


def _record(visit: Visit, supplier: Supplier, target: Target) -> Record:
    """A line of the log of its own; each of the two names the other."""
    record = Record(
        new_request_id(),
        time.monotonic(),
        ENDPOINT,
        visit.dialect.name,
        supplier.name,
        key=visit.record.key,
        lane="translated",
        model_asked=target.model,
        model_used=target.model,
        client=visit.record.client,
        notes=[f"for {visit.record.request_id}"],
    )
    visit.record.caused.append(record)
    visit.record.notes.append(f"summarised by {record.request_id}")
    return record


def _is_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _late() -> UpstreamError:
    return UpstreamError("the answer was not there in time", kind=Kind.TIMEOUT, next=Next.NOTHING)


async def _nobody(message: Message) -> None:
    raise AssertionError("an answer for the gateway itself was about to be sent")
