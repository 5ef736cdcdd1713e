"""The official client is the judge: it reads our bytes from a real server on the loopback."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import anthropic
import pytest
from aiohttp import web

from dialects.anthropic import streams
from dialects.anthropic.streams import add_up
from dialects.anthropic.wire_cases import SIGNING, transcript
from isthmus.core.errors import BadRequest, GatewayError, Kind, UpstreamError
from isthmus.core.events import Event
from isthmus.core.fold import fold
from isthmus.core.interfaces import MESSAGES, Dialect
from isthmus.dialects.anthropic import Style, dialect

MESSAGES_PATH = "/v1/messages"


@dataclass
class Answering:
    """A server that gives one prepared answer to every request, and remembers what it was asked."""

    client: anthropic.AsyncAnthropic
    body: bytes = b""
    content_type: str = "text/event-stream; charset=utf-8"
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    asked: bytes = b""
    times_asked: int = 0

    async def handle(self, request: web.Request) -> web.Response:
        self.asked = await request.read()
        self.times_asked += 1
        headers = {**dict(self.headers), "content-type": self.content_type}
        return web.Response(body=self.body, status=self.status, headers=headers)

    def stream(self) -> Any:
        return self.client.messages.stream(
            model="m", max_tokens=9, messages=[{"role": "user", "content": "hi"}]
        )

    async def create(self) -> Any:
        return await self.client.messages.create(
            model="m", max_tokens=9, messages=[{"role": "user", "content": "hi"}]
        )


@pytest.fixture
async def server() -> AsyncIterator[Answering]:
    client = anthropic.AsyncAnthropic(base_url="http://127.0.0.1:1", api_key="k", max_retries=1)
    answering = Answering(client)
    app = web.Application()
    app.router.add_post(MESSAGES_PATH, answering.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    answering.client = client.with_options(base_url=f"http://{host}:{port}")
    yield answering
    await answering.client.close()
    await runner.cleanup()


def told(message: Any) -> dict[str, Any]:
    """What the client understood, as plain data, without the fields it fills in by itself."""
    whole: dict[str, Any] = message.model_dump(mode="json", exclude_unset=True)
    return whole


@pytest.mark.parametrize(
    "events", [streams.THINKING_TEXT_TWO_TOOLS, streams.CLAUDES_OWN, streams.REFUSED, streams.NOTHING_SAID]
)
async def test_the_client_understands_a_stream(server: Answering, events: tuple[Event, ...]) -> None:
    server.body = dialect.stream_encoder(Style(), SIGNING).encode(events)
    async with server.stream() as stream:
        final = told(await stream.get_final_message())
    expected = add_up(server.body)
    for name in ("id", "model", "role", "stop_reason", "stop_sequence"):
        assert final[name] == expected[name]
    assert final["content"] == expected["content"]
    for name in ("input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens"):
        assert final["usage"][name] == expected["usage"][name]


@pytest.mark.parametrize(
    "events", [streams.THINKING_TEXT_TWO_TOOLS, streams.CLAUDES_OWN, streams.REFUSED, streams.NOTHING_SAID]
)
async def test_the_client_understands_a_plain_answer(server: Answering, events: tuple[Event, ...]) -> None:
    server.body = dialect.encode_answer(fold(events), Style(), SIGNING)
    server.content_type = "application/json"
    assert told(await server.create())["content"] == add_up(transcript_of(events))["content"]


def transcript_of(events: tuple[Event, ...]) -> bytes:
    return dialect.stream_encoder(Style(), SIGNING).encode(events)


async def test_the_client_raises_where_a_stream_broke_off(server: Answering) -> None:
    """STR-15"""
    server.body = transcript("cut_in_a_call.sse")
    with pytest.raises(anthropic.APIStatusError, match="upstream stream ended early"):
        async with server.stream() as stream:
            await stream.get_final_message()


async def test_pings_disturb_nobody(server: Answering) -> None:
    """STR-17"""
    frames = transcript("claudes_own_blocks.sse").split(b"\n\n")[:-1]
    server.body = b"".join(dialect.keep_alive() + frame + b"\n\n" for frame in frames)
    async with server.stream() as stream:
        final = told(await stream.get_final_message())
    assert [block["type"] for block in final["content"]][-1] == "text"


@pytest.mark.parametrize(
    ("error", "raised", "times"),
    [
        (BadRequest("x"), anthropic.BadRequestError, 1),
        (UpstreamError("x", kind=Kind.CONTEXT_OVERFLOW, tokens=9, limit=8), anthropic.BadRequestError, 1),
        (BadRequest("x", kind=Kind.AUTHENTICATION), anthropic.AuthenticationError, 1),
        (BadRequest("x", kind=Kind.PERMISSION), anthropic.PermissionDeniedError, 1),
        (BadRequest("m", kind=Kind.MODEL_NOT_FOUND), anthropic.NotFoundError, 1),
        (BadRequest("x", kind=Kind.TOO_LARGE), anthropic.RequestTooLargeError, 1),
        (UpstreamError("x", kind=Kind.RATE_LIMIT, retry_after_s=0), anthropic.RateLimitError, 2),
        (
            BadRequest("x", kind=Kind.RATE_LIMIT, retry_after_s=0, should_retry=False),
            anthropic.RateLimitError,
            1,
        ),
        (UpstreamError("x", kind=Kind.OVERLOADED, retry_after_s=0), anthropic.OverloadedError, 2),
        (UpstreamError("x", kind=Kind.UPSTREAM, retry_after_s=0), anthropic.InternalServerError, 2),
        (BadRequest("x", kind=Kind.NOT_SUPPORTED), anthropic.InternalServerError, 1),
        (BadRequest("x", kind=Kind.BILLING), anthropic.APIStatusError, 1),
    ],
)
async def test_the_client_raises_the_right_error_and_retries_where_it_helps(
    server: Answering, error: GatewayError, raised: type[anthropic.APIStatusError], times: int
) -> None:
    """ERR-05, ERR-06"""
    rendered = dialect.render_error(error, "req_1")
    server.status, server.body, server.headers = rendered.status, rendered.body, rendered.headers
    server.content_type = "application/json"
    with pytest.raises(raised) as caught:
        await server.create()
    assert caught.value.status_code == rendered.status
    assert server.times_asked == times


async def test_what_the_client_sends_is_read(server: Answering) -> None:
    server.body = dialect.stream_encoder(Style(), SIGNING).encode(streams.NOTHING_SAID)
    async with server.stream() as stream:
        await stream.get_final_message()
    assert dialect.envelope(server.asked).stream
    conversation = dialect.parse(server.asked, {"anthropic-version": "2026-10-21"}).conversation
    assert (conversation.model, conversation.max_tokens, conversation.stream) == ("m", 9, True)


def test_it_is_a_dialect() -> None:
    spoken: Dialect = dialect
    assert spoken.name == MESSAGES
    assert spoken.error_frame(BadRequest("x"), "req_1").startswith(b"event: error\n")


def test_counting_tokens() -> None:
    sent = b'{"model":"m","messages":[{"role":"user","content":"hi"}]}'
    assert dialect.parse_for_count(sent, {}).conversation.max_tokens is None
