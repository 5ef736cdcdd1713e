"""What endpoints do for clients is shown through the whole application in `test_gateway`; here is what does not show there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from asgi import ask
from isthmus.core.commands import Call, Errand, Exchange, Later
from isthmus.core.conversation import Conversation
from isthmus.core.interfaces import Target
from isthmus.server.offer import Offer
from isthmus.server.sources import Source
from isthmus.transport.http import Http, Limits
from plainly import Wordy, lines, upstream, words
from whole import gateway

HELLO = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "hello"}]}


@pytest.fixture
async def http() -> AsyncIterator[Http]:
    async with Http() as opened:
        yield opened


class Tidy(Wordy):
    native = frozenset[str]()

    def exchange(self, conversation: Conversation, target: Target) -> Exchange:
        yield Later(tidy(self.url))
        yield from words(self.url)


def tidy(url: str) -> Errand:
    yield Call("DELETE", url)


async def test_what_an_exchange_puts_off_is_done_behind_its_answer(http: Http) -> None:
    async with upstream(lines("begin", "x", "end")) as up:
        app = gateway(Source(Tidy(up.url), http.channel(Limits())))
        assert (await ask(app, "POST", "/v1/messages", HELLO)).status == 200
        await app.endpoints.errands.close()
        assert up.asked == 2


async def test_endpoints_with_another_offer_have_the_same_errands(http: Http) -> None:
    served = gateway(Source(Wordy(""), http.channel(Limits()))).endpoints
    other = replace(served, offer=Offer.of({}, served.offer.directory))
    assert other.errands is served.errands
    assert other.offer is not served.offer
