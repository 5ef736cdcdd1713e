"""What a plain answer and an error must have for the official clients to read them. Streams are judged by the lints.

Source: the response types of the official SDKs (anthropic-python 2.12, openai-python 3.54), and what Claude Code 2.1.330
needs so as not to call an answer "empty or malformed".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from isthmus.conformance.subject import Api

_STOPS: Final = {
    Api.MESSAGES: frozenset(
        "end_turn max_tokens stop_sequence tool_use pause_turn refusal model_context_window_exceeded".split()
    ),
    Api.CHAT: frozenset("stop length tool_calls content_filter function_call".split()),
}


def answer_faults(api: Api, value: Any) -> Iterator[str]:
    """What is wrong with a plain answer."""
    if not isinstance(value, dict):
        yield "the answer is no JSON object"
    elif api is Api.MESSAGES:
        yield from _message_faults(value)
    else:
        yield from _completion_faults(value)


def error_faults(api: Api, value: Any) -> Iterator[str]:
    """What is wrong with the body of an error."""
    error = value.get("error") if isinstance(value, dict) else None
    if not isinstance(error, dict):
        yield "the body has no `error` object"
        return
    for name in ("message", "type"):
        if not isinstance(error.get(name), str) or not error[name]:
            yield f"`error.{name}` is {error.get(name)!r}"
    if api is Api.MESSAGES:
        if value.get("type") != "error":
            yield f"`type` is {value.get('type')!r}, not 'error'"
        if "message" in value:
            yield "a `message` at the top level hides the error's type from the TypeScript SDK"
        return
    yield from (f"`error` has no `{name}`" for name in ("param", "code") if name not in error)


def _message_faults(value: dict[str, Any]) -> Iterator[str]:
    for name, wanted in (("type", "message"), ("role", "assistant")):
        if value.get(name) != wanted:
            yield f"`{name}` is {value.get(name)!r}, not {wanted!r}"
    yield from _texts(value, "id", "model")
    content = value.get("content")
    if not isinstance(content, list):
        yield "`content` is no list"
    else:
        yield from (fault for block in content for fault in _block_faults(block))
    yield from _stop_fault(Api.MESSAGES, value.get("stop_reason"))
    yield from _counts(value.get("usage"), "input_tokens", "output_tokens")


def _block_faults(block: Any) -> Iterator[str]:
    match block:
        case {"type": "text", "text": str()} | {"type": "thinking", "thinking": str(), "signature": str()}:
            pass
        case {"type": "tool_use", "id": str(), "name": str(), "input": dict()}:
            pass
        case {"type": "text" | "thinking" | "tool_use" as kind}:
            yield f"a {kind} block lacks what it needs"
        case {"type": str()}:
            pass
        case _:
            yield f"a content block is {block!r}"


def _completion_faults(value: dict[str, Any]) -> Iterator[str]:
    if value.get("object") != "chat.completion":
        yield f"`object` is {value.get('object')!r}, not 'chat.completion'"
    yield from _texts(value, "id", "model")
    if not isinstance(value.get("created"), int):
        yield f"`created` is {value.get('created')!r}"
    match value.get("choices"):
        case [{"index": 0, "message": dict(message), "finish_reason": reason}, *_]:
            yield from _stop_fault(Api.CHAT, reason)
            yield from _said_faults(message)
        case choices:
            yield f"`choices` is {choices!r}"
    yield from _counts(value.get("usage"), "prompt_tokens", "completion_tokens", "total_tokens")


def _said_faults(message: dict[str, Any]) -> Iterator[str]:
    if message.get("role") != "assistant":
        yield f"the message's role is {message.get('role')!r}"
    if "content" not in message or not isinstance(message["content"], str | None):
        yield "the message has no `content`"
    for call in message.get("tool_calls") or ():
        match call:
            case {"id": str(), "type": "function", "function": {"name": str(), "arguments": str()}}:
                pass
            case _:
                yield f"a tool call is {call!r}"


def _texts(value: dict[str, Any], *names: str) -> Iterator[str]:
    for name in names:
        if not isinstance(value.get(name), str) or not value[name]:
            yield f"`{name}` is {value.get(name)!r}"


def _counts(usage: Any, *names: str) -> Iterator[str]:
    if not isinstance(usage, dict):
        yield "there is no `usage`"
        return
    for name in names:
        if not isinstance(usage.get(name), int):
            yield f"`usage.{name}` is {usage.get(name)!r}"


def _stop_fault(api: Api, reason: Any) -> Iterator[str]:
    if reason not in _STOPS[api]:
        yield f"the reason to stop is {reason!r}"
