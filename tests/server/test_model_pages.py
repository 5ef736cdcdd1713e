"""Which rows there are is for `test_models`; here is who sees them."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from asgi import ask
from isthmus.providers.dummy import Dummy
from isthmus.routing.model_map import ModelMap
from isthmus.routing.permissions import KeyTerms, key_hash
from isthmus.server.callers import Caller, Callers
from isthmus.server.gateway import Gateway
from isthmus.server.sources import Source
from isthmus.transport.http import Http, Limits
from whole import gateway

KEY = "k" * 20
HEADERS = {"x-api-key": KEY}
EXAMPLES = ModelMap({"plain": "dummy-text", "loud": "dummy-echo"})


@pytest.fixture
async def http() -> AsyncIterator[Http]:
    async with Http() as opened:
        yield opened


def app(http: Http, terms: KeyTerms = KeyTerms()) -> Gateway:  # noqa: B008 - immutable
    callers = Callers({key_hash(KEY): Caller("key_1", terms=terms)}, required=True)
    sources = [Source(Dummy(name), http.channel(Limits())) for name in ("one", "two")]
    return gateway(*sources, callers=callers, maps={"one": EXAMPLES, "two": EXAMPLES})


async def ids(app: Gateway, path: str = "/v1/models") -> list[str]:
    reply = await ask(app, "GET", path, headers=HEADERS)
    assert reply.status == 200
    return [row["id"] for row in reply.json["data"]]


async def test_a_caller_without_terms_sees_all(http: Http) -> None:
    assert sorted(await ids(app(http))) == ["loud", "plain"]
    assert await ids(app(http), "/v1/models?limit=1&after_id=plain") == ["loud"]


async def test_a_caller_sees_what_it_may_use_and_no_more(http: Http) -> None:
    limited = app(http, KeyTerms(models=("plain",)))
    assert await ids(limited) == ["plain"]
    assert (await ask(limited, "GET", "/v1/models/plain", headers=HEADERS)).json["id"] == "plain"
    hidden = await ask(limited, "GET", "/v1/models/loud", headers=HEADERS)
    assert hidden.status == 404
    assert "loud is not in the list" in hidden.json["error"]["message"]


async def test_a_provider_in_the_path_has_a_list_of_its_own(http: Http) -> None:
    limited = app(http, KeyTerms(providers=("two",)))
    assert await ids(limited, "/two/v1/models") == ["plain", "loud"]
    assert await ids(limited, "/one/v1/models") == []
    assert (await ask(limited, "GET", "/none/v1/models", headers=HEADERS)).status == 404
