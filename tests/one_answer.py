"""One answer at a time, over a real upstream on loopback and the ASGI messages a server would see."""

from __future__ import annotations

import asyncio

from isthmus.core.commands import Errand, Exchange, Fetch, Fetched
from isthmus.core.interfaces import Signing
from isthmus.dialects.anthropic import Style, dialect
from isthmus.server.answering import Answering
from isthmus.server.job import Job, Once
from isthmus.server.records import Record
from isthmus.server.reply import Pace
from isthmus.server.sources import Keeping, unauthorized
from isthmus.transport.http import Channel, Http, Limits
from one_client import Client

SIGNING = Signing("asked-for", "words", "0" * 24, 1_700_000_000, 42)


class Stage:
    """Everything around one answer."""

    def __init__(
        self, http: Http, *, stream: bool = True, pace: Pace | None = None, limits: Limits | None = None
    ) -> None:
        self.client = Client()
        self.record = Record("req_1", 0.0, "messages")
        self.put_off: list[Errand] = []
        self.job = Job(
            dialect,
            http.channel(limits or Limits()),
            self.record,
            [(b"request-id", b"req_1")],
            unauthorized,
            self.fetch,
            self.later,
            pace or Pace(),
            stream,
            style=Style(),
            signing=SIGNING,
        )

    async def fetch(self, command: Fetch) -> Fetched:
        return Fetched("image/png", command.url.encode())

    def later(self, channel: Channel, errand: Errand, keep: Keeping) -> None:
        self.put_off.append(errand)

    async def run(self, exchange: Exchange) -> Client:
        await asyncio.wait_for(
            Answering(self.job, self.client.receive, self.client.send).run(Once(exchange)), 10
        )
        return self.client
