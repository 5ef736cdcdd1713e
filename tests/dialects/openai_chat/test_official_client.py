"""What openai-python makes of our bytes, over a real socket: the judge of everything the other tests only claim."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import openai
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from dialects.openai_chat import streams
from dialects.openai_chat.chat_cases import SIGNING
from dialects.openai_chat.streams import add_up
from isthmus.core.conversation import Opaque
from isthmus.core.errors import GatewayError, Kind
from isthmus.core.events import (
    BLOCK_STOPPED,
    THINKING_STARTED,
    Event,
    Finished,
    OpaqueDelta,
    Stop,
    ThinkingDelta,
)
from isthmus.core.fold import fold
from isthmus.core.interfaces import ModelInfo
from isthmus.dialects.openai_chat import Style, completions, dialect, model_object, models_page
from isthmus.dialects.openai_chat.encode import PING

ASKED: dict[str, Any] = {"model": "gpt-5.6", "messages": [{"role": "user", "content": "hi"}]}
WITH_USAGE = Style(include_usage=True)


@asynccontextmanager
async def client_of(
    body: bytes, *, status: int = 200, headers: Sequence[tuple[str, str]] = (), stream: bool = False
) -> AsyncIterator[openai.AsyncOpenAI]:
    """The official client, in front of a server that answers everything with `body`."""

    async def answer(request: web.Request) -> web.Response:
        kind = "text/event-stream" if stream else "application/json"
        return web.Response(status=status, body=body, headers=[("content-type", kind), *headers])

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    async with TestServer(app) as server:
        client = openai.AsyncOpenAI(
            api_key="sk-test", base_url=str(server.make_url("/v1")), max_retries=0, timeout=10
        )
        async with client:
            yield client


def encode(events: Sequence[Event], style: Style = WITH_USAGE) -> bytes:
    return dialect.stream_encoder(style, SIGNING).encode(events)


async def accumulated(stream: bytes) -> Any:
    asked = {**ASKED, "stream_options": {"include_usage": True}}
    async with (
        client_of(PING + stream, stream=True) as client,
        client.chat.completions.stream(**asked) as events,
    ):
        return await events.get_final_completion()


async def test_a_stream_is_accumulated_as_it_was_said() -> None:
    """STR-18"""
    stream = encode(streams.THINKING_TEXT_TWO_TOOLS)
    completion = await accumulated(stream)
    message = completion.choices[0].message
    assert (message.role, message.content) == ("assistant", 'Running both: "é"\n')
    assert [
        (each.id, each.type, each.function.name, each.function.arguments) for each in message.tool_calls
    ] == [
        ("toolu_1", "function", "Bash", '{"command":"true"}'),
        ("toolu_2", "function", "ListAgents", "{}"),
    ]
    assert message.reasoning_content == "Two commands."
    assert completion.choices[0].finish_reason == "tool_calls"
    assert (completion.usage.prompt_tokens, completion.usage.total_tokens) == (100, 120)
    assert completion.usage.prompt_tokens_details.cached_tokens == 75


async def test_thoughts_the_client_accumulated_can_be_returned() -> None:
    first, second = (OpaqueDelta(Opaque("anthropic", "signature", each)) for each in "st")
    events = (
        *(THINKING_STARTED, ThinkingDelta("a"), first, BLOCK_STOPPED),
        *(THINKING_STARTED, ThinkingDelta("b"), second, BLOCK_STOPPED),
        Finished(Stop.END_TURN),
    )
    message = (await accumulated(encode(events))).choices[0].message
    told = [{key: each[key] for key in ("text", "signature")} for each in message.reasoning_details]
    assert told == [{"text": "a", "signature": "s"}, {"text": "b", "signature": "t"}]


async def test_citations_are_accumulated() -> None:
    message = (await accumulated(encode(streams.CITED))).choices[0].message
    spans = [each.url_citation for each in message.annotations]
    assert [message.content[each.start_index : each.end_index] for each in spans] == ["it rains", "."]


async def test_a_refusal_is_raised_with_its_reason() -> None:
    with pytest.raises(openai.ContentFilterFinishReasonError) as caught:
        await accumulated(encode(streams.REFUSED))
    message = caught.value.completion.choices[0].message
    assert (message.content, message.refusal) == ("I can't help with that.", "policy")


async def test_a_failure_in_a_stream_is_raised() -> None:
    """STR-15, STR-16"""
    async with client_of(encode(streams.CUT_IN_A_CALL), stream=True) as client:
        chunks = await client.chat.completions.create(**ASKED, stream=True)
        with pytest.raises(openai.APIError, match="upstream stream ended early"):
            async for _ in chunks:
                pass


async def test_custom_calls_arrive_chunk_by_chunk() -> None:
    """The client's own accumulator cannot add these up (seen with 3.54); who asks for them reads chunks."""
    style = Style(custom_tools=frozenset(("Bash",)))
    stream = encode(streams.THINKING_TEXT_TWO_TOOLS, style)
    async with client_of(stream, stream=True) as client:
        chunks = [chunk async for chunk in await client.chat.completions.create(**ASKED, stream=True)]
    calls = [call for chunk in chunks for call in chunk.choices[0].delta.tool_calls or ()]
    assert [call.index for call in calls] == [0, 0, 1, 1]
    assert add_up(stream)["tool_calls"][0]["custom"] == {"name": "Bash", "input": '{"command":"true"}'}


async def test_a_plain_answer_is_read() -> None:
    body = dialect.encode_answer(fold(streams.THINKING_TEXT_TWO_TOOLS), Style(), SIGNING)
    async with client_of(body) as client:
        completion = await client.chat.completions.create(**ASKED)
    message = completion.choices[0].message
    assert message.tool_calls is not None
    assert [call.id for call in message.tool_calls] == ["toolu_1", "toolu_2"]
    assert completion.usage is not None
    assert completion.usage.prompt_tokens == 100


async def test_text_completions_are_read() -> None:
    plain = completions.encode_answer(fold(streams.CITED), completions_style(), SIGNING)
    async with client_of(plain) as client:
        whole = await client.completions.create(model="m", prompt="a")
    assert whole.choices[0].text == "Today it rains."
    stream = completions.stream_encoder(completions_style(), SIGNING).encode(streams.CITED)
    async with client_of(stream, stream=True) as client:
        chunks = [
            chunk async for chunk in await client.completions.create(model="m", prompt="a", stream=True)
        ]
    assert "".join(chunk.choices[0].text for chunk in chunks) == "Today it rains."
    assert chunks[-1].choices[0].finish_reason == "stop"


def completions_style() -> Any:
    return completions.parse(b'{"model":"m","prompt":"a"}', {}).style


async def test_models_are_listed() -> None:
    """AUX-01"""
    models = [ModelInfo("a"), ModelInfo("vendor/b", created_s=5, owner="vendor")]
    async with client_of(models_page(models)) as client:
        assert [model.id async for model in client.models.list()] == ["a", "vendor/b"]
    async with client_of(model_object(models[1])) as client:
        model = await client.models.retrieve("vendor/b")
    assert (model.id, model.created, model.owned_by) == ("vendor/b", 5, "vendor")


@pytest.mark.parametrize(
    ("kind", "raised"),
    [
        (Kind.INVALID_REQUEST, openai.BadRequestError),
        (Kind.CONTEXT_OVERFLOW, openai.BadRequestError),
        (Kind.CAPABILITY, openai.BadRequestError),
        (Kind.POLICY_BLOCKED, openai.BadRequestError),
        (Kind.AUTHENTICATION, openai.AuthenticationError),
        (Kind.BILLING, openai.APIStatusError),
        (Kind.PERMISSION, openai.PermissionDeniedError),
        (Kind.NOT_FOUND, openai.NotFoundError),
        (Kind.MODEL_NOT_FOUND, openai.NotFoundError),
        (Kind.TOO_LARGE, openai.APIStatusError),
        (Kind.RATE_LIMIT, openai.RateLimitError),
        (Kind.NOT_SUPPORTED, openai.InternalServerError),
        (Kind.TIMEOUT, openai.InternalServerError),
        (Kind.UPSTREAM, openai.InternalServerError),
        (Kind.OVERLOADED, openai.InternalServerError),
        (Kind.INTERNAL, openai.InternalServerError),
    ],
)
async def test_failures_become_the_right_exceptions(kind: Kind, raised: type[openai.APIStatusError]) -> None:
    """ERR-06"""
    error = GatewayError("what happened", kind=kind, field="x")
    rendered = dialect.render_error(error, "req_1")
    async with client_of(rendered.body, status=rendered.status, headers=rendered.headers) as client:
        with pytest.raises(raised) as caught:
            await client.chat.completions.create(**ASKED)
    assert caught.value.status_code == rendered.status
    assert caught.value.param == "x"
    if kind is Kind.CONTEXT_OVERFLOW:
        assert caught.value.code == "context_length_exceeded"
