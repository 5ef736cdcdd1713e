from __future__ import annotations

import json

from dialects.openai_chat import streams
from dialects.openai_chat.chat_cases import SIGNING
from dialects.openai_chat.streams import add_up
from isthmus.core.errors import BadRequest, UpstreamError
from isthmus.core.fold import fold
from isthmus.core.interfaces import CHAT, Dialect, Envelope
from isthmus.dialects.openai_chat import ChatDialect, dialect, lint

REQUEST = b'{"model":"m","stream":true,"messages":[{"role":"user","content":"hi"}],"stream_options":{"include_usage":true}}'


def test_it_keeps_the_promises_of_a_dialect() -> None:
    promised: Dialect = dialect
    assert promised.name == CHAT == "openai_chat"
    assert promised.envelope(REQUEST) == Envelope("m", stream=True)
    assert promised.keep_alive() == b": ping\n\n"
    assert promised.render_error(BadRequest("no", field="x"), "req_1").status == 400
    assert promised.error_frame(UpstreamError("broke"), "req_1").startswith(b'data: {"error":')


def test_a_request_is_answered_in_the_style_it_asked_for() -> None:
    parsed = dialect.parse(REQUEST, {})
    assert parsed.conversation.stream
    stream = dialect.stream_encoder(parsed.style, SIGNING).encode(streams.THINKING_TEXT_TWO_TOOLS)
    assert b'"usage":{' in stream
    assert lint(stream) == []
    whole = json.loads(dialect.encode_answer(fold(streams.THINKING_TEXT_TWO_TOOLS), parsed.style, SIGNING))
    assert whole["choices"][0]["message"]["reasoning_content"] == add_up(stream)["reasoning_content"]


def test_a_gateway_may_keep_thoughts_to_itself() -> None:
    reserved = ChatDialect(show_reasoning=False)
    style = reserved.parse(REQUEST, {}).style
    stream = reserved.stream_encoder(style, SIGNING).encode(streams.THINKING_TEXT_TWO_TOOLS)
    assert b"reasoning" not in stream.replace(b'"reasoning_tokens"', b"")
