from __future__ import annotations

from typing import Any

import pytest

from isthmus.core.errors import BadRequest, Kind
from isthmus.core.interfaces import Envelope, Rendered
from isthmus.dialects import anthropic
from isthmus.server.paths import Endpoint, Place
from isthmus.server.records import Record
from isthmus.server.request import Request
from isthmus.server.visit import Visit, own_headers, pairs


class Sent:
    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []

    async def send(self, message: Any) -> None:
        self.messages.append(dict(message))

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        headers: list[tuple[bytes, bytes]] = self.messages[0]["headers"]
        return headers


async def nothing() -> Any:
    raise AssertionError


def visit(sent: Sent, method: str = "POST", **headers: str) -> Visit:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = Request(method, "/v1/messages", b"", named, "127.0.0.1", "req_1", nothing, received=True)
    record = Record("req_1", 0.0, "messages")
    return Visit(
        request, Place(Endpoint.MESSAGES), anthropic.dialect, record, own_headers("req_1"), sent.send
    )


async def test_every_answer_names_its_request() -> None:
    sent = Sent()
    await visit(sent).reply(200, b"{}")
    assert {(b"request-id", b"req_1"), (b"x-request-id", b"req_1")} <= set(sent.headers)
    assert (b"content-type", b"application/json") in sent.headers


async def test_an_empty_answer_has_no_type() -> None:
    sent = Sent()
    await visit(sent).reply(204, b"")
    assert not any(name == b"content-type" for name, _ in sent.headers)


async def test_a_refusal_carries_its_own_headers_and_is_recorded() -> None:
    sent, asked = Sent(), visit(Sent())
    asked.send = sent.send
    await asked.refuse(Rendered(429, b"{}", (("retry-after", "3"),)))
    assert (b"retry-after", b"3") in sent.headers
    assert asked.record.status == 429


def test_other_methods_are_refused_with_the_right_one() -> None:
    visit(Sent()).only("POST")
    with pytest.raises(BadRequest, match="use GET") as caught:
        visit(Sent()).only("GET")
    assert caught.value.kind is Kind.NOT_FOUND


def test_what_names_the_client_or_its_key_is_not_forwarded() -> None:
    asked = visit(
        Sent(),
        authorization="Bearer k",
        x_api_key="k",
        cookie="c",
        origin="o",
        anthropic_beta="b",
        x_forwarded_for="1.2.3.4",
    )
    request = asked.forwarded(b"{}", Envelope("m", stream=True))
    assert request.headers == {"anthropic-beta": "b"}
    assert (request.path, request.model, request.stream) == ("/v1/messages", "m", True)


def test_headers_are_bytes_of_latin_1() -> None:
    assert pairs((("retry-after", "3"), ("x", "→"))) == [(b"retry-after", b"3"), (b"x", b"?")]
