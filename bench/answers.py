"""The simulator's words: Chat Completions and Messages answers as bytes, in the shapes the vendors document."""

from __future__ import annotations

import json

from bench.workload import TOKEN, Dialect

STREAM_HEAD = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\ncache-control: no-cache\r\n"
    b"transfer-encoding: chunked\r\n\r\n"
)
LAST_CHUNK = b"0\r\n\r\n"
PLAIN_WORDS = 50


def http_chunk(payload: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(payload), payload)


def http_json(status: str, payload: object) -> bytes:
    body = json.dumps(payload).encode()
    head = f"HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    return head.encode() + body


def prologue(dialect: Dialect, model: str) -> bytes:
    """What a vendor says before the first text."""
    if dialect is Dialect.CHAT:
        return _chat_event(model, {"role": "assistant", "content": ""}, None)
    message: dict[str, object] = {
        "id": "msg_bench",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {"input_tokens": 61, "output_tokens": 1},
    }
    started = _event("message_start", {"message": message})
    block = {"type": "text", "text": ""}
    return started + _event("content_block_start", {"index": 0, "content_block": block})


def text_event(dialect: Dialect, model: str, text: str = TOKEN) -> bytes:
    if dialect is Dialect.CHAT:
        return _chat_event(model, {"content": text}, None)
    return _event("content_block_delta", {"index": 0, "delta": {"type": "text_delta", "text": text}})


def epilogue(dialect: Dialect, model: str, events: int, include_usage: bool) -> bytes:
    """What a vendor says after the last text: stop reason, usage (Chat: only when asked), end mark."""
    if dialect is Dialect.CHAT:
        usage = _chat_usage(model, events) if include_usage else b""
        return _chat_event(model, {}, "stop") + usage + b"data: [DONE]\n\n"
    stop = {"delta": {"stop_reason": "end_turn", "stop_sequence": None}, "usage": {"output_tokens": events}}
    return (
        _event("content_block_stop", {"index": 0})
        + _event("message_delta", stop)
        + _event("message_stop", {})
    )


def plain_answer(dialect: Dialect, model: str) -> bytes:
    """A whole, unstreamed answer of `PLAIN_WORDS` tokens as HTTP bytes."""
    text = TOKEN * PLAIN_WORDS
    if dialect is Dialect.CHAT:
        message = {"role": "assistant", "content": text, "refusal": None}
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
        answer = _chat_object("chat.completion", model) | {
            "choices": [choice],
            "usage": _chat_counts(PLAIN_WORDS),
        }
        return http_json("200 OK", answer)
    return http_json(
        "200 OK",
        {
            "id": "msg_bench",
            "type": "message",
            "role": "assistant",
            "model": model,
            "content": [{"type": "text", "text": text}],
            "stop_reason": "end_turn",
            "stop_sequence": None,
            "usage": {"input_tokens": 61, "output_tokens": PLAIN_WORDS},
        },
    )


def refusal(dialect: Dialect, message: str) -> bytes:
    """A 400 in the dialect's own error shape."""
    error = {"type": "invalid_request_error", "message": message}
    body = {"error": error} if dialect is Dialect.CHAT else {"type": "error", "error": error}
    return http_json("400 Bad Request", body)


def _event(name: str, payload: dict[str, object]) -> bytes:
    data = json.dumps({"type": name} | payload, separators=(",", ":"))
    return f"event: {name}\ndata: {data}\n\n".encode()


def _chat_object(kind: str, model: str) -> dict[str, object]:
    return {"id": "chatcmpl-bench", "object": kind, "created": 1760000000, "model": model}


def _chat_counts(events: int) -> dict[str, object]:
    return {"prompt_tokens": 61, "completion_tokens": events, "total_tokens": 61 + events}


def _chat_event(model: str, delta: dict[str, object], finish_reason: str | None) -> bytes:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
    return _chat_data(_chat_object("chat.completion.chunk", model) | {"choices": [choice]})


def _chat_usage(model: str, events: int) -> bytes:
    return _chat_data(
        _chat_object("chat.completion.chunk", model) | {"choices": [], "usage": _chat_counts(events)}
    )


def _chat_data(payload: dict[str, object]) -> bytes:
    return f"data: {json.dumps(payload, separators=(',', ':'))}\n\n".encode()
