"""Legacy `/v1/completions` for models that only chat: the prompt becomes one user message, the answer plain text.

What would need the model to continue the prompt itself (echo, suffix, log probabilities, token arrays) is refused by
name; vendors that still have the endpoint get the request untouched in the raw lane.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import msgspec

from isthmus.core.conversation import Conversation, Role, Text, Turn
from isthmus.core.errors import GatewayError
from isthmus.core.events import (
    ArgumentsDelta,
    Event,
    Failed,
    Finished,
    KeepAlive,
    TextDelta,
    ThinkingDelta,
    UsageReport,
)
from isthmus.core.fold import Answer, SaidText
from isthmus.core.interfaces import Envelope, Parsed, Rendered, Signing
from isthmus.core.usage import Usage, estimated_input
from isthmus.dialects.body import as_bad_request
from isthmus.dialects.openai_chat import parse, schema
from isthmus.dialects.openai_chat.encode import (
    DONE,
    END,
    END_NO_USAGE,
    PING,
    chunk_head,
    usage_chunk,
)
from isthmus.dialects.openai_chat.errors import error_frame, render_error
from isthmus.dialects.openai_chat.fields import invalid, missing, read, top_level
from isthmus.dialects.openai_chat.parts import FINISH_REASONS, usage_fields
from isthmus.wire.json_text import given, to_json

NAME: Final = "openai_completions"
_OBJECT: Final = "text_completion"
_READ_HERE: Final = frozenset(
    (
        "model",
        "prompt",
        "stream",
        "stream_options",
        "max_tokens",
        "temperature",
        "top_p",
        "top_k",
        "stop",
        "n",
        "best_of",
        "echo",
        "suffix",
        "logprobs",
        "user",
        "safety_identifier",
    )
)
_PROMPT: msgspec.json.Decoder[str | list[str]] = msgspec.json.Decoder(str | list[str])


@dataclass(frozen=True, slots=True)
class CompletionStyle:
    """What the encoder must remember of the request."""

    include_usage: bool = False


class CompletionsDialect:
    """Legacy text completions. Holds no state: one object serves every request."""

    name: str = NAME

    def envelope(self, body: bytes) -> Envelope:
        return parse.envelope(body)

    def parse(self, body: bytes, headers: Mapping[str, str]) -> Parsed:
        with as_bad_request():
            return _parsed(parse.Fields(top_level(body, schema.TOP_LEVEL)))

    def stream_encoder(self, style: CompletionStyle, signing: Signing) -> CompletionEncoder:
        return CompletionEncoder(style, signing)

    def encode_answer(self, answer: Answer, style: CompletionStyle, signing: Signing) -> bytes:
        text = "".join(said.text for said in answer.blocks if isinstance(said, SaidText))
        choice = {"text": text, "index": 0, "logprobs": None, "finish_reason": _finish_reason(answer)}
        usage = answer.usage or estimated_input(signing.input_estimate)
        return to_json(
            {
                "id": _id(signing),
                "object": _OBJECT,
                "created": signing.created_s,
                "model": signing.model,
                "choices": [choice],
                "usage": usage_fields(usage),
            }
        )

    def render_error(self, error: GatewayError, request_id: str) -> Rendered:
        return render_error(error)

    def error_frame(self, error: GatewayError, request_id: str) -> bytes:
        return error_frame(error)

    def keep_alive(self) -> bytes:
        return PING


class CompletionEncoder:
    """One stream of text; thoughts and calls have no place in it."""

    __slots__ = ("_end", "_ended", "_head", "_signing", "_style", "_tail", "_text_prefix", "_usage")

    def __init__(self, style: CompletionStyle, signing: Signing) -> None:
        self._style = style
        self._signing = signing
        self._head = chunk_head(_id(signing), _OBJECT, signing)
        self._end = END_NO_USAGE if style.include_usage else END
        self._text_prefix = self._head + b'{"index":0,"text":'
        self._tail = b',"logprobs":null,"finish_reason":null}' + self._end
        self._usage: Usage | None = None
        self._ended = False

    def encode(self, events: Iterable[Event]) -> bytes:
        out: list[bytes] = []
        for event in events:
            if self._ended:
                break
            match event:
                case TextDelta(text):
                    if text:
                        out += (self._text_prefix, to_json(text), self._tail)
                case ThinkingDelta() | ArgumentsDelta():
                    pass
                case UsageReport(usage):
                    self._usage = usage
                case KeepAlive():
                    out.append(PING)
                case Finished():
                    self._finish(event, out)
                case Failed(error):
                    out.append(error_frame(error))
                    self._ended = True
                case _:
                    pass
        return b"".join(out)

    def keep_alive(self) -> bytes:
        return b"" if self._ended else PING

    def _finish(self, event: Finished, out: list[bytes]) -> None:
        reason = _finish_reason(event).encode()
        out += (self._text_prefix, b'"","logprobs":null,"finish_reason":"%b"}' % reason, self._end)
        if self._style.include_usage:
            usage = event.usage or self._usage or estimated_input(self._signing.input_estimate)
            out.append(usage_chunk(self._head, usage))
        out.append(DONE)
        self._ended = True


def _parsed(fields: parse.Fields) -> Parsed:
    model = fields.model()
    for name in ("n", "best_of"):
        fields.one_answer(name)
    _refuse(fields)
    conversation = Conversation(
        model=model,
        turns=(Turn(Role.USER, (Text(_prompt(fields["prompt"])),)),),
        max_tokens=fields.positive("max_tokens"),
        sampling=fields.sampling(),
        stream=bool(fields.boolean("stream")),
        user=fields.user(),
        knobs=fields.knobs(_READ_HERE),
    )
    return Parsed(conversation, CompletionStyle(fields.include_usage()))


def _prompt(raw: msgspec.Raw) -> str:
    if not given(raw):
        raise missing("prompt")
    try:
        prompt = _PROMPT.decode(raw)
    except msgspec.ValidationError:
        raise invalid(
            "prompt", "must be a string: prompts of token numbers need the model's own tokenizer"
        ) from None
    if isinstance(prompt, str):
        return prompt
    if len(prompt) != 1:
        raise invalid("prompt", f"holds {len(prompt)} prompts: send one prompt to a request")
    return prompt[0]


def _refuse(fields: parse.Fields) -> None:
    if fields.boolean("echo"):
        raise invalid("echo", "is not possible with a chat model: put the prompt in front yourself")
    if fields.string("suffix"):
        raise invalid("suffix", "is not possible with a chat model: it cannot insert text")
    logprobs = read(fields["logprobs"], _LOGPROBS, "logprobs")
    if logprobs is not None and logprobs is not False:  # 0 still asks for those of the chosen tokens
        raise invalid("logprobs", "are not possible with a chat model")


def _finish_reason(end: Finished | Answer) -> str:
    reason = FINISH_REASONS[end.reason]
    return "stop" if reason == "tool_calls" else reason


def _id(signing: Signing) -> str:
    return f"cmpl-{signing.answer_id}"


_LOGPROBS: msgspec.json.Decoder[bool | int | None] = msgspec.json.Decoder(bool | int | None)

completions: Final = CompletionsDialect()
