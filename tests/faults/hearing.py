"""A request in every way there is, and what its client must hear."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from clients.running import Answered, RunningGateway
from faults.answers import CHAT, MESSAGES, TEXT
from operations.asking import ask, text_of

Json = dict[str, Any]
STATUSES = {
    "upstream": {MESSAGES: 502, CHAT: 502},
    "timeout": {MESSAGES: 504, CHAT: 504},
    "rate_limit": {MESSAGES: 429, CHAT: 429},
    "overloaded": {MESSAGES: 529, CHAT: 503},
}
TYPES = {
    "upstream": {MESSAGES: "api_error", CHAT: "server_error"},
    "timeout": {MESSAGES: "timeout_error", CHAT: "server_error"},
    "rate_limit": {MESSAGES: "rate_limit_error", CHAT: "rate_limit_exceeded"},
    "overloaded": {MESSAGES: "overloaded_error", CHAT: "server_error"},
}
"""By kind of error and the client's dialect, as docs/errors.md has them."""
Item = TypeVar("Item")
_model = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Way:
    """`dialect` is the client's, `speaks` the upstream's: equal ones are the raw lane."""

    dialect: str
    speaks: str
    stream: bool


WAYS = [Way(*way) for way in itertools.product((MESSAGES, CHAT), (MESSAGES, CHAT), (False, True))]
Heard = list[tuple[Way, Answered]]


def all_at_once(story: Callable[[Item], None], items: Sequence[Item]) -> None:
    """Raises what any of them raises."""
    with ThreadPoolExecutor(len(items)) as pool:
        list(pool.map(story, items))


def new_model() -> str:
    """Nobody has asked for it yet, so nothing is held against an account for it."""
    return f"model-{next(_model)}"


def ask_way(gateway: RunningGateway, way: Way, name: str, model: str | None = None) -> Answered:
    provider = f"{name}-{way.speaks}"
    return ask(gateway, way.dialect, model or new_model(), provider=provider, stream=way.stream)


def ask_every_way(gateway: RunningGateway, name: str) -> Heard:
    """All at the same time, of the providers `NAME-chat` and `NAME-messages`."""
    with ThreadPoolExecutor(len(WAYS)) as pool:
        return list(zip(WAYS, pool.map(lambda way: ask_way(gateway, way, name), WAYS), strict=True))


def assert_whole(way: Way, answer: Answered, text: str = TEXT) -> None:
    """One clean answer, with nothing in it of what went wrong before."""
    assert answer.status == 200, (way, answer.body)
    assert text_in(way, answer) == text, (way, answer.body)
    assert b'"error"' not in answer.body, (way, answer.body)
    if way.stream:
        end = b'"message_stop"}' if way.dialect == MESSAGES else b"[DONE]"
        assert answer.body.rstrip().endswith(end), (way, answer.body)


def assert_refused(way: Way, answer: Answered, kind: str) -> Json:
    """Nothing was said before it failed: the client gets the true status, as JSON in its own dialect."""
    assert answer.status == STATUSES[kind][way.dialect], (way, answer.body)
    assert answer.headers["content-type"] == "application/json", way
    error: Json = answer.json["error"]
    assert error["type"] == TYPES[kind][way.dialect], (way, error)
    return error


def assert_broken_off(way: Way, answer: Answered, kind: str, text: str = TEXT) -> None:
    """The beginning, and then the dialect's error as the last frame: nothing pretends that all went well."""
    assert answer.status == 200, (way, answer.body)
    assert text.startswith(text_in(way, answer)), (way, answer.body)
    frames = [frame for frame in answer.body.split(b"\n\n") if frame.strip()]
    name, _, data = frames[-1].rpartition(b"data: ")
    assert name == (b"event: error\n" if way.dialect == MESSAGES else b""), (way, frames[-1])
    assert json.loads(data)["error"]["type"] == TYPES[kind][way.dialect], (way, data)
    for good_end in (b"message_stop", b"[DONE]", b'"finish_reason":"'):
        assert good_end not in answer.body, (way, answer.body)


def text_in(way: Way, answer: Answered) -> str:
    """What an answer of either dialect, whole or streamed, says."""
    if not way.stream:
        return text_of(answer)
    lines = [line.removeprefix(b"data: ") for line in answer.body.split(b"\n") if line.startswith(b"data: ")]
    events = [json.loads(line) for line in lines if line != b"[DONE]"]
    return "".join(_delta_text(event) for event in events)


def _delta_text(event: Json) -> str:
    match event:
        case {"type": "content_block_delta", "delta": {"text": str(text)}}:
            return text
        case {"choices": [{"delta": {"content": str(text)}}]}:
            return text
        case _:
            return ""
