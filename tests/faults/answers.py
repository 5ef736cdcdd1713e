"""What an upstream may do to a request, in both dialects: answer it well, or each of the faults in docs/failures.md."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from simulators.answers import Pause, dumps

Json = dict[str, Any]
CHAT, MESSAGES = "chat", "messages"
WORDS = ("All ", "four ", "words ", "arrived.")
TEXT = "".join(WORDS)
LONG_S = 60.0
"""Longer than any time-out of these tests."""


@dataclass(frozen=True, slots=True)
class Reset:
    """The connection is gone at once, with a TCP reset."""


@dataclass(frozen=True, slots=True)
class Told:
    """An answer in steps. Status and headers leave with the first bytes, or at the end."""

    steps: Sequence[bytes | Pause | Reset]
    status: int = 200
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Asked:
    """What decides the shape of an answer."""

    dialect: str
    stream: bool
    key: str


Behaviour = Callable[[Asked], Told]


def good(asked: Asked) -> Told:
    return _streamed(_events(asked)) if asked.stream else Told([dumps(_whole(asked))])


def slow(asked: Asked) -> Told:
    """Well, but with a pause before each piece."""
    told = good(asked)
    steps = [step for piece in told.steps for step in (Pause(0.1), piece)]
    return Told(steps, told.status, told.content_type)


def drip(whole_s: float) -> Behaviour:
    """Well, but it takes that long, with something to hear every tenth of a second."""

    def answer(asked: Asked) -> Told:
        told = good(asked)
        pauses = [Pause(0.1)] * round(whole_s * 10)
        if not asked.stream:
            return Told([*pauses, *told.steps])
        comments = [step for pause in pauses for step in (pause, b": still here\n\n")]
        return _streamed([*told.steps[:3], *comments, *told.steps[3:]])

    return answer


def endless(asked: Asked) -> Told:
    """Says more than anybody's memory should hold (80 MB)."""
    events = _events(asked)
    padded = events[2].replace(WORDS[0].encode(), b"x" * 4000)
    return _streamed([*events[:2], *[padded] * 20_000, *events[2:]])


def reset_at_once(asked: Asked) -> Told:
    return Told([Reset()])


def reset_midway(asked: Asked) -> Told:
    return _broken(asked, Pause(0.05), Reset())


def silent(asked: Asked) -> Told:
    return Told([Pause(LONG_S)])


def stalled(asked: Asked) -> Told:
    return _broken(asked, Pause(LONG_S))


def half_an_event(asked: Asked) -> Told:
    """The answer ends, as HTTP goes in good order, within an event."""
    event = _events(asked)[3] if asked.stream else b""
    return _broken(asked, event[: len(event) // 2])


def error_in_200(asked: Asked, message: str = "the simulated cluster is on fire") -> Told:
    said = dumps(_error(asked.dialect, message, "api_error"))
    if not asked.stream:
        return Told([said])
    name = b"event: error\n" if asked.dialect == MESSAGES else b""
    return _streamed([name + b"data: " + said + b"\n\n"])


def error_midway(asked: Asked, message: str = "the simulated cluster is on fire") -> Told:
    error = error_in_200(asked, message)
    return _streamed([*_events(asked)[:3], *error.steps]) if asked.stream else error


def empty_200(asked: Asked) -> Told:
    return Told([], content_type="text/event-stream" if asked.stream else "application/json")


def html(status: int) -> Behaviour:
    page = b"<html><head><title>Just a moment...</title></head><body>A proxy speaks.</body></html>"
    return lambda asked: Told([page], status, "text/html; charset=utf-8")


def refusal(status: int, message: str, kind: str = "", **headers: str) -> Behaviour:
    """`headers` with underscores for dashes."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda asked: Told([dumps(_error(asked.dialect, message, kind))], status, headers=named)


def quoting(status: int) -> Behaviour:
    """A refusal that repeats the credential in its text and in its id."""

    def refuse(asked: Asked) -> Told:
        refused = refusal(status, f"not with {asked.key}, says {asked.key!r}", x_request_id=asked.key)
        return refused(asked)

    return refuse


def quoting_page(asked: Asked) -> Told:
    return Told([f"<html><body>{asked.key}</body></html>".encode()], 502, "text/html")


def quoting_in_200(asked: Asked) -> Told:
    return error_in_200(asked, f"not with {asked.key}")


def quoting_midway(asked: Asked) -> Told:
    return error_midway(asked, f"not with {asked.key}")


def limited(wait_s: float) -> Behaviour:
    return refusal(429, "too many requests", "rate_limit_error", retry_after=f"{wait_s:g}")


dead = refusal(401, "invalid api key", "authentication_error")
broke = refusal(402, "your credit balance is too low", "billing_error")
sick = refusal(500, "internal server error", "api_error")


def _streamed(steps: Sequence[bytes | Pause | Reset]) -> Told:
    return Told(steps, content_type="text/event-stream; charset=utf-8")


def _broken(asked: Asked, *end: bytes | Pause | Reset) -> Told:
    """Half of a good answer, and then `end`."""
    if asked.stream:
        return _streamed([*_events(asked)[:3], *end])
    whole = dumps(_whole(asked))
    return Told([whole[: len(whole) // 2], *end])


def _error(dialect: str, message: str, kind: str) -> Json:
    error: Json = {"type": kind, "message": message}
    return {"type": "error", "error": error} if dialect == MESSAGES else {"error": error | {"code": None}}


def _whole(asked: Asked) -> Json:
    if asked.dialect == MESSAGES:
        usage = {"input_tokens": 9, "output_tokens": 4}
        return _message([{"type": "text", "text": TEXT}], "end_turn", usage)
    usage = {"prompt_tokens": 9, "completion_tokens": 4, "total_tokens": 13}
    message = {"role": "assistant", "content": TEXT}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    return _completion("chat.completion", [choice]) | {"usage": usage}


def _events(asked: Asked) -> list[bytes]:
    """A good stream. The first two have no text, the next ones a word each."""
    return _message_events() if asked.dialect == MESSAGES else _chunks()


def _message_events() -> list[bytes]:
    begun = _message([], None, {"input_tokens": 9, "output_tokens": 1})
    deltas = [{"index": 0, "delta": {"type": "text_delta", "text": word}} for word in WORDS]
    block = {"type": "text", "text": ""}
    ended = {"delta": {"stop_reason": "end_turn", "stop_sequence": None}, "usage": {"output_tokens": 4}}
    return [
        _event("message_start", {"message": begun}),
        _event("content_block_start", {"index": 0, "content_block": block}),
        *[_event("content_block_delta", delta) for delta in deltas],
        _event("content_block_stop", {"index": 0}),
        _event("message_delta", ended),
        _event("message_stop", {}),
    ]


def _event(kind: str, fields: Json) -> bytes:
    return f"event: {kind}\ndata: ".encode() + dumps({"type": kind} | fields) + b"\n\n"


def _chunks() -> list[bytes]:
    usage = {"prompt_tokens": 9, "completion_tokens": 4, "total_tokens": 13}
    deltas = [{"role": "assistant", "content": ""}, {"content": ""}, *({"content": word} for word in WORDS)]
    said = [_choice(delta, None) for delta in deltas]
    chunks = [_completion("chat.completion.chunk", [each]) for each in [*said, _choice({}, "stop")]]
    chunks.append(_completion("chat.completion.chunk", []) | {"usage": usage})
    return [*(b"data: " + dumps(each) + b"\n\n" for each in chunks), b"data: [DONE]\n\n"]


def _choice(delta: Json, finish: str | None) -> Json:
    return {"index": 0, "delta": delta, "finish_reason": finish}


def _message(content: list[Json], stop: str | None, usage: Json) -> Json:
    head = {"id": "msg_faults", "type": "message", "role": "assistant", "model": "claude-faults"}
    return head | {"content": content, "stop_reason": stop, "stop_sequence": None, "usage": usage}


def _completion(kind: str, choices: list[Json]) -> Json:
    head = {"id": "chatcmpl-faults", "object": kind, "created": 1_700_000_000, "model": "faults"}
    return head | {"choices": choices}
